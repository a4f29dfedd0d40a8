# SPDX-License-Identifier: GPL-3.0-or-later
"""A model: parts with the name of the material each is made of. No bpy here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .shapes import Part


@dataclass
class Model:
    """One thing of the room, standing on its own origin: it becomes one mesh object."""

    pieces: list[tuple[str, Part]] = field(default_factory=list)

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
