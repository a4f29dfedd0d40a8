# SPDX-License-Identifier: GPL-3.0-or-later
"""Faces that look up, as regions to stand things on: where they are, where they end, and how far something falls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from math import cos, radians, tan

import numpy as np
from mathutils.bvhtree import BVHTree

from .bodies import Body, Points

STEEPEST = radians(20.0)
FLAT = 1e-4
"""A region whose heights differ by no more is level, scene units."""
GAP = 0.0002
"""Things rest this far above their support: too little to see, enough to keep the two surfaces apart."""
WELD = 1e-5


@dataclass(frozen=True, eq=False)
class Region:
    """Upward faces that hang together.

    ``corners`` (T, 3, 3) are its triangles in world space, ``rim`` (R, 2, 2) its edges from above, ``owner`` the full
    name of its object, ``owner_box`` that object's lowest and highest corner (2, 3).
    """

    corners: Points
    rim: Points
    owner: str
    owner_box: Points

    @cached_property
    def areas(self) -> Points:
        """The area of each triangle (T,)."""
        a, b, c = self.corners[:, 0], self.corners[:, 1], self.corners[:, 2]
        return np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2

    @cached_property
    def top(self) -> float:
        """Its greatest height."""
        return float(self.corners[:, :, 2].max())

    @cached_property
    def bottom(self) -> float:
        """Its least height."""
        return float(self.corners[:, :, 2].min())

    @cached_property
    def tree(self) -> BVHTree:
        """Its triangles to cast rays at."""
        triangles = np.arange(3 * len(self.corners)).reshape(-1, 3)
        return BVHTree.FromPolygons(
            self.corners.reshape(-1, 3).tolist(), triangles.tolist(), all_triangles=True
        )

    def point(self, draw: Points) -> Points:
        """Return a point of the region (3,) from three numbers of 0..1, even over its area."""
        shares = np.cumsum(self.areas)
        triangle = min(int(np.searchsorted(shares, draw[0] * shares[-1])), len(shares) - 1)
        a, b, c = self.corners[triangle]
        root = np.sqrt(draw[1])
        return np.array((1 - root) * a + root * (1 - draw[2]) * b + root * draw[2] * c)

    def holds(self, outline: Points) -> bool:
        """Tell whether no edge of the region runs through a convex outline (H, 2) whose middle is on it."""
        low, high = outline.min(axis=0), outline.max(axis=0)
        near = np.all((self.rim.min(axis=1) <= high) & (self.rim.max(axis=1) >= low), axis=1)
        return not bool(np.any(near)) or not bool(np.any(_cut(self.rim[near], outline)))

    def rest_height(self, body: Body) -> float | None:
        """Return how much a body has to move along Z to rest on the region, or None if it is not above it.

        Contacts of corners with faces count, of either with the other; those of edges with edges do not.
        """
        lowest = float(body.low[2])
        if self.top - self.bottom < FLAT:
            return self.top + GAP - lowest
        lift = self.top - lowest + 1.0
        reach = float(np.linalg.norm((body.high - body.low)[:2])) * tan(STEEPEST) + FLAT
        feet = body.vertices[body.vertices[:, 2] <= lowest + reach]
        gaps = list(self._below(feet, lift)) + list(self._above(body, lift))
        return lift - min(gaps) + GAP if gaps else None

    def _below(self, feet: Points, lift: float) -> Iterator[float]:
        for x, y, z in feet:
            place, *_ = self.tree.ray_cast((x, y, z + lift), (0.0, 0.0, -1.0))
            if place is not None:
                yield float(z + lift - place.z)

    def _above(self, body: Body, lift: float) -> Iterator[float]:
        low, high = body.low, body.high
        points = self.corners.reshape(-1, 3)
        near = np.all((points[:, :2] >= low[:2]) & (points[:, :2] <= high[:2]), axis=1)
        for x, y, z in np.unique(points[near], axis=0):
            start = float(low[2]) - 1.0
            place, *_ = body.tree.ray_cast((x, y, start), (0.0, 0.0, 1.0))
            if place is not None:
                yield float(place.z + lift - z)


def regions_of(owner: str, body: Body, bounds: Points | None = None) -> list[Region]:
    """Return the regions of a body in world space, largest first."""
    corners = body.vertices[body.triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    lengths = np.linalg.norm(normals, axis=1)
    up = (lengths > 1e-12) & (normals[:, 2] >= cos(STEEPEST) * lengths)
    if not np.any(up):
        return []
    _, welded = np.unique(np.round(body.vertices / WELD), axis=0, return_inverse=True)
    triangles = welded.reshape(-1)[body.triangles[up]]
    box = np.stack((body.low, body.high)) if bounds is None else bounds
    found = []
    for members in _hanging_together(triangles):
        rim = _rim(triangles[members], corners[up][members])
        found.append(Region(corners[up][members], rim, owner, box))
    return sorted(found, key=lambda region: -float(region.areas.sum()))


def _hanging_together(triangles: np.ndarray) -> list[np.ndarray]:
    """Return the numbers of the triangles of each region: those that share edges."""
    leader = list(range(len(triangles)))

    def first(item: int) -> int:
        while leader[item] != item:
            leader[item] = leader[leader[item]]
            item = leader[item]
        return item

    owner: dict[tuple[int, int], int] = {}
    for number, (a, b, c) in enumerate(triangles.tolist()):
        for edge in ((a, b), (b, c), (c, a)):
            other = owner.setdefault((min(edge), max(edge)), number)
            one, two = first(number), first(other)
            leader[max(one, two)] = min(one, two)
    groups = np.array([first(number) for number in range(len(triangles))])
    return [np.flatnonzero(groups == group) for group in np.unique(groups)]


def _rim(triangles: np.ndarray, corners: Points) -> Points:
    """Return the edges (R, 2, 2) that belong to one triangle only, seen from above."""
    counts = Counter(edge for edge in _edges(triangles.tolist()))
    rim = [
        corners[number][[side, (side + 1) % 3], :2]
        for number, triangle in enumerate(triangles.tolist())
        for side in range(3)
        if counts[_edge(triangle[side], triangle[(side + 1) % 3])] == 1
    ]
    return np.array(rim).reshape(-1, 2, 2)


def _edges(triangles: Iterable[list[int]]) -> Iterator[tuple[int, int]]:
    for a, b, c in triangles:
        yield from (_edge(a, b), _edge(b, c), _edge(c, a))


def _edge(a: int, b: int) -> tuple[int, int]:
    return (min(a, b), max(a, b))


def _cut(segments: Points, outline: Points) -> np.ndarray:
    """Tell of each segment (R, 2, 2) whether some of it is inside of a convex outline (Cyrus and Beck's clipping)."""
    enter, leave = np.zeros(len(segments)), np.ones(len(segments))
    outside = np.zeros(len(segments), dtype=bool)
    start, way = segments[:, 0], segments[:, 1] - segments[:, 0]
    for a, b in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        inward = np.array((a[1] - b[1], b[0] - a[0]))
        depth, change = (start - a) @ inward, way @ inward
        parallel = np.abs(change) < 1e-15
        outside |= parallel & (depth <= 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            at = -depth / change
        enter = np.where(~parallel & (change > 0.0), np.maximum(enter, at), enter)
        leave = np.where(~parallel & (change < 0.0), np.minimum(leave, at), leave)
    return ~outside & (enter < leave)
