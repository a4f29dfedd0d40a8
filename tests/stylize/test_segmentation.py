# SPDX-License-Identifier: GPL-3.0-or-later
"""Segmentation images: ADE20K's colours as bytes, and which class a category is."""

from __future__ import annotations

import numpy as np
import pytest

from synthdata_addon.core.ade20k import ALIASES, COLOURS, WORDS, class_of
from synthdata_addon.core.category_file import preset_categories
from synthdata_addon.runner.png import write_png
from synthdata_addon.stylize.images import read_rgb
from synthdata_addon.stylize.segmentation import ade_colours

KNOWN = {
    # Of the benchmark's own table, from its first row to its last.
    "wall": (120, 120, 120),
    "building": (180, 120, 120),
    "sky": (6, 230, 230),
    "floor": (80, 50, 50),
    "ceiling": (120, 120, 80),
    "person": (150, 5, 61),
    "chair": (204, 70, 3),
    "desk": (10, 255, 71),
    "lamp": (224, 255, 8),
    "book": (255, 163, 0),
    "clock": (102, 255, 0),
    "flag": (92, 0, 255),
}


def test_the_palette_is_the_benchmarks():
    assert len(COLOURS) == 150
    assert list(COLOURS)[:6] == ["wall", "building", "sky", "floor", "tree", "ceiling"]
    assert {name: COLOURS[name] for name in KNOWN} == KNOWN
    twice = [name for name, colour in COLOURS.items() if list(COLOURS.values()).count(colour) > 1]
    assert twice == ["road", "skyscraper"]
    assert (0, 0, 0) not in COLOURS.values()


def test_words_stand_for_classes_that_exist_and_for_one_only():
    assert set(ALIASES) <= set(COLOURS)
    words = [word for words in ALIASES.values() for word in words.split(", ")]
    assert len(words) == len(set(words))
    assert not set(words) & set(COLOURS)
    assert set(WORDS.values()) == set(COLOURS)


def test_most_of_cocos_names_have_a_class():
    names = [category.name for category in preset_categories("coco")]
    without = [name for name in names if not class_of(name, {})]
    assert "chair" not in without
    assert class_of("couch", {}) == "sofa"
    assert class_of("tv", {}) == "television receiver"
    assert class_of("dining table", {}) == "table"
    assert len(without) < 25, without


@pytest.mark.parametrize(
    ("name", "expected"), [("Desk", "desk"), ("desk_lamp", "lamp"), ("Pottedplant", "plant"), ("gizmo", "")]
)
def test_capitals_and_hyphens_make_no_difference(name, expected):
    assert class_of(name, {}) == expected


def test_the_users_own_words_come_first():
    assert class_of("mug", {"mug": "pot"}) == "pot"
    assert class_of("mug", {"mug": ""}) == ""
    assert class_of("gizmo", {"gizmo": "box"}) == "box"


def test_colours_are_flat_and_exact_and_survive_the_file(tmp_path):
    ids = np.zeros((6, 8), np.uint16)
    ids[:3, :4], ids[3:, 4:], ids[5, 0] = 1, 700, 9
    classes = {1: "desk", 700: "lamp", 9: "", 5: "wall"}
    picture = ade_colours(ids, classes)
    assert picture.shape == (6, 8, 3)
    assert picture.dtype == np.uint8
    assert (picture[ids == 1] == (10, 255, 71)).all()
    assert (picture[ids == 700] == (224, 255, 8)).all()
    assert (picture[(ids == 0) | (ids == 9)] == 0).all()
    assert (ade_colours(ids, classes, "wall")[(ids == 0) | (ids == 9)] == 120).all()
    assert {tuple(c) for c in picture.reshape(-1, 3).tolist()} == {(0, 0, 0), (10, 255, 71), (224, 255, 8)}
    write_png(tmp_path / "a.png", picture)
    assert np.array_equal(read_rgb(tmp_path / "a.png"), picture)
    assert np.array_equal(ade_colours(ids, classes), picture)
