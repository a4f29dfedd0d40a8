# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the views of a sweep go that is made longer: between those that are there, which stay where they are.

``counts`` are the numbers of views that the sweep had, the last one its number now: (40, 400) is one of 40 views that
was made ten times as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.float64]


def fill_gaps(places: Places, more: int) -> Places:
    """Return ``more`` new places in 0 .. 1, as many in each gap between the given ones as its length is worth.

    A gap's new places divide it evenly; 0 and 1 count as places that are taken.
    """
    ends = np.concatenate([[0.0], np.sort(places), [1.0]])
    gaps = np.diff(ends)
    upto = np.rint(np.cumsum(gaps) / gaps.sum() * more).astype(np.int64)
    share = np.diff(upto, prepend=0)
    number = np.arange(more) - np.repeat(upto - share, share)
    new: Places = np.repeat(ends[:-1], share) + np.repeat(gaps / (share + 1), share) * (number + 1)
    return new


@lru_cache(maxsize=8)
def spread(counts: tuple[int, ...], *, arc: bool = False, middle: bool = False) -> Places:
    """Return the place in 0 .. 1 of every view.

    Args:
        counts: see the module.
        arc: the first views reach from 0 to 1, both included; else 1 is where 0 is (a circle).
        middle: the first views stand in the middles of equal parts instead.
    """
    first = counts[0]
    steps = max(first - 1, 1) if arc else first
    places = (np.arange(first) + (0.5 if middle else 0.0)) / steps
    for before, now in pairwise(counts):
        places = np.concatenate([places, fill_gaps(places, now - before)])
    places.flags.writeable = False
    return places


@lru_cache(maxsize=8)
def pick(counts: tuple[int, ...], items: Sequence[int]) -> tuple[int, ...]:
    """Return an even choice of ``items``: first ``counts[0]`` of them, then each time more of those left over."""
    chosen: list[int] = []
    for count in counts:
        left = sorted(set(items) - set(chosen)) if chosen else items
        more = min(count - len(chosen), len(left))
        chosen += [left[number * len(left) // more] for number in range(more)]
    return tuple(chosen)


def count_when(counts: tuple[int, ...], index: int) -> int:
    """Return how many views the sweep had when view ``index`` was planned."""
    return next(count for count in counts if index < count)
