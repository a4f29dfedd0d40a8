# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds places: draws one, looks whether the thing fits, tries again a set number of times and then says why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...core.arrays import Matrix4
from ...core.populate import PlacementSpec
from .bodies import Body, Points
from .space import Space
from .surfaces import GAP, Region

TRIES = 80
HEADROOM = 0.003
"""A place with something this near above it is inside of a thing or below one."""
DROP_HEIGHTS = 12


@dataclass(frozen=True)
class Found:
    """A place: the (4, 4) transform and the body there. ``region`` is the number of the region below it."""

    matrix: Matrix4
    body: Body
    region: int = -1


@dataclass
class Placer:
    """Finds places for one thing after the other; what was placed takes up its room in ``space``.

    ``reasons`` counts, over the tries in vain of things that found no place, why they failed.
    """

    spec: PlacementSpec
    space: Space
    regions: list[Region]
    box: Matrix4 | None
    """For VOLUME: takes the cube 0..1 to the box."""

    def __post_init__(self) -> None:
        self._shares = np.cumsum([float(region.areas.sum()) for region in self.regions])
        self.reasons: Counter[str] = Counter()

    def place(self, body: Body, rng: np.random.Generator) -> Found | None:
        """Return a free place for a body (about its origin), or None after a number of tries."""
        attempt: Callable[[Body, np.random.Generator], Found | str] = {
            "SURFACES": self._on_surface,
            "VOLUME": self._in_box,
            "DROP": self._above_surface,
        }[self.spec.where]
        failed: Counter[str] = Counter()
        for _ in range(TRIES):
            found = attempt(body, rng)
            if isinstance(found, Found):
                self.space.add(found.body)
                return found
            failed[found] += 1
        self.reasons[failed.most_common(1)[0][0]] += 1
        return None

    def _turned(self, body: Body, rng: np.random.Generator) -> tuple[Matrix4, Body]:
        """Return a drawn scale and rotation, and the body under them; always as many draws."""
        draw = rng.random(4)
        scale = self.spec.scale_min + (self.spec.scale_max - self.spec.scale_min) * draw[0]
        if self.spec.posture == "FREE":
            rotation = random_rotation(draw[1:])
        else:
            rotation = turn_about_z(np.radians(self.spec.turn) * (2.0 * draw[1] - 1.0))
        matrix = np.eye(4)
        matrix[:3, :3] = scale * rotation
        return matrix, body.moved(matrix)

    def _on_surface(self, body: Body, rng: np.random.Generator) -> Found | str:
        number, place, matrix, turned = self._over_region(body, rng)
        region = self.regions[number]
        # As a table's top covers that of its legs.
        if self.space.is_covered(place, GAP, HEADROOM):
            return "the surface is taken"
        if self.spec.inside_edge and not region.holds(turned.outline):
            return "the surface is too small"
        height = region.rest_height(turned)
        if height is None:
            return "the surface is too small"
        return self._settled(matrix, turned, (0.0, 0.0, height), number)

    def _above_surface(self, body: Body, rng: np.random.Generator) -> Found | str:
        """Return a place from which it can fall: the lowest free one of a few, one above the other."""
        number, _, matrix, turned = self._over_region(body, rng)
        region = self.regions[number]
        if self.spec.inside_edge and not region.holds(turned.outline):
            return "the surface is too small"
        base = region.top + 0.01 - float(turned.low[2])
        step = 0.6 * float(turned.high[2] - turned.low[2])
        for level in range(DROP_HEIGHTS):
            found = self._settled(matrix, turned, (0.0, 0.0, base + step * level), number)
            if isinstance(found, Found):
                return found
        return "there is no room to fall"

    def _over_region(self, body: Body, rng: np.random.Generator) -> tuple[int, Points, Matrix4, Body]:
        """Draw a point of a region and bring the middle of the turned body's footprint over it."""
        draw = rng.random(4)
        number = min(int(np.searchsorted(self._shares, draw[0] * self._shares[-1])), len(self.regions) - 1)
        place = self.regions[number].point(draw[1:])
        matrix, turned = self._turned(body, rng)
        middle = (turned.low + turned.high)[:2] / 2
        shift = np.array((*(place[:2] - middle), 0.0))
        matrix[:3, 3] += shift
        return number, place, matrix, Body(turned.vertices + shift, turned.triangles)

    def _in_box(self, body: Body, rng: np.random.Generator) -> Found | str:
        assert self.box is not None
        matrix, turned = self._turned(body, rng)
        # In the box's own axes, so that a turned box is filled too.
        local = (turned.vertices - self.box[:3, 3]) @ np.linalg.inv(self.box[:3, :3]).T
        low, high = local.min(axis=0), local.max(axis=0)
        room = 1.0 - (high - low)
        draw = rng.random(3)
        if np.any(room < 0.0):
            return "the box is too small"
        shift = self.box[:3, :3] @ (draw * room - low)
        return self._settled(matrix, turned, shift, -1)

    def _settled(
        self, matrix: Matrix4, body: Body, shift: Points | tuple[float, float, float], region: int
    ) -> Found | str:
        moved = Body(body.vertices + np.asarray(shift), body.triangles)
        if not self.space.fits(moved, self._bounds(region)):
            return "everything is taken"
        placed = matrix.copy()
        placed[:3, 3] += shift
        return Found(placed, moved, region)

    def _bounds(self, region: int) -> Points:
        if self.box is None:
            return self.regions[region].owner_box
        corners = np.array([(x, y, z, 1.0) for x in (0, 1) for y in (0, 1) for z in (0, 1)]) @ self.box.T
        return np.stack((corners[:, :3].min(axis=0), corners[:, :3].max(axis=0)))


def turn_about_z(angle: float) -> np.ndarray:
    """Return the (3, 3) rotation about Z by an angle in radians."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array(((c, -s, 0.0), (s, c, 0.0), (0.0, 0.0, 1.0)))


def random_rotation(draw: Points) -> np.ndarray:
    """Return a (3, 3) rotation, even over all rotations, from three numbers of 0..1 (Shoemake, Graphics Gems III)."""
    one, two = np.sqrt(1.0 - draw[0]), np.sqrt(draw[0])
    a, b = 2.0 * np.pi * draw[1], 2.0 * np.pi * draw[2]
    x, y, z, w = one * np.sin(a), one * np.cos(a), two * np.sin(b), two * np.cos(b)
    return np.array(
        (
            (1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
            (2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
            (2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
        )
    )
