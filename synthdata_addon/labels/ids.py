# SPDX-License-Identifier: GPL-3.0-or-later
"""From the Object Index and its companions to instance ids: which copy of which thing each pixel shows. numpy only.

Copies that instancing makes share the Object Index of what they copy; ``Object Info > Random`` of each differs and is
known beforehand (``random_id / 0xFFFFFFFF``, bit for bit). Pixels are looked up by runs, of which a picture has few.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import Float32Image, IdMap
from ..core.errors import DatasetError
from ..core.records import PixelKey, SeenInstance
from .exr import MAX_ID, Passes
from .runs import run_starts

Codes = NDArray[np.uint64]
INDEX_SHIFT: Final = np.uint64(48)
MATERIAL_SHIFT: Final = np.uint64(32)


@dataclass(frozen=True)
class Owners:
    """Whose each pixel is: ``ids`` (H, W) uint16, instance ids, 0 where nothing is labelled.

    ``unknown`` are Object Index values that no instance of the view has; ``unclear`` counts the pixels that show one of
    several copies, it cannot be told which. Both count as unlabelled.
    """

    ids: IdMap
    unknown: tuple[int, ...] = ()
    unclear: int = 0


def owners(passes: Passes, instances: Sequence[SeenInstance]) -> Owners:
    """Find the instance of each pixel by the keys of the view's instances.

    A key without random is the default of its Object Index: it takes the pixels that no copy of the same index has.
    A key without material takes every material that no other key of its index and copy names. Two instances with one
    key cannot be told apart: their pixels are unclear.

    Args:
        passes: a view's passes.
        instances: what the view may show; several keys may lead to one instance.

    Raises:
        DatasetError: ``dataset.pass_missing``: keys have materials, and the passes no Material Index.
    """
    keys = [(key, item.id) for item in instances for key in item.keys]
    if all(key.random is None and not key.material for key, _ in keys):
        return _by_index(passes.index, keys)
    if passes.material is None and any(key.material for key, _ in keys):
        raise DatasetError(
            "dataset.pass_missing",
            "The passes have no Material Index, which tells this job's instances apart.",
            "Render the view again.",
        )
    return _by_runs(passes.index, passes, keys)


def _by_index(index: IdMap, keys: Iterable[tuple[PixelKey, int]]) -> Owners:
    table = np.zeros(MAX_ID + 1, np.uint16)
    shared: set[int] = set()
    for key, number in keys:
        if table[key.index] not in (0, number):
            shared.add(key.index)
        table[key.index] = number
    table[[0, *shared]] = 0
    ids = table[index]
    rest = index[(ids == 0) & (index != 0)]
    if rest.size == 0:
        return Owners(ids)
    values, counts = np.unique(rest, return_counts=True)
    found = dict(zip(values.tolist(), counts.tolist(), strict=True))
    unclear = sum(found.pop(value, 0) for value in shared)
    return Owners(ids, tuple(found), unclear)


class _Table:
    """Instances by code: Object Index, material and the bits of random, each 0 where the table does not use it."""

    def __init__(self, keys: Iterable[tuple[PixelKey, int]], *, by_random: bool, by_material: bool) -> None:
        found: dict[int, int] = {}
        for key, number in keys:
            if (key.random is not None, key.material > 0) != (by_random, by_material):
                continue
            # + 0.0 makes a plain zero of a negative one.
            bits = int(np.float32((key.random or 0.0) + 0.0).view(np.uint32))
            code = key.index << int(INDEX_SHIFT) | key.material << int(MATERIAL_SHIFT) | bits
            found[code] = number if found.get(code, number) == number else 0
        codes = sorted(found)
        self.by_random = by_random
        self._by_material = by_material
        self._codes = np.array(codes, np.uint64)
        self._ids = np.array([found[code] for code in codes], np.uint16)

    def look_up(self, index: Codes, material: Codes, bits: Codes) -> tuple[NDArray[np.bool_], IdMap]:
        """Return which of the runs are in the table, and their instances (0 where two share a key)."""
        if self._codes.size == 0:
            return np.zeros(index.size, np.bool_), np.zeros(index.size, np.uint16)
        codes = index << INDEX_SHIFT
        if self._by_material:
            codes = codes | material << MATERIAL_SHIFT
        if self.by_random:
            codes = codes | bits
        places = np.minimum(np.searchsorted(self._codes, codes), self._codes.size - 1)
        return self._codes[places] == codes, self._ids[places]


def _by_runs(index: IdMap, passes: Passes, keys: list[tuple[PixelKey, int]]) -> Owners:
    shown, solid = _bits(_shown_random(passes)), _bits(passes.solid_random)
    material = _materials(passes.material) if any(key.material for key, _ in keys) else None
    starts = run_starts(
        index.ravel(), *(channel for channel in (shown, solid, material) if channel is not None)
    )
    lengths = np.diff(starts, append=index.size)
    nothing = np.zeros(starts.size, np.uint64)
    runs = _Runs(_at(starts, index.ravel()), nothing if material is None else _at(starts, material), keys)
    runs.resolve(None if shown is None else _at(starts, shown), None if solid is None else _at(starts, solid))
    unclear, unknown = runs.rest(lengths)
    return Owners(np.repeat(runs.ids, lengths).reshape(index.shape), unknown, unclear)


def _at(starts: NDArray[np.int64], channel: NDArray[np.unsignedinteger[Any]]) -> Codes:
    return channel[starts].astype(np.uint64)


class _Runs:
    """The runs of one picture, looked up in one table after the other, the most exact first."""

    def __init__(self, index: Codes, material: Codes, keys: list[tuple[PixelKey, int]]) -> None:
        self._index, self._material = index, material
        self._keys = keys
        self._open = index > 0
        self.ids = np.zeros(index.size, np.uint16)

    def resolve(self, shown: Codes | None, solid: Codes | None) -> None:
        """Look the runs up, by the bits of the random that they show and of the solid layer's, where there are any."""
        tables = {
            (by_random, by_material): _Table(self._keys, by_random=by_random, by_material=by_material)
            for by_random in (True, False)
            for by_material in (True, False)
        }
        copies = (tables[True, True], tables[True, False])
        defaults = (tables[False, True], tables[False, False])
        everywhere = np.ones(self._index.size, np.bool_)
        for table in copies:
            self._take(table, shown, everywhere)
        # What wrote no random has no material: it may be a copy that only the solid layer tells apart. What wrote one
        # that is no copy's is the thing itself; the solid layer may show a copy's leaf before it that is not there.
        silent = everywhere if shown is None else shown == 0
        for table in copies:
            self._take(table, solid, silent)
        for table in defaults:
            self._take(table, shown, everywhere)
        for table in copies:
            self._take(table, solid, everywhere)

    def rest(self, lengths: NDArray[np.int64]) -> tuple[int, tuple[int, ...]]:
        """Return the number of unclear pixels and the unknown values, once all tables have been asked."""
        indices = np.array(sorted({key.index for key, _ in self._keys}), np.uint64)
        unknown = np.unique(self._index[self._open & ~np.isin(self._index, indices)])
        # A material that no key names is not labelled, and nothing is unclear about it.
        places = [(PixelKey(key.index, None, key.material), number) for key, number in self._keys]
        unclear = (self._index > 0) & (self.ids == 0)
        is_place = np.zeros(self._index.size, np.bool_)
        for by_material in (True, False):
            table = _Table(places, by_random=False, by_material=by_material)
            is_place |= table.look_up(self._index, self._material, np.zeros(0, np.uint64))[0]
        return int(lengths[unclear & is_place].sum()), tuple(unknown.tolist())

    def _take(self, table: _Table, bits: Codes | None, where: NDArray[np.bool_]) -> None:
        places = np.flatnonzero(self._open & where)
        if places.size == 0 or (bits is None and table.by_random):
            return
        random = np.zeros(places.size, np.uint64) if bits is None else bits[places]
        found, ids = table.look_up(self._index[places], self._material[places], random)
        self.ids[places[found]] = ids[found]
        self._open[places[found]] = False


def _shown_random(passes: Passes) -> Float32Image | None:
    """Return the random of the surface that each pixel shows: of the last one that wrote any, of several."""
    if passes.random is not None or not passes.random_layers:
        return passes.random
    shown = passes.random_layers[0].copy()
    for layer in passes.random_layers[1:]:
        is_there = layer > 0
        if is_there.any():
            np.copyto(shown, layer, where=is_there)
    return shown


def _bits(random: Float32Image | None) -> NDArray[np.uint32] | None:
    return None if random is None else np.ascontiguousarray(random).view(np.uint32).ravel()


def _materials(material: Float32Image | None) -> NDArray[np.uint16] | None:
    if material is None:
        return None
    return np.clip(np.nan_to_num(material), 0, MAX_ID).astype(np.uint16).ravel()
