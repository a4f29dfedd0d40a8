# SPDX-License-Identifier: GPL-3.0-or-later
"""COCO's run-length encoding of every instance of an id map in one pass. numpy only.

COCO runs go down the columns (column-major order) and alternate between outside and inside, outside first. Compressed
counts are, from the fourth on, differences to the count two before; each is written in groups of five bits, least
significant first, with bit 5 for "more follows", plus 48 to be a printable letter (``rleToString`` of pycocotools).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import IdMap
from .runs import run_starts

Ints = NDArray[np.int64]
MAX_LETTERS = 7
"""Letters one count can take: 32 bits in groups of five."""


@dataclass(frozen=True)
class Region:
    """One instance's pixels: COCO's compressed ``counts``, ``area`` in pixels, tight ``bbox`` [x, y, width, height]."""

    id: int
    counts: str
    area: int
    bbox: tuple[int, int, int, int]


def encode(ids: IdMap) -> list[Region]:
    """Encode every id above 0, in id order.

    The map is read once however many instances it holds: runs of equal ids are cut out, grouped by id with a stable
    (radix) sort, and written as text all together. Counts, areas and boxes equal pycocotools' byte for byte.

    Args:
        ids: (H, W) uint16; 0 is unlabelled.
    """
    height = ids.shape[0]
    flat = ids.T.ravel()
    if flat.size == 0:
        return []
    starts = run_starts(flat)
    ends = np.append(starts[1:], flat.size)
    run_ids = flat[starts]
    # uint16 makes the stable sort a radix sort: keep it.
    order = np.argsort(run_ids, kind="stable")
    order = order[int(np.count_nonzero(run_ids == 0)) :]
    if order.size == 0:
        return []
    starts, ends, run_ids = starts[order], ends[order], run_ids[order]
    first = run_starts(run_ids)
    texts = _texts(*_counts(starts, ends, first, flat.size))
    areas = np.add.reduceat(ends - starts, first).tolist()
    boxes = _boxes(starts, ends - 1, first, height).tolist()
    return [
        Region(number, text, area, tuple(box))
        for number, text, area, box in zip(run_ids[first].tolist(), texts, areas, boxes, strict=True)
    ]


def decode(counts: str, height: int, width: int) -> NDArray[np.bool_]:
    """Return the (H, W) mask of compressed counts.

    Raises:
        ValueError: the counts do not fill the picture exactly.
    """
    lengths = _parse(counts)
    if sum(lengths) != height * width or min(lengths, default=0) < 0:
        raise ValueError(f"The counts cover {sum(lengths)} pixels, not {height} x {width}.")
    inside = np.arange(len(lengths)) % 2 == 1
    return np.repeat(inside, lengths).reshape(width, height).T


def _counts(starts: Ints, ends: Ints, first: Ints, size: int) -> tuple[Ints, Ints]:
    """Return all instances' counts in a row, and where each instance begins in it.

    An instance of n runs has n pairs (outside, inside), and a last outside unless it ends with the picture.
    """
    previous = np.concatenate(([0], ends[:-1]))
    previous[first] = 0
    last = np.append(first[1:], starts.size) - 1
    tail = size - ends[last]
    has_tail = tail > 0
    instance = np.zeros(starts.size, np.int64)
    instance[first[1:]] = 1
    # Every tail written before a run moves the run's pair by one.
    shift = np.concatenate(([0], np.cumsum(has_tail)))[np.cumsum(instance)]
    place = 2 * np.arange(starts.size) + shift
    counts = np.empty(2 * starts.size + int(has_tail.sum()), np.int64)
    counts[place] = starts - previous
    counts[place + 1] = ends - starts
    counts[(place[last] + 2)[has_tail]] = tail[has_tail]
    return counts, place[first]


def _texts(counts: Ints, first: Ints) -> list[str]:
    """Return the compressed text of each instance; ``first`` is where each one's counts begin."""
    values = counts.astype(np.int32)
    within = np.arange(counts.size) - np.repeat(first, np.diff(np.append(first, counts.size)))
    later = np.flatnonzero(within > 2)
    values[later] -= counts[later - 2]
    # A letter holds five bits, the last one's highest being the sign: so many letters more than one are needed.
    size = np.abs(values) - (values < 0)
    used = np.ones(counts.size, np.int64)
    for letters in range(1, MAX_LETTERS):
        longer = size >> (5 * letters - 1) != 0
        if not longer.any():
            break
        used += longer
    place = np.cumsum(used)
    text = np.empty(int(place[-1]), np.uint8)
    cuts = [*(place - used)[first].tolist(), text.size]
    place -= used
    while place.size:
        more = used > 1
        text[place] = (values & 0x1F) + 48 + (more << 5)
        place, values, used = place[more] + 1, values[more] >> 5, used[more] - 1
    whole = text.tobytes().decode("ascii")
    return [whole[a:b] for a, b in itertools.pairwise(cuts)]


def _boxes(starts: Ints, lasts: Ints, first: Ints, height: int) -> Ints:
    """Return (N, 4) boxes; a run that goes on into the next column touches the bottom and the top."""
    x0, y0 = np.divmod(starts, height)
    x1, y1 = np.divmod(lasts, height)
    crosses = x1 > x0
    left, right = np.minimum.reduceat(x0, first), np.maximum.reduceat(x1, first)
    top = np.minimum.reduceat(np.where(crosses, 0, y0), first)
    bottom = np.maximum.reduceat(np.where(crosses, height - 1, y1), first)
    return np.stack([left, top, right - left + 1, bottom - top + 1], axis=1)


def _parse(counts: str) -> list[int]:
    lengths: list[int] = []
    value = shift = 0
    for letter in counts.encode("ascii"):
        bits = letter - 48
        value |= (bits & 0x1F) << shift
        shift += 5
        if bits & 0x20:
            continue
        if bits & 0x10:
            value -= 1 << shift
        lengths.append(value + (lengths[-2] if len(lengths) > 2 else 0))
        value = shift = 0
    return lengths
