# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds of control images: the table of families, what a job may ask for, and which files its views get."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import get_args

import pytest

from synthdata_addon.core import models
from synthdata_addon.core.controls import (
    ALWAYS,
    KINDS,
    OTHERS,
    TABLE,
    ControlImagesSpec,
    ControlSpec,
    Family,
    recommended,
    segmentation_from_text,
    segmentation_to_text,
)
from synthdata_addon.core.errors import SpecError
from synthdata_addon.core.spec import JobSpec, ModelSpec, PassesSpec, StyleSpec, load_spec, validate


def test_the_table_has_every_family_and_kind_with_values_that_can_be():
    assert set(TABLE) == {(family, kind) for family in get_args(Family) for kind in KINDS}
    assert set(KINDS) == set(ALWAYS) | set(OTHERS)
    for row in TABLE.values():
        assert row.image
        assert 0.0 < row.scale <= 1.0
        assert 0.0 <= row.start < row.end <= 1.0
    assert {TABLE["sd15", kind].scale for kind in KINDS} == {1.0}
    assert TABLE["sdxl", "canny"].scale == TABLE["sdxl", "depth"].scale == 0.5


def test_what_a_control_leaves_open_comes_from_the_table():
    control = ControlSpec("canny", "org/canny", end=0.8)
    assert recommended(control, "sdxl") == ControlSpec("canny", "org/canny", 0.5, 0.0, 0.8)
    own = ControlSpec("canny", "org/canny", 0.0, 0.25, 0.75)
    assert recommended(own, "sdxl") == own


def pipeline(folder, kind):
    folder.mkdir()
    (folder / "model_index.json").write_text(json.dumps({"_class_name": kind}))
    return str(folder)


def test_the_family_is_what_the_models_folder_says(tmp_path):
    base = pipeline(tmp_path / "sd", "StableDiffusionPipeline")
    large = pipeline(tmp_path / "xl", "StableDiffusionXLPipeline")
    assert models.family(ModelSpec(large)) == "sdxl"
    assert models.family(ModelSpec(base)) == "sd15"
    assert models.family(ModelSpec("org/name")) is None
    assert models.family(ModelSpec("org/name", family="flux")) == "flux"
    depth = ControlSpec("depth", "org/depth")
    scales = [models.resolve(ModelSpec(path, (depth,))).controls[0].scale for path in (base, large)]
    assert scales == [1.0, 0.5]


def test_a_view_gets_what_is_asked_for_and_what_the_model_reads(tmp_path):
    job = JobSpec(model=ModelSpec("org/base", (ControlSpec("canny", "org/canny"),)))
    assert models.control_kinds(job) == ALWAYS
    assert models.control_kinds(replace(job, styles=(StyleSpec("a", "a"),))) == (*ALWAYS, "canny")
    job = replace(job, control_images=ControlImagesSpec(("lineart", "segmentation")))
    assert models.control_kinds(job) == (*ALWAYS, "segmentation", "lineart")
    folder = pipeline(tmp_path / "sd", "StableDiffusionPipeline")
    (tmp_path / "sd" / "synthdata.json").write_text('{"controls": [{"kind": "softedge", "model": "x"}]}')
    job = JobSpec(model=ModelSpec(folder), styles=(StyleSpec("a", "a"),))
    assert models.control_kinds(job) == (*ALWAYS, "softedge")
    (tmp_path / "sd" / "synthdata.json").write_text("spoilt")
    assert models.control_kinds(job) == ALWAYS


def test_a_job_file_says_it_all():
    images = ControlImagesSpec(("canny", "segmentation"), "BEAUTY", (("mug", "glass"),), "wall")
    job = JobSpec(passes=PassesSpec(beauty=True), control_images=images)
    assert load_spec(json.dumps(job.to_json()), "job.json") == job


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (ControlImagesSpec(segmentation=(("mug", "cupp"),)), "no class 'cupp'"),
        (ControlImagesSpec(unlabelled="Wall"), "no class 'Wall'"),
        (ControlImagesSpec(segmentation=(("mug", "glass"), ("mug", "pot"))), "'mug'"),
        (ControlImagesSpec(segmentation=((" ", "glass"),)), "no name"),
        (ControlImagesSpec(("canny", "canny")), "'canny' is asked for twice"),
        (ControlImagesSpec(canny_from="BEAUTY"), "not rendered"),
    ],
)
def test_what_cannot_be_drawn_is_refused_by_name(images, words):
    with pytest.raises(SpecError, match=words) as caught:
        validate(JobSpec(control_images=images))
    assert caught.value.code == "spec.control_images"
    assert caught.value.hint


def test_near_classes_are_offered():
    with pytest.raises(SpecError) as caught:
        validate(JobSpec(control_images=ControlImagesSpec(unlabelled="Wall")))
    assert "wall" in caught.value.hint


@pytest.mark.parametrize(("start", "end"), [(0.5, 0.5), (1.0, -1.0), (-0.5, 1.0), (0.0, 1.5)])
def test_shares_of_the_steps_that_are_none(start, end):
    model = ModelSpec("org/base", (ControlSpec("canny", "org/canny", start=start, end=end),))
    with pytest.raises(SpecError):
        validate(JobSpec(styles=(StyleSpec("a", "a"),), model=model))


def test_classes_as_the_panel_shows_them():
    pairs = (("mug", "glass"), ("odd: name", "pool table"), ("x", ""))
    assert segmentation_from_text(segmentation_to_text(pairs)) == pairs
    assert segmentation_from_text(" ") == ()
    with pytest.raises(SpecError, match="'mug'"):
        segmentation_from_text("mug")
