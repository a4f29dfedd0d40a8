# SPDX-License-Identifier: GPL-3.0-or-later
"""Masks as COCO polygons that say them exactly: the outline along the edges of the pixels. numpy only.

COCO's rasteriser takes the left and top edge of pixel (x, y) for the point (x, y), not its centre: an outline traced
through centres loses half a pixel all round, one along the edges comes back pixel for pixel. COCO's polygons add up and
have no holes, so that a mask with a hole has none and stays run-length encoded.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Polygons = tuple[tuple[float, ...], ...]


def polygons(mask: Mask, left: int = 0, top: int = 0) -> Polygons:
    """Return the outlines of a mask, one polygon for each part, or nothing when a part has a hole.

    Parts that touch only at a corner are polygons of their own.

    Args:
        mask: (H, W) bool, a picture or a cut-out of it.
        left: x of the cut-out in the picture, pixels.
        top: y of the cut-out in the picture, pixels.

    Returns:
        For each part x0, y0, x1, y1, ... of its corners, clockwise, whole numbers from the top left edge of the
        picture; in the order of the parts' first corners, row by row.
    """
    found = []
    for outline, is_hole in outlines(mask):
        if is_hole:
            return ()
        found.append(tuple((outline + np.array((left, top))).ravel().astype(np.float64).tolist()))
    return tuple(found)


def outlines(mask: Mask) -> Iterator[tuple[NDArray[np.int64], bool]]:
    """Yield every outline of a mask, those of holes as well, and whether it is a hole's.

    Each is (N, 2), x and y of its corners in turn, from its first in reading order to the right: clockwise, round a
    hole too, so that the part or the hole is on the right hand.
    """
    for outline in _Corners(mask).outlines():
        # The first corner of an outline is the top left one of a pixel of the mask, that of a hole is not.
        x, y = outline[0]
        yield outline, not (y < mask.shape[0] and x < mask.shape[1] and mask[y, x])


class _Corners:
    """Where outlines turn. Each corner ends one horizontal and one vertical edge; where four edges meet are two."""

    def __init__(self, mask: Mask) -> None:
        padded = np.pad(mask, 1)
        nw, ne, sw, se = padded[:-1, :-1], padded[:-1, 1:], padded[1:, :-1], padded[1:, 1:]
        # Corners are where an odd number of the four pixels is set, or two that lie across.
        across = (nw == se) & (nw != ne) & (ne == sw)
        is_corner = (nw ^ ne ^ sw ^ se) | across
        rows, columns = np.nonzero(is_corner)
        twice = np.repeat(np.arange(rows.size), 1 + across[rows, columns])
        self._y, self._x = rows[twice], columns[twice]
        count = self._x.size
        # In reading order, the corners of a row pair up as the ends of its horizontal edges: the first of two at one
        # place ends the edge from the left, the second begins the one to the right.
        self._beside = np.arange(count) ^ 1
        # In order of columns they pair up as the ends of vertical edges: the first of two at one place ends the edge
        # from above. The corner with the edge from the left has the one from above where north-west is set (parts
        # that touch at a corner stay apart), the one to below where north-east is set.
        second = np.zeros(count, np.bool_)
        second[1:] = (self._x[1:] == self._x[:-1]) & (self._y[1:] == self._y[:-1])
        first = np.zeros(count, np.bool_)
        first[:-1] = second[1:]
        is_north_east = (first | second) & ne[self._y, self._x]
        goes_down = np.where(is_north_east, first, second)
        order = np.lexsort((goes_down, self._y, self._x))
        self._above = np.empty(count, np.int64)
        self._above[order[0::2]], self._above[order[1::2]] = order[1::2], order[0::2]

    def outlines(self) -> Iterator[NDArray[np.int64]]:
        """Yield x, y of the corners of each outline in turn, (N, 2), from its first in reading order to the right."""
        beside, above = self._beside.tolist(), self._above.tolist()
        seen = bytearray(len(beside))
        for start in range(len(beside)):
            loop, corner = [], start
            while not seen[corner]:
                right = beside[corner]
                seen[corner] = seen[right] = 1
                loop += [corner, right]
                corner = above[right]
            if loop:
                yield np.stack([self._x[loop], self._y[loop]], axis=1)
