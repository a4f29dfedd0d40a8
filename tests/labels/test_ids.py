# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of pixels against a lookup of every pixel by itself, and what cannot be told apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from synthdata_addon.core.errors import DatasetError
from synthdata_addon.core.records import PixelKey, SeenInstance
from synthdata_addon.labels.exr import Passes
from synthdata_addon.labels.ids import owners

VALUES = np.float32([0.0, 0.1, 0.2, 0.3])


def seen(number, *keys):
    return SeenInstance(number, 1, tuple(PixelKey(*key) for key in keys))


def passes(index, **changes):
    index = np.asarray(index, np.uint16)
    depth = np.ones(index.shape, np.float32)
    arrays = {
        name: tuple(np.asarray(layer, np.float32) for layer in value)
        if name == "random_layers"
        else np.asarray(value, np.float32)
        for name, value in changes.items()
    }
    return Passes(depth, np.zeros((*index.shape, 3), np.float32), index, **arrays)


def random_of(number):
    return float(VALUES[number])


def test_without_copies_the_object_index_says_it_all():
    instances = (seen(7, (30,)), seen(8, (31,), (32,)))
    found = owners(passes([[0, 30, 31], [32, 40, 41]]), instances)
    assert found.ids.tolist() == [[0, 7, 8], [8, 0, 0]]
    assert (found.unknown, found.unclear) == ((40, 41), 0)
    assert found.ids.dtype == np.uint16


def test_copies_are_told_apart_by_their_random():
    instances = (seen(1, (5, random_of(1))), seen(2, (5, random_of(2))), seen(3, (5,)), seen(4, (6,)))
    found = owners(
        passes([[5, 5, 5, 6, 0, 9]], random=[[VALUES[1], VALUES[2], VALUES[3], VALUES[1], VALUES[1], 0.0]]),
        instances,
    )
    assert found.ids.tolist() == [[1, 2, 3, 4, 0, 0]]
    assert (found.unknown, found.unclear) == ((9,), 0)


def test_a_copy_nobody_knows_is_unclear():
    found = owners(
        passes([[5, 5, 5]], random=[[VALUES[1], VALUES[2], VALUES[2]]]), (seen(1, (5, random_of(1))),)
    )
    assert found.ids.tolist() == [[1, 0, 0]]
    assert (found.unknown, found.unclear) == ((), 2)


def test_the_next_float_is_another_copy():
    near = float(np.nextafter(VALUES[1], np.float32(1)))
    found = owners(
        passes([[5, 5]], random=[[VALUES[1], near]]), (seen(1, (5, random_of(1))), seen(2, (5, near)))
    )
    assert found.ids.tolist() == [[1, 2]]


def test_two_instances_of_one_key_are_unclear():
    index = passes([[5, 5, 6]], random=[[VALUES[1], VALUES[1], 0.0]])
    assert owners(index, (seen(1, (5, random_of(1))), seen(2, (5, random_of(1))), seen(3, (6,)))).unclear == 2
    found = owners(passes([[5, 6]]), (seen(1, (5,)), seen(2, (5,)), seen(3, (6,))))
    assert found.ids.tolist() == [[0, 3]]
    assert (found.unknown, found.unclear) == ((), 1)


def test_two_keys_of_one_instance_are_fine():
    keys = ((5, random_of(1)), (5, random_of(2)), (6,), (6,))
    found = owners(passes([[5, 5, 6]], random=[[VALUES[1], VALUES[2], 0.5]]), (seen(4, *keys),))
    assert found.ids.tolist() == [[4, 4, 4]]


def test_the_last_layer_that_wrote_is_what_shows():
    layers = [[[VALUES[1], VALUES[3], VALUES[3]]], [[0.0, VALUES[2], 0.0]], *[[[0.0] * 3]] * 9]
    layers.append([[0.0, 0.0, VALUES[1]]])
    instances = (seen(1, (5, random_of(1))), seen(2, (5, random_of(2))), seen(3, (5, random_of(3))))
    assert owners(passes([[5, 5, 5]], random_layers=layers), instances).ids.tolist() == [[1, 2, 1]]


def test_the_value_pass_goes_before_the_layers():
    layers = [[[VALUES[2]]]] * 12
    instances = (seen(1, (5, random_of(1))), seen(2, (5, random_of(2))))
    assert owners(passes([[5]], random=[[VALUES[1]]], random_layers=layers), instances).ids.tolist() == [[1]]


def test_the_solid_layer_knows_copies_without_a_material():
    instances = (seen(1, (5, random_of(1))), seen(2, (5, random_of(2))), seen(3, (5,)))
    found = owners(
        # Wrote nothing, and solid says the second copy; wrote nothing, and solid says nothing: the thing itself;
        # wrote what no copy has: the thing itself, although a leaf of the first copy hangs before it.
        passes([[5, 5, 5]], random=[[0.0, 0.0, VALUES[3]]], solid_random=[[VALUES[2], 0.0, VALUES[1]]]),
        instances,
    )
    assert found.ids.tolist() == [[2, 3, 3]]
    # Without the thing itself, the solid layer is the last to be asked.
    assert owners(
        passes([[5]], random=[[VALUES[3]]], solid_random=[[VALUES[1]]]), instances[:2]
    ).ids.tolist() == [[1]]


def test_materials_split_an_object():
    instances = (seen(1, (5, None, 2)), seen(2, (5, None, 3)), seen(3, (6, None, 0)), seen(4, (6, None, 2)))
    found = owners(passes([[5, 5, 5, 6, 6]], material=[[2, 3, 4, 3, 2]]), instances)
    # A material that is not labelled is no puzzle.
    assert found.ids.tolist() == [[1, 2, 0, 3, 4]]
    assert (found.unknown, found.unclear) == ((), 0)


def test_materials_that_no_pass_tells_are_an_error():
    with pytest.raises(DatasetError, match="no Material Index"):
        owners(passes([[5]]), (seen(1, (5, None, 2)),))


def test_materials_split_a_copy():
    instances = (seen(1, (5, random_of(1), 2)), seen(2, (5, random_of(1), 3)), seen(3, (5, random_of(2), 2)))
    found = owners(
        passes([[5, 5, 5, 5]], material=[[2, 3, 2, 3]], random=[[*VALUES[[1, 1, 2, 2]]]]), instances
    )
    assert found.ids.tolist() == [[1, 2, 3, 0]]


def pixel_by_pixel(view, instances):
    """The rule, said for one pixel: an exact copy, a copy of any material, then the same of what is no copy."""
    keys = {}
    for item in instances:
        for key in item.keys:
            slot = (key.index, None if key.random is None else np.float32(key.random), key.material)
            keys[slot] = item.id if keys.get(slot, item.id) == item.id else 0
    ids = np.zeros(view.index.shape, np.uint16)
    for place, index in np.ndenumerate(view.index):
        random, material = view.random[place], int(view.material[place])
        for slot in (
            (index, random, material),
            (index, random, 0),
            (index, None, material),
            (index, None, 0),
        ):
            if index and slot in keys:
                ids[place] = keys[slot]
                break
    return ids


KEYS = st.tuples(st.integers(1, 4), st.sampled_from([None, *VALUES.tolist()]), st.integers(0, 2))


@given(
    st.lists(st.lists(KEYS, min_size=1, max_size=3), max_size=8),
    hnp.arrays(np.uint16, (4, 6), elements=st.integers(0, 5)),
    hnp.arrays(np.intp, (4, 6), elements=st.integers(0, 3)),
    hnp.arrays(np.float32, (4, 6), elements=st.sampled_from([np.float32(v) for v in range(4)])),
    st.integers(1, 5),
)
def test_runs_equal_pixels(keys, index, random, material, wide):
    instances = tuple(seen(number, *own) for number, own in enumerate(keys, start=1))
    index, random, material = (np.repeat(a, wide, axis=1) for a in (index, VALUES[random], material))
    view = passes(index, random=random, material=material)
    found = owners(view, instances)
    assert np.array_equal(found.ids, pixel_by_pixel(view, instances))
    known = {key[0] for own in keys for key in own}
    assert set(found.unknown) == set(np.unique(index).tolist()) - known - {0}


@pytest.mark.parametrize("shape", [(0, 4), (1, 1)])
def test_tiny_pictures(shape):
    instances = (seen(1, (5, random_of(1))), seen(2, (6,)))
    view = passes(np.full(shape, 5), random=np.full(shape, VALUES[1]))
    assert owners(view, instances).ids.shape == shape
    assert (owners(view, instances).ids == 1).all()
