# SPDX-License-Identifier: GPL-3.0-or-later
"""Cryptomatte to instance ids: the owner of the largest share of each pixel, from any engine's render. numpy only.

Cryptomatte (specification 1.2.0) writes 32-bit hashes of names as floats. Names are hashed here as Blender does it and
never taken from the file's manifest, which Blender leaves without escapes: a quote in a name makes it no JSON.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import IdMap
from ..core.records import SeenInstance
from .exr import Ranks
from .ids import Owners
from .runs import run_starts

MASK: Final = 0xFFFFFFFF
LOW_BITS: Final = 0xFFFF
NO_NAME: Final = 0
"""What stands where nothing is."""
TIE: Final = np.float32(1e-5)
"""Shares are sums of many samples: so close, they are equal."""
HALF_BITS: Final = (np.float32(0.5) - TIE).view(np.uint32) - np.uint32(1)
EEVEE_BYTES: Final = 62
"""EEVEE hashes no more of a name (found with 4.5 and 5.2); Cycles hashes all of it."""
BLOCK_ROWS: Final = 128
"""So many rows at a time stay in the processor's cache from one step to the next: half the time of all at once."""
NEARBY: Final = sorted(product(range(-8, 9), repeat=2), key=lambda step: (step[0] ** 2 + step[1] ** 2, step))
"""Steps to the pixels around one, the nearest first: blur reaches further than an object's sharp outline."""

Bits = NDArray[np.uint32]


@functools.lru_cache(maxsize=1 << 16)
def hash_name(name: str, length: int | None = None) -> int:
    """Return the 32 bits that stand for a name: MurmurHash3_32 (seed 0) of its UTF-8 bytes, as a normal float.

    Bits of an exponent of 0 or 255 would make a denormal, an infinity or a NaN, which a renderer may change: the
    lowest bit of the exponent is then flipped (Cryptomatte specification, "Float-casting of hashes").

    Args:
        name: an object's name.
        length: take so many bytes of it, not all.
    """
    bits = _murmur3(name.encode()[:length])
    return bits ^ (1 << 23) if (bits >> 23) & 0xFF in (0, 255) else bits


def owners(ranks: Ranks, instances: Sequence[SeenInstance], at_centres: Callable[[], IdMap]) -> Owners:
    """Find the instance with the largest share of each pixel.

    Parts of one instance add up, and so does all that is not labelled, the background included. An instance that ties
    with what is not labelled has the pixel. Copies of one object have one name: such a pixel goes to the copy that is
    at its centre, or else to the nearest one.

    Args:
        ranks: (H, W) ids and shares, the largest first; at least one pair.
        instances: what the view may show; the names of their keys are used.
        at_centres: gives the instance ids at the centres of the pixels, (H, W) uint16; asked only if there are copies.
    """
    table = _Names(instances)
    ids = _largest_shares(ranks, table)
    if table.copies.size == 0:
        return Owners(ids)
    return _told_apart(ids, table.copies, at_centres())


def _largest_shares(ranks: Ranks, table: _Names) -> IdMap:
    height, width = ranks[0][0].shape
    ids = np.empty((height, width), np.uint16)
    # Used again for every block: memory that is new each time costs as much as the comparison itself.
    less_one, is_shared = np.empty(BLOCK_ROWS * width, np.uint32), np.empty(BLOCK_ROWS * width, np.bool_)
    shared = []
    for top in range(0, height, BLOCK_ROWS):
        rows = np.s_[top : top + BLOCK_ROWS]
        names, share = (np.ascontiguousarray(channel[rows]).ravel() for channel in ranks[0])
        bits = names.view(np.uint32)
        starts = run_starts(bits)
        owner = np.repeat(table.look_up(bits[starts]), np.diff(starts, append=bits.size))
        ids[rows] = owner.reshape(-1, width)
        # With half of the pixel or more nobody else can have a larger share. Positive floats are in the order of their
        # bits, and less one 0 is above all of them: one comparison says "more than nothing, less than half".
        np.subtract(share.view(np.uint32), np.uint32(1), out=less_one[: bits.size])
        np.less(less_one[: bits.size], HALF_BITS, out=is_shared[: bits.size])
        shared.append(np.flatnonzero(is_shared[: bits.size]) + top * width)
    if shared:
        y, x = np.divmod(np.concatenate(shared), width)
        ids[y, x] = _largest(ranks, table, y, x)
    return ids


def _told_apart(ids: IdMap, copies: NDArray[np.uint32], centres: IdMap) -> Owners:
    """Replace the ids that stand for several copies by those of single ones, nearby.

    Args:
        ids: (H, W), where a name is that of several instances the lowest of their ids.
        copies: ``lowest id << 16 | id`` of all these instances, sorted.
        centres: (H, W), the instance at the centre of each pixel.
    """
    y, x = np.nonzero(np.isin(ids, copies >> 16))
    lowest = ids[y, x].astype(np.uint32) << 16
    told = ids.copy()
    told[y, x] = 0
    for dy, dx in NEARBY:
        near = centres[np.clip(y + dy, 0, ids.shape[0] - 1), np.clip(x + dx, 0, ids.shape[1] - 1)]
        is_copy = np.isin(lowest | near, copies)
        told[y[is_copy], x[is_copy]] = near[is_copy]
        y, x, lowest = y[~is_copy], x[~is_copy], lowest[~is_copy]
        if y.size == 0:
            break
    return Owners(told, unclear=y.size)


class _Names:
    """Instances by the hashes of their names."""

    def __init__(self, instances: Sequence[SeenInstance]) -> None:
        owners_of: defaultdict[str, set[int]] = defaultdict(set)
        for item in instances:
            for key in item.keys:
                if key.name:
                    owners_of[key.name].add(item.id)
        self.copies = np.array(
            sorted(min(ids) << 16 | number for ids in owners_of.values() if len(ids) > 1 for number in ids),
            np.uint32,
        )
        """``lowest id << 16 | id`` of all instances of a name that several have."""
        found = {hash_name(name): min(ids) for name, ids in owners_of.items()}
        short: dict[int, int] = {}
        for name, ids in owners_of.items():
            if len(name.encode()) > EEVEE_BYTES:
                bits = hash_name(name, EEVEE_BYTES)
                # Names that begin alike cannot be told apart then: better no label than another's.
                short[bits] = 0 if bits in short else min(ids)
        found = {NO_NAME: 0} | short | found
        hashes = sorted(found)
        # The last entry is never found: it keeps searches inside of the table.
        self._hashes = np.array([*hashes, MASK], np.uint32)
        self._ids = np.array([*(found[value] for value in hashes), 0], np.uint16)
        self._guesses = np.zeros(LOW_BITS + 1, np.uint16)
        self._guesses[self._hashes[:-1] & LOW_BITS] = np.arange(len(hashes))

    def look_up(self, bits: Bits) -> IdMap:
        """Return the instance of each hash, 0 for names that are nobody's."""
        # Few hashes share their lower half: a guess by it spares nine of ten searches.
        places = self._guesses[bits & LOW_BITS]
        wrong = np.flatnonzero(self._hashes[places] != bits)
        ids: IdMap = self._ids[places]
        rest = bits[wrong]
        searched = np.searchsorted(self._hashes, rest)
        ids[wrong] = np.where(self._hashes[searched] == rest, self._ids[searched], np.uint16(0))
        return ids


def _largest(ranks: Ranks, table: _Names, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> IdMap:
    """Return the owners of single pixels of which the first rank has less than half."""
    found = np.zeros(rows.size, np.uint16)
    if len(ranks) < 2:
        return found
    # What is alone in its pixel has less of it than the background.
    several = np.flatnonzero(ranks[1][1][rows, columns] > 0)
    if several.size == 0:
        return found
    rows, columns = rows[several], columns[several]
    shares = np.stack([values[rows, columns] for _, values in ranks])
    used = int(shares.any(axis=1).sum())
    shares = shares[:used]
    ids = np.stack([table.look_up(names[rows, columns].view(np.uint32)) for names, _ in ranks[:used]])
    labelled = np.where(ids > 0, shares, np.float32(0.0))
    best = np.zeros(several.size, np.uint16)
    largest = 1.0 - labelled.sum(axis=0) - 2.0 * TIE
    for candidate in ids:
        together = np.where(ids == candidate, labelled, np.float32(0.0)).sum(axis=0)
        better = together > largest + TIE
        best[better], largest[better] = candidate[better], together[better]
    found[several] = best
    return found


def _murmur3(data: bytes) -> int:
    """Return MurmurHash3_x86_32 with seed 0 (Austin Appleby, public domain algorithm)."""
    state = 0
    whole = len(data) & ~3
    for at in range(0, whole, 4):
        state ^= _scramble(int.from_bytes(data[at : at + 4], "little"))
        state = (_rotate(state, 13) * 5 + 0xE6546B64) & MASK
    state ^= _scramble(int.from_bytes(data[whole:], "little"))
    state ^= len(data)
    state = (state ^ state >> 16) * 0x85EBCA6B & MASK
    state = (state ^ state >> 13) * 0xC2B2AE35 & MASK
    return state ^ state >> 16


def _scramble(block: int) -> int:
    return _rotate(block * 0xCC9E2D51 & MASK, 15) * 0x1B873593 & MASK


def _rotate(value: int, bits: int) -> int:
    return (value << bits | value >> (32 - bits)) & MASK
