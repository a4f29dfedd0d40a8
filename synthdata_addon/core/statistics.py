# SPDX-License-Identifier: GPL-3.0-or-later
"""What a dataset holds, in numbers: directions, distances, categories, sizes, occlusion, positions. Counting only.

The coverage that is told before rendering and the statistics of the finished dataset are both counted here.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Size = Literal["small", "medium", "large"]
SIZES: Final[tuple[Size, ...]] = ("small", "medium", "large")
SIZE_BOUNDS: Final = (32**2, 96**2)
"""COCO's: small is below the first area in pixels, large from the second on."""
AZIMUTHS: Final = 12
ELEVATIONS: Final = 6
"""Bins of 30 degrees; azimuth from +X towards +Y, elevation from straight below to straight above."""
DISTANCE_BINS: Final = 10
GRID: Final = (16, 12)
"""Cells of the picture, across and down, that the middles of boxes are counted in."""
SHARES: Final = 10

Counts = NDArray[np.int64]


def size_of(area: float) -> Size:
    """Return COCO's word for an area in pixels."""
    return SIZES[bisect_right(SIZE_BOUNDS, area)]


@dataclass
class Statistics:
    """Counts of views and of labelled things; add them one by one, in any order."""

    views: int = 0
    directions: Counts = field(default_factory=lambda: np.zeros((ELEVATIONS, AZIMUTHS), dtype=np.int64))
    distances: list[float] = field(default_factory=list)
    instances: Counter[int] = field(default_factory=Counter)
    """By category id."""
    sizes: Counter[tuple[int, Size]] = field(default_factory=Counter)
    """By category id and size."""
    positions: Counts = field(default_factory=lambda: np.zeros(GRID[::-1], dtype=np.int64))
    visible: Counts = field(default_factory=lambda: np.zeros(SHARES, dtype=np.int64))
    """By tenths of the visible share, where that was measured."""

    def add_view(self, eye: Sequence[float], aim: Sequence[float] | None) -> None:
        """Count a view from ``eye`` on something at ``aim`` (world space); None where that is not known."""
        self.views += 1
        if aim is None:
            return
        x, y, z = (float(e) - float(a) for e, a in zip(eye, aim, strict=True))
        distance = math.sqrt(x * x + y * y + z * z)
        self.distances.append(distance)
        if distance < 1e-9:
            return
        azimuth = math.degrees(math.atan2(y, x)) % 360.0
        elevation = math.degrees(math.asin(max(-1.0, min(1.0, z / distance)))) + 90.0
        # A camera at a bin's edge must not fall to either side by the last bit of its matrix.
        row, column = (math.floor(round(angle, 6) / 30.0) for angle in (elevation, azimuth))
        self.directions[min(row, ELEVATIONS - 1), column % AZIMUTHS] += 1

    def add_things(self, categories: Sequence[int], areas: Sequence[float]) -> None:
        """Count labelled things by their category ids and their areas in pixels."""
        self.instances.update(categories)
        self.sizes.update(zip(categories, map(size_of, areas), strict=True))

    def add_boxes(self, boxes: Sequence[Sequence[float]], size: tuple[int, int]) -> None:
        """Count the middles of boxes (COCO's x, y, width, height) in a picture of (width, height) pixels."""
        found = np.array(boxes, dtype=np.float64).reshape(-1, 4)
        places = (found[:, :2] + found[:, 2:] / 2.0) / size * GRID
        columns, rows = np.clip(places.astype(np.int64), 0, np.array(GRID) - 1).T
        np.add.at(self.positions, (rows, columns), 1)

    def add_visible(self, share: float) -> None:
        """Count a thing of which this share is in sight."""
        self.visible[min(int(share * SHARES), SHARES - 1)] += 1

    def distance_bins(self) -> tuple[NDArray[np.float64], Counts]:
        """Return the edges (DISTANCE_BINS + 1,) and the counts (DISTANCE_BINS,) of the distances.

        Distances that are all equal have one bin.
        """
        if not self.distances:
            return np.zeros(1), np.zeros(0, dtype=np.int64)
        found = np.array(self.distances)
        low, high = float(found.min()), float(found.max())
        if high - low < 1e-6 * max(high, 1.0):
            return np.array([low, high]), np.array([len(found)])
        counts, edges = np.histogram(found, bins=DISTANCE_BINS, range=(low, high))
        return edges, counts

    def by_size(self) -> dict[Size, int]:
        """Return how many things are of each size."""
        return {size: sum(n for (_, own), n in self.sizes.items() if own == size) for size in SIZES}
