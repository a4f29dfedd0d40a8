# SPDX-License-Identifier: GPL-3.0-or-later
"""A scene as a list of unit shapes with a matrix and a role. Metres, Z up, right-handed. No bpy here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..roles import Role

Matrix = NDArray[np.float64]
Shape = Literal["box", "cylinder", "cone", "sphere"]
"""All are centred and reach from -1 to 1; the cone's apex is at z = +1."""


@dataclass(frozen=True)
class Part:
    """One unit shape: `matrix` (4x4) takes it to the world; `number` says which thing it belongs to."""

    shape: Shape
    matrix: Matrix
    role: Role
    number: int


def rotation(axis: int, angle: float) -> Matrix:
    """3x3 rotation about axis 0, 1 or 2 by `angle` radians, counter-clockwise seen from the axis' tip."""
    cos, sin = np.cos(angle), np.sin(angle)
    first, second = (axis + 1) % 3, (axis + 2) % 3
    result = np.eye(3)
    result[first, first] = result[second, second] = cos
    result[first, second], result[second, first] = -sin, sin
    return result


@dataclass
class Builder:
    """Collects parts. `place` starts a new thing at a spot; `add` then works in that thing's own axes."""

    rng: np.random.Generator
    parts: list[Part] = field(default_factory=list)
    number: int = 0
    origin: Matrix = field(default_factory=lambda: np.zeros(3))
    turn: Matrix = field(default_factory=lambda: np.eye(3))
    scale: float = 1.0

    def place(self, x: float, y: float, z: float, yaw: float = 0.0, scale: float = 1.0) -> None:
        """Starts a new thing with its base centre at (x, y, z), turned by `yaw` radians about Z."""
        self.origin, self.turn, self.scale = np.array([x, y, z]), rotation(2, yaw), scale
        self.number += 1

    def add(
        self,
        shape: Shape,
        centre: tuple[float, float, float],
        half: tuple[float, float, float],
        role: Role,
        tilt: Matrix | None = None,
    ) -> None:
        """Adds a shape with half sizes `half` at `centre`, both in the thing's axes; `tilt` is a 3x3 rotation."""
        turn = self.turn if tilt is None else self.turn @ tilt
        matrix = np.eye(4)
        matrix[:3, :3] = turn * (np.maximum(half, 1e-3) * self.scale)
        matrix[:3, 3] = self.origin + self.turn @ (np.array(centre) * self.scale)
        self.parts.append(Part(shape, matrix, role, self.number))

    def uniform(self, low: float, high: float) -> float:
        """One draw between `low` and `high`."""
        return float(self.rng.uniform(low, high))

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return bool(self.rng.random() < probability)
