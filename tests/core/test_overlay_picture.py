# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels as pictures: colours by category, shades by instance, and every pixel where its label is."""

from __future__ import annotations

import colorsys
from pathlib import Path

import numpy as np
import pytest

import synthdata_addon
from synthdata_addon.core.overlay_picture import (
    TINT,
    class_picture,
    instance_picture,
    labelled_picture,
    shaded,
)
from synthdata_addon.core.palette import category_colour, instance_colour
from synthdata_addon.core.records import AnnotationRecord

IDS = np.array([[0, 0, 0, 0, 0], [0, 7, 7, 7, 0], [0, 7, 7, 7, 0], [0, 7, 7, 7, 3]])
SEEN = (AnnotationRecord(7, 2, 9, (1, 1, 3, 3), ""), AnnotationRecord(3, 5, 1, (4, 3, 1, 1), ""))


def test_the_gallery_computes_the_same_colours():
    scripts = Path(synthdata_addon.__file__).parent.joinpath("runner").rglob("*.*")
    text = " ".join(file.read_text(encoding="utf-8") for file in scripts if file.suffix in {".js", ".html"})
    assert "* 137.508 + 200) % 360} 85%" in text
    assert "44 + (number * 11) % 33" in text


def test_neighbouring_ids_have_colours_far_apart():
    colours = np.array([category_colour(number) for number in range(1, 13)])
    apart = np.abs(colours[:, None] - colours[None]).max(axis=2) + np.eye(12)
    assert apart.min() > 0.15
    hue, light, _ = colorsys.rgb_to_hls(*category_colour(1))
    assert (hue * 360.0, light) == pytest.approx((337.508, 0.58), abs=1e-3)


def test_maps_are_coloured_by_class_and_by_thing():
    classes = np.where(IDS == 7, 2, np.where(IDS == 3, 5, 0))
    np.testing.assert_allclose(class_picture(classes)[2, 2], category_colour(2), atol=1e-6)
    things = instance_picture(IDS, SEEN)
    np.testing.assert_allclose(things[2, 2], instance_colour(2, 0), atol=1e-6)
    np.testing.assert_allclose(things[3, 4], instance_colour(5, 1), atol=1e-6)
    assert not things[0].any()


def test_labels_lie_over_a_picture_where_they_are():
    under = np.full((*IDS.shape, 3), 0.5, np.float32)
    found = labelled_picture(under, IDS, SEEN)
    np.testing.assert_array_equal(found[0], under[0])
    inside = 0.5 * (1.0 - TINT) + TINT * np.array(instance_colour(2, 0))
    np.testing.assert_allclose(found[2, 2], inside, atol=1e-6)
    for place in ((1, 1), (1, 3), (3, 1), (2, 1)):
        np.testing.assert_allclose(found[place], category_colour(2), atol=1e-6)
    np.testing.assert_allclose(found[3, 4], category_colour(5), atol=1e-6)


def test_what_the_filters_left_out_is_not_tinted():
    under = np.full((*IDS.shape, 3), 0.5, np.float32)
    found = labelled_picture(under, IDS, SEEN[:1])
    np.testing.assert_array_equal(found[3, 4], under[3, 4])


def test_shading_is_brightest_towards_the_camera():
    normals = np.zeros((1, 3, 3), np.float32)
    normals[0, :, 2] = (1.0, 0.5, 0.0)
    grey = shaded(normals)
    assert grey[0, :, 0].tolist() == pytest.approx([1.0, 0.25, 0.25])
