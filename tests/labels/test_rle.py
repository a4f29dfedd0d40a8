# SPDX-License-Identifier: GPL-3.0-or-later
"""The one-pass encoder against pycocotools, byte for byte."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pycocotools import mask as coco

from synthdata_addon.labels.rle import decode, encode

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=24)


def check_against_pycocotools(ids):
    regions = encode(ids)
    assert [region.id for region in regions] == [n for n in np.unique(ids).tolist() if n]
    for region in regions:
        truth = coco.encode(np.asfortranarray(ids == region.id).astype(np.uint8))
        assert region.counts == truth["counts"].decode()
        assert region.area == coco.area(truth)
        assert list(region.bbox) == coco.toBbox(truth).tolist()
        assert np.array_equal(decode(region.counts, *ids.shape), ids == region.id)


@given(hnp.arrays(np.uint16, SHAPES, elements=st.sampled_from([0, 1, 2, 3, 300, 65535])))
def test_random_maps_equal_pycocotools(ids):
    check_against_pycocotools(ids)


@given(
    hnp.arrays(np.uint16, SHAPES, elements=st.integers(0, 5)),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
)
def test_blocky_maps_with_long_runs_equal_pycocotools(ids, block):
    check_against_pycocotools(np.kron(ids, np.ones(block, np.uint16)).astype(np.uint16))


def test_a_full_hd_map_of_500_instances_equals_pycocotools():
    rng = np.random.default_rng(5)
    ids = np.zeros((1080, 1920), np.uint16)
    for number in range(1, 501):
        x, y, w, h = rng.integers(0, (1900, 1060, 90, 90))
        ids[y : y + h, x : x + w] = number
    check_against_pycocotools(ids)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (5, 4)])
def test_one_instance_over_the_whole_picture(shape):
    ids = np.ones(shape, np.uint16)
    (region,) = encode(ids)
    assert (region.area, region.bbox) == (ids.size, (0, 0, shape[1], shape[0]))
    check_against_pycocotools(ids)


def test_an_empty_map_has_no_regions():
    assert encode(np.zeros((4, 5), np.uint16)) == []
    assert encode(np.zeros((0, 5), np.uint16)) == []


def test_a_map_that_is_not_contiguous():
    ids = np.arange(48, dtype=np.uint16).reshape(6, 8) % 3
    check_against_pycocotools(ids[::-1, ::2])


@pytest.mark.parametrize("counts", ["", "9", "0", "52203"])
def test_counts_that_do_not_fill_the_picture_are_refused(counts):
    with pytest.raises(ValueError, match="pixels"):
        decode(counts, 5, 5)
