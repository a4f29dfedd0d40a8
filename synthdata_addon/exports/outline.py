# SPDX-License-Identifier: GPL-3.0-or-later
"""A mask to the one closed outline that YOLO's text files have room for: parts joined, holes cut in. numpy only.

Points lie a little inside of the outermost pixels' outer edges. So the outline spans the box of the mask, and a reader
that rounds its points down to whole pixels and fills (Ultralytics, ``polygon2mask``) gets back exactly the mask:
a hole is cut in along a row of the object itself. Only between parts that do not touch is a bridge needed, which such
readers draw a pixel wide; Ultralytics' own converter joins parts that way.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..labels.polygons import outlines

INSET: Final = 1 / 64
"""Pixels between the outline and the pixels' edges: more than float32 and seven decimals blur."""
CHUNK: Final = 1 << 20
"""Most distances held at a time while the nearest points of two parts are looked for."""
Points = NDArray[np.float64]


def outline(mask: NDArray[np.bool_]) -> Points:
    """Return the outline of a mask.

    Args:
        mask: (H, W), True inside; at least one pixel is.

    Returns:
        (N, 2) float64: x and y in pixels, (0, 0) the top-left pixel's outer corner; the last point joins the first.
    """
    parts: list[Points] = []
    holes: list[Points] = []
    for corners, is_hole in outlines(mask):
        (holes if is_hole else parts).append(_inset(corners, is_hole))
    # A hole's cut goes left, and what it meets there begins further left, so that it is in its part already.
    for hole in sorted(holes, key=lambda ring: float(ring[:, 0].min())):
        _cut(parts, hole, mask)
    return _join(parts)


def _inset(corners: NDArray[np.int64], is_hole: bool) -> Points:
    """Move a ring's corners off the pixels' edges, into the mask, which is on the right hand round a part."""
    ways = np.sign(np.roll(corners, -1, axis=0) - corners)
    right = np.stack([-ways[:, 1], ways[:, 0]], axis=1)
    inwards = right + np.roll(right, 1, axis=0)
    moved: Points = corners + (-INSET if is_hole else INSET) * inwards
    return moved


def _cut(parts: list[Points], hole: Points, mask: NDArray[np.bool_]) -> None:
    """Cut a hole into its part: along a row, from the hole's left edge to the next edge on the left."""
    following = np.roll(hole, -1, axis=0)
    upright = np.abs(hole[:, 0] - following[:, 0]) < 0.5
    edge = int(np.flatnonzero(upright)[hole[upright, 0].argmin()])
    row = round(float(min(hole[edge, 1], following[edge, 1])))
    column = round(float(hole[edge, 0]))
    outside = np.flatnonzero(~mask[row, :column])
    near = int(outside[-1]) + 1 if outside.size else 0
    begin, end = np.array([[near + INSET, row + 0.5]]), np.array([[column - INSET, row + 0.5]])
    ring = np.concatenate([begin, end, hole[edge + 1 :], hole[: edge + 1], end, begin])
    for number, part in enumerate(parts):
        place = _edge_through(part, begin[0])
        if place is not None:
            parts[number] = np.concatenate([part[: place + 1], ring, part[place + 1 :]])
            return
    raise AssertionError("Every hole has an edge on its left.")


def _edge_through(ring: Points, point: Points) -> int | None:
    """Return the number of the point of a ring from which an upright edge goes through a point."""
    following = np.roll(ring, -1, axis=0)
    on = (np.abs(ring[:, 0] - point[0]) < INSET) & (np.abs(following[:, 0] - point[0]) < INSET)
    found = np.flatnonzero(on & ((ring[:, 1] - point[1]) * (following[:, 1] - point[1]) <= 0.0))
    return int(found[0]) if found.size else None


def _join(parts: list[Points]) -> Points:
    """Join rings to one: always the nearest of those left, by a bridge between the nearest points, walked twice."""
    whole, *rest = parts
    # Of each ring left: its distance from the whole, the point there, and the number of its own point.
    links = [_nearest(whole, ring) for ring in rest]
    while rest:
        chosen = min(range(len(rest)), key=lambda number: links[number][0])
        ring, (_, point, start) = rest.pop(chosen), links.pop(chosen)
        place = int(np.flatnonzero((whole == point).all(axis=1))[0])
        whole = np.concatenate([whole[: place + 1], ring[start:], ring[: start + 1], whole[place:]])
        links = [
            min(link, _nearest(ring, other), key=lambda one: one[0])
            for link, other in zip(links, rest, strict=True)
        ]
    return whole


def _nearest(ring: Points, other: Points) -> tuple[float, Points, int]:
    """Return the least distance (squared) of two rings' points, the point of the first, the place in the second."""
    best = (np.inf, ring[0], 0)
    step = max(1, CHUNK // len(ring))
    for start in range(0, len(other), step):
        part = other[start : start + step]
        distance = (ring[:, :1] - part[:, 0]) ** 2 + (ring[:, 1:] - part[:, 1]) ** 2
        first, second = divmod(int(distance.argmin()), len(part))
        if distance[first, second] < best[0]:
            best = float(distance[first, second]), ring[first], start + second
    return best
