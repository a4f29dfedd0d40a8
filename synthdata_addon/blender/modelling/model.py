# SPDX-License-Identifier: GPL-3.0-or-later
"""A model: parts with the name of the material each is made of. No bpy here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from .shapes import Part, Points, rotation


@dataclass
class Model:
    """One thing, standing on its own origin: it becomes one mesh object."""

    pieces: list[tuple[str, Part]] = field(default_factory=list)
    _stacked: tuple[int, Points] | None = field(default=None, init=False, repr=False, compare=False)
    """All vertices of so many pieces."""

    def add(self, material: str, *parts: Part) -> None:
        """Add parts made of ``material`` (a key of `materials.FINISHES`)."""
        self.pieces += [(material, part) for part in parts]

    def changed(self, change: Callable[[Part], Part]) -> Model:
        """Return a model whose every part went through ``change``."""
        return Model([(material, change(part)) for material, part in self.pieces])

    def grounded(self) -> Model:
        """Return the model lifted or lowered so that its lowest vertex is at z = 0."""
        lowest = min(float(part.vertices[:, 2].min()) for _, part in self.pieces)
        return self.changed(lambda part: part.at(z=-lowest))

    def points(self, turn: float = 0.0) -> Points:
        """Return all vertices (N, 3), turned by ``turn`` degrees about Z."""
        if self._stacked is None or self._stacked[0] != len(self.pieces):
            self._stacked = len(self.pieces), np.vstack([part.vertices for _, part in self.pieces])
        return self._stacked[1] @ rotation("Z", turn).T

    def height(self) -> float:
        """Return the highest Z."""
        return float(self.points()[:, 2].max())
