# SPDX-License-Identifier: GPL-3.0-or-later
"""How far what a model sees agrees with what is known: rank correlation of depth, overlap of boxes. numpy only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Box = Sequence[float]
"""COCO's box: x, y, width, height in pixels."""


def rank_correlation(one: NDArray[Any], other: NDArray[Any]) -> float | None:
    """Return Spearman's rank correlation, -1 to 1; equal values share their mean rank. None where one is constant."""
    ranks = [_ranks(np.asarray(values).ravel()) for values in (one, other)]
    a, b = (values - values.mean() for values in ranks)
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / scale if scale > 0.0 else None


def overlap(one: Box, other: Box) -> float:
    """Return the intersection of two boxes over their union."""
    wide = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    high = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(0.0, wide) * max(0.0, high)
    union = one[2] * one[3] + other[2] * other[3] - shared
    return shared / union if union > 0.0 else 0.0


def best_overlap(box: Box, found: Iterable[Box]) -> float:
    """Return the overlap with the box that fits best; 0 where there is none."""
    return max((overlap(box, other) for other in found), default=0.0)


def window(box: Box, grow: float, size: tuple[int, int]) -> tuple[slice, slice]:
    """Return the rows and columns of a box that is made larger by ``grow`` of itself on each side.

    Args:
        box: the box.
        grow: 0.25 adds a quarter of its width on the left and on the right.
        size: height and width of the picture, where it ends.
    """
    x, y, wide, high = box
    left, right = max(0, round(x - grow * wide)), min(size[1], round(x + (1.0 + grow) * wide))
    top, bottom = max(0, round(y - grow * high)), min(size[0], round(y + (1.0 + grow) * high))
    return slice(top, max(bottom, top + 1)), slice(left, max(right, left + 1))


def _ranks(values: NDArray[Any]) -> NDArray[np.float64]:
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    mean: NDArray[np.float64] = (last - (counts - 1) / 2.0)[which.ravel()]
    return mean
