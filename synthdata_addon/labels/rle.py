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
    starts = np.flatnonzero(np.concatenate(([True], flat[1:] != flat[:-1])))
    ends = np.append(starts[1:], flat.size)
    run_ids = flat[starts]
    # uint16 makes the stable sort a radix sort: keep it.
    order = np.argsort(run_ids, kind="stable")
    order = order[int(np.count_nonzero(run_ids == 0)) :]
    if order.size == 0:
        return []
    starts, ends, run_ids = starts[order], ends[order], run_ids[order]
    first = np.flatnonzero(np.concatenate(([True], run_ids[1:] != run_ids[:-1])))
    texts = _texts(*_counts(starts, ends, first, flat.size))
    areas = np.add.reduceat(ends - starts, first)
    boxes = _boxes(starts, ends - 1, first, height)
    return [
        Region(
            id=int(number),
            counts=text,
            area=int(area),
            bbox=(int(box[0]), int(box[1]), int(box[2]), int(box[3])),
        )
        for number, text, area, box in zip(run_ids[first], texts, areas, boxes, strict=True)
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
    values = counts.copy()
    within = np.arange(counts.size) - np.repeat(first, np.diff(np.append(first, counts.size)))
    later = np.flatnonzero(within > 2)
    values[later] -= counts[later - 2]
    letters = np.zeros((counts.size, MAX_LETTERS), np.uint8)
    used = np.zeros(counts.size, np.int64)
    open_rows = np.arange(counts.size)
    for column in range(MAX_LETTERS):
        bits = values & 0x1F
        values = values >> 5
        more = np.where(bits & 0x10, values != -1, values != 0)
        letters[open_rows, column] = bits + 48 + (more << 5)
        used[open_rows] = column + 1
        open_rows, values = open_rows[more], values[more]
        if open_rows.size == 0:
            break
    text = letters[np.arange(MAX_LETTERS) < used[:, None]].tobytes().decode("ascii")
    cuts = [*np.concatenate(([0], np.cumsum(used)))[first].tolist(), len(text)]
    return [text[a:b] for a, b in itertools.pairwise(cuts)]


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
