# SPDX-License-Identifier: GPL-3.0-or-later
"""What takes up room: the scene's bodies and those that were placed. Tells whether another one fits."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .bodies import Body, Points, outline_distance

REACH = 1e-6


class Space:
    """The room that is left between a scene's bodies and those that were placed, ``spacing`` apart."""

    def __init__(self, obstacles: Iterable[Body], spacing: float) -> None:
        self._spacing = spacing
        self._obstacles = list(obstacles)
        self._lows = np.array([body.low for body in self._obstacles]).reshape(-1, 3)
        self._highs = np.array([body.high for body in self._obstacles]).reshape(-1, 3)
        self._placed: list[Body] = []
        self._boxes: Points = np.empty((0, 2, 3))

    def fits(self, body: Body, bounds: Points) -> bool:
        """Tell whether a body meets nothing and keeps its distance from what was placed.

        Args:
            body: in world space.
            bounds: the box (2, 3) of what is filled: a thing of the scene whose box holds all of it is a room or a
                sky, of which only the surface counts.
        """
        low, high = body.low, body.high
        gaps = np.maximum(np.maximum(self._boxes[:, 0] - high, low - self._boxes[:, 1]), 0.0)
        close = np.flatnonzero(np.linalg.norm(gaps, axis=1) <= max(self._spacing, REACH))
        if any(self._is_too_near(body, self._placed[number]) for number in close):
            return False
        near = np.all((self._lows <= high) & (self._highs >= low), axis=1)
        return not any(
            meets(body, other, around=_holds(other, bounds))
            for other in (self._obstacles[number] for number in np.flatnonzero(near))
        )

    def is_covered(self, place: Points, gap: float, reach: float) -> bool:
        """Tell whether one of the scene's bodies is between ``gap`` and ``reach`` above a point."""
        near = np.all((self._lows[:, :2] <= place[:2]) & (self._highs[:, :2] >= place[:2]), axis=1)
        start, up = (float(place[0]), float(place[1]), float(place[2]) + gap), (0.0, 0.0, 1.0)
        return any(
            self._obstacles[number].tree.ray_cast(start, up, reach - gap)[0] is not None
            for number in np.flatnonzero(near)
        )

    def add(self, body: Body) -> None:
        """Let a placed body take up its room."""
        self._placed.append(body)
        self._boxes = np.concatenate((self._boxes, np.stack((body.low, body.high))[None]))

    def _is_too_near(self, body: Body, other: Body) -> bool:
        """Judge two bodies whose boxes are too near: by their footprints, or, without spacing, by their meshes."""
        if self._spacing > 0.0:
            return outline_distance(body.outline, other.outline) < self._spacing
        return meets(body, other)


def meets(one: Body, other: Body, *, around: bool = False) -> bool:
    """Tell whether two bodies' surfaces meet or one is inside of the other; ``around``: the first may be inside."""
    if one.tree.overlap(other.tree):
        return True
    if _holds(one, np.stack((other.low, other.high))) and one.contains(other.vertices[0]):
        return True
    inside = not around and _holds(other, np.stack((one.low, one.high)))
    return inside and other.contains(one.vertices[0])


def _holds(body: Body, box: Points) -> bool:
    return bool(np.all(body.low <= box[0]) and np.all(body.high >= box[1]))
