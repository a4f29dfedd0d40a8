# SPDX-License-Identifier: GPL-3.0-or-later
"""Id maps to annotations: filters, polygons, visibility."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pycocotools import mask as coco

from synthdata_addon.core.records import KeypointRecord, PixelKey, SeenInstance
from synthdata_addon.core.spec import LabelsSpec
from synthdata_addon.labels.instances import label
from synthdata_addon.labels.rle import decode


def seen(number, category, **changes):
    return SeenInstance(number, category, (PixelKey(number),), **changes)


CUPS = (seen(2, 1), seen(1, 1), seen(9, 4))
VISIBILITY = LabelsSpec(visibility=True, amodal=True)


def test_each_visible_instance_has_one_annotation_in_id_order():
    ids = np.array([[0, 1, 1], [2, 2, 1], [0, 0, 0]], np.uint16)
    labels = label(ids, CUPS, LabelsSpec())
    assert [(a.instance_id, a.category_id, a.area, a.bbox) for a in labels.annotations] == [
        (1, 1, 3, (1, 0, 2, 2)),
        (2, 1, 2, (0, 1, 2, 1)),
    ]
    assert np.array_equal(decode(labels.annotations[0].counts, 3, 3), ids == 1)
    assert np.array_equal(labels.categories, (ids > 0).astype(np.uint16))
    assert labels.dropped == 0
    first = labels.annotations[0]
    assert (first.polygons, first.visible_fraction, first.truncated, first.amodal_bbox) == (
        (),
        None,
        None,
        None,
    )


def test_a_view_that_shows_nothing():
    empty = np.zeros((4, 4), np.uint16)
    assert label(empty, CUPS, LabelsSpec()).annotations == ()
    assert label(empty, (), VISIBILITY).annotations == ()


def test_small_instances_are_dropped_counted_and_gone_from_the_masks():
    ids = np.array([[0, 1, 1], [2, 2, 1], [9, 0, 0]], np.uint16)
    labels = label(ids, CUPS, LabelsSpec(min_pixels=3))
    assert [a.instance_id for a in labels.annotations] == [1]
    assert labels.dropped == 2
    assert labels.ids.tolist() == [[0, 1, 1], [0, 0, 1], [0, 0, 0]]
    assert labels.categories.tolist() == [[0, 1, 1], [0, 0, 1], [0, 0, 0]]
    assert ids[2, 0] == 9


def test_polygons_say_what_they_can_and_runs_the_rest():
    ids = np.zeros((20, 30), np.uint16)
    ids[3:9, 4:14] = 1
    ids[12:18, 10:25] = 2
    ids[14:16, 15:20] = 0
    solid, ring = label(ids, CUPS, LabelsSpec(polygons=True)).annotations
    assert solid.polygons == ((4.0, 3.0, 14.0, 3.0, 14.0, 9.0, 4.0, 9.0),)
    assert ring.polygons == ()
    drawn = coco.decode(coco.merge(coco.frPyObjects([list(part) for part in solid.polygons], 20, 30)))
    assert np.array_equal(drawn, ids == 1)
    assert np.array_equal(decode(ring.counts, 20, 30), ids == 2)


def bar_behind_a_post():
    """A bar of 10 x 2 pixels behind a post of 3 x 8, and both alone."""
    visible, bar, post = (np.zeros((10, 12), np.uint16) for _ in range(3))
    bar[4:6, 1:11], post[1:9, 5:8] = 1, 2
    visible[bar > 0] = 1
    visible[post > 0] = 2
    return visible, bar, post


def test_the_visible_share_is_visible_pixels_over_pixels_alone():
    visible, bar, post = bar_behind_a_post()
    instances = (seen(1, 1, outside=True), seen(2, 4, outside=False))
    first, second = label(visible, instances, VISIBILITY, iter([bar, post])).annotations
    assert (first.area, first.visible_fraction, first.truncated) == (14, 0.7, True)
    assert (first.amodal_area, first.amodal_bbox) == (20, (1, 4, 10, 2))
    assert np.array_equal(decode(first.amodal_counts, 10, 12), bar == 1)
    assert (second.visible_fraction, second.truncated, second.amodal_area) == (1.0, False, 24)


def test_the_share_alone_has_no_amodal_mask():
    visible, bar, post = bar_behind_a_post()
    first = label(visible, (seen(1, 1), seen(2, 4)), LabelsSpec(visibility=True), [bar, post]).annotations[0]
    assert (first.visible_fraction, first.amodal_area, first.amodal_counts) == (0.7, None, "")


@pytest.mark.parametrize(("least", "kept"), [(0.0, [1, 2]), (0.7, [1, 2]), (0.71, [2]), (1.0, [2])])
def test_hidden_instances_are_dropped(least, kept):
    visible, bar, post = bar_behind_a_post()
    spec = LabelsSpec(visibility=True, min_visible_fraction=least)
    labels = label(visible, (seen(1, 1), seen(2, 4)), spec, [bar, post])
    assert [a.instance_id for a in labels.annotations] == kept
    assert labels.dropped == 2 - len(kept)
    assert set(np.unique(labels.ids)) == {0, *kept}


def test_an_instance_without_a_solo_render_counts_as_fully_visible():
    visible, _, post = bar_behind_a_post()
    first = label(visible, (seen(1, 1), seen(2, 4)), VISIBILITY, [post]).annotations[0]
    assert (first.visible_fraction, first.amodal_area, first.amodal_counts) == (1.0, first.area, first.counts)


@given(
    hnp.arrays(np.uint16, (6, 7), elements=st.integers(0, 4)),
    st.lists(hnp.arrays(np.uint16, (6, 7), elements=st.integers(0, 4)), max_size=3),
)
@settings(max_examples=60)
def test_noise_never_makes_a_share_above_1_or_an_amodal_mask_that_lacks_a_pixel(visible, solos):
    instances = [seen(number, 1) for number in range(1, 5)]
    for a in label(visible, instances, VISIBILITY, solos).annotations:
        assert 0.0 < a.visible_fraction <= 1.0
        assert a.amodal_area >= a.area
        if sum((solo == a.instance_id).any() for solo in solos) <= 1:
            whole = decode(a.amodal_counts, 6, 7)
            assert not (decode(a.counts, 6, 7) & ~whole).any()
            assert a.visible_fraction == round(a.area / a.amodal_area, 6)


def test_keypoints_are_copied():
    points = (KeypointRecord(1.5, 2.0, 2), KeypointRecord(0.0, 0.0, 0))
    labels = label(np.ones((2, 2), np.uint16), (seen(1, 1, keypoints=points),), LabelsSpec())
    assert labels.annotations[0].keypoints == points
