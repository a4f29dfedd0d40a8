# SPDX-License-Identifier: GPL-3.0-or-later
"""COCO's compressed masks, read by the format's own rules and not by the writer's code. numpy only.

Counts are text: groups of five bits, least significant first, 48 added, bit 5 for "more follows", bit 4 of the last
group for the sign; from the fourth on they are differences to the count two before (``rleFrString`` of pycocotools).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.arrays import IdMap

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Mask:
    """Runs of a mask down the columns: where each begins and how long it is; ``size`` is (height, width)."""

    starts: Ints
    lengths: Ints
    size: tuple[int, int]

    @property
    def area(self) -> int:
        """The number of pixels."""
        return int(self.lengths.sum())

    @property
    def bbox(self) -> tuple[int, int, int, int]:
        """The tight box [x, y, width, height]; all 0 for an empty mask."""
        if self.starts.size == 0:
            return 0, 0, 0, 0
        height = self.size[0]
        left, top = np.divmod(self.starts, height)
        right, bottom = np.divmod(self.starts + self.lengths - 1, height)
        wraps = right > left
        y0 = int(np.where(wraps, 0, top).min())
        y1 = int(np.where(wraps, height - 1, bottom).max())
        x0, x1 = int(left.min()), int(right.max())
        return x0, y0, x1 - x0 + 1, y1 - y0 + 1

    def holds(self, other: Mask) -> bool:
        """Tell whether every pixel of another mask is one of this one's."""
        if self.starts.size == 0:
            return other.starts.size == 0
        place = np.searchsorted(self.starts, other.starts, side="right") - 1
        ends = self.starts[place] + self.lengths[place]
        return bool(((place >= 0) & (other.starts + other.lengths <= ends)).all())


def read_mask(counts: str, height: int, width: int) -> Mask:
    """Read compressed counts.

    Raises:
        ValueError: they are no counts, or do not fill the picture exactly.
    """
    letters = np.frombuffer(counts.encode("ascii", "replace"), np.uint8).astype(np.int64) - 48
    if letters.size == 0 or letters.min() < 0 or letters.max() > 63 or letters[-1] & 0x20:
        raise ValueError("its run lengths are not COCO's")
    last = (letters & 0x20) == 0
    first = np.concatenate(([0], np.flatnonzero(last)[:-1] + 1))
    place = np.arange(letters.size) - np.repeat(first, np.diff(np.append(first, letters.size)))
    if place.max() > 11:
        raise ValueError("a run length is too long")
    values = np.add.reduceat((letters & 0x1F) << (5 * place), first)
    negative = (letters[last] & 0x10) != 0
    values -= np.where(negative, np.int64(1) << (5 * (place[last] + 1)), 0)
    # From the fourth on each is a difference to the count two before: sums along both strands give the counts.
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    if values.min() < 0 or int(values.sum()) != height * width:
        raise ValueError(f"it covers {int(values.sum())} pixels of a picture of {height * width}")
    ends = np.cumsum(values)
    inside = slice(1, None, 2)
    starts, lengths = ends[inside] - values[inside], values[inside]
    return Mask(starts[lengths > 0], lengths[lengths > 0], (height, width))


def paint(masks: Sequence[tuple[int, Mask]], height: int, width: int) -> tuple[IdMap, int]:
    """Return the id map that masks make together, and how many pixels belong to more than one; ids are above 0."""
    flat = np.zeros(height * width, np.uint16)
    if not masks:
        return flat.reshape(height, width), 0
    starts = np.concatenate([mask.starts for _, mask in masks])
    lengths = np.concatenate([mask.lengths for _, mask in masks])
    ids = np.concatenate([np.full(mask.starts.size, number, np.uint16) for number, mask in masks])
    before = np.cumsum(lengths) - lengths
    pixels = np.arange(int(lengths.sum())) + np.repeat(starts - before, lengths)
    flat[pixels] = np.repeat(ids, lengths)
    return flat.reshape(width, height).T, pixels.size - int(np.count_nonzero(flat))


def polygon_fault(
    polygons: Sequence[Sequence[float]], area: int, bbox: Sequence[float], height: int, width: int
) -> str:
    """Return what is wrong with an annotation's polygons, or nothing.

    Outlines along the pixels' edges enclose exactly the mask's pixels.
    """
    enclosed = 0.0
    ends = []
    for polygon in polygons:
        if len(polygon) < 6 or len(polygon) % 2:
            return f"has a polygon of {len(polygon)} numbers"
        points = np.array(polygon, np.float64).reshape(-1, 2)
        if points.min() < 0 or (points > (width, height)).any():
            return "has a polygon that leaves the picture"
        ends += [points.min(axis=0), points.max(axis=0)]
        x, y = points.T
        enclosed += abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2
    if enclosed != area:
        return f"has polygons round {enclosed:g} pixels, but an area of {area}"
    low, high = np.min(ends, axis=0), np.max(ends, axis=0)
    box = [*low.tolist(), *(high - low).tolist()]
    return "" if box == list(bbox) else f"has the box {list(bbox)}, but its polygons' is {box}"
