# SPDX-License-Identifier: GPL-3.0-or-later
"""Masks to one outline and back, by Ultralytics' rule: points rounded down to pixels, then OpenCV fills."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from synthdata_addon.exports.outline import outline


def filled(points, shape):
    """As ``polygon2mask`` of Ultralytics 8.4 does it, after the float32 its label reader makes."""
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [points.astype(np.float32).astype(np.int32)], 1)
    return mask.astype(bool)


def parts(mask):
    return cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)[0] - 1


def iou(a, b):
    return (a & b).sum() / (a | b).sum()


masks = arrays.arrays(np.bool_, st.tuples(st.integers(1, 14), st.integers(1, 14))).filter(np.any)


@given(masks)
@settings(max_examples=300, deadline=None)
def test_what_hangs_together_comes_back_exactly_and_nothing_is_ever_lost(mask):
    points = outline(mask)
    back = filled(points, mask.shape)
    assert (back | mask == back).all()
    if parts(mask) == 1:
        assert np.array_equal(back, mask)


@given(masks)
@settings(max_examples=100, deadline=None)
def test_the_outline_spans_the_masks_box(mask):
    y, x = np.nonzero(mask)
    points = outline(mask)
    assert np.allclose(points.min(axis=0), (x.min(), y.min()), atol=0.02)
    assert np.allclose(points.max(axis=0), (x.max() + 1, y.max() + 1), atol=0.02)


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (2, 2), (7, 1)])
def test_the_smallest_things(shape):
    mask = np.ones(shape, bool)
    points = outline(mask)
    assert len(points) == 4
    assert np.array_equal(filled(points, shape), mask)


def test_rings_within_rings_with_many_holes():
    y, x = np.mgrid[:300, :300]
    radius = np.hypot(x - 150, y - 150)
    disc = radius < 140
    disc[np.random.default_rng(1).random(disc.shape) < 0.003] = False
    assert np.array_equal(filled(outline(disc), disc.shape), disc)
    rings = (radius < 140) & ((radius // 20) % 2 == 0)
    assert iou(filled(outline(rings), rings.shape), rings) > 0.998


def test_parts_are_joined_by_short_bridges():
    bar = np.zeros((40, 200), bool)
    bar[10:30, 5:90] = bar[12:28, 110:190] = True
    back = filled(outline(bar), bar.shape)
    assert 0 < (back & ~bar).sum() <= 2 * 20
    assert iou(back, bar) > 0.99
