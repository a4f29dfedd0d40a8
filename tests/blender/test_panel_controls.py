# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of control images and ControlNets: the panel shows them, and a job reads them and shows them again."""

from __future__ import annotations

import bpy
import pytest

from synthdata_addon.core.controls import KINDS, OTHERS, ControlImagesSpec, ControlSpec
from synthdata_addon.core.errors import SpecError
from synthdata_addon.core.spec import JobSpec, ModelSpec, PassesSpec, StyleSpec, validate
from synthdata_addon.ui.settings import apply_job, job_from_scene
from tests.blender import scenes
from tests.blender.test_panel_settings import draw

FULL = JobSpec(
    passes=PassesSpec(beauty=True),
    styles=(StyleSpec("a", "a room"),),
    model=ModelSpec("org/base", tuple(ControlSpec(kind, f"org/{kind}", 0.7, 0.1, 0.8) for kind in KINDS)),
    control_images=ControlImagesSpec(OTHERS, "BEAUTY", (("mug", "glass"), ("odd: name", "box")), "wall"),
)


def test_a_new_scene_leaves_strength_to_the_table_and_asks_for_nothing(empty_scene):
    assert job_from_scene(empty_scene).control_images == ControlImagesSpec()
    settings = empty_scene.synthdata
    settings.model, settings.model_path, settings.control_canny.model = "CUSTOM", "org/base", "org/canny"
    assert job_from_scene(empty_scene).model.controls == (ControlSpec("canny", "org/canny"),)


def test_every_setting_survives_the_panel(empty_scene):
    apply_job(FULL, empty_scene)
    job = job_from_scene(empty_scene)
    assert (job.model, job.control_images) == (FULL.model, FULL.control_images)
    validate(job)
    apply_job(JobSpec(), empty_scene)
    assert job_from_scene(empty_scene).control_images == ControlImagesSpec()


def test_every_control_is_a_row_that_opens(scene):
    from synthdata_addon.ui.panels import SYNTHDATA_PT_control_images, SYNTHDATA_PT_controlnets

    apply_job(FULL, scene)
    closed = draw(SYNTHDATA_PT_controlnets)
    assert (closed.count("enabled"), closed.count("model"), closed.count("scale")) == (9, 9, 0)
    for kind in KINDS:
        getattr(scene.synthdata, f"control_{kind}").show = True
    opened = draw(SYNTHDATA_PT_controlnets)
    assert [opened.count(name) for name in ("scale", "start", "end")] == [9, 9, 9]
    assert {"control_kinds", "canny_from", "segmentation", "unlabelled"} <= set(
        draw(SYNTHDATA_PT_control_images)
    )


def test_a_class_that_is_none_is_named_before_anything_is_rendered(scene, tmp_path):
    scene.synthdata.segmentation = "mug: cupp"
    with pytest.raises(RuntimeError, match="no class 'cupp'"):
        scenes.generate(tmp_path)
    assert not (tmp_path / "views.jsonl").exists()
    scene.synthdata.segmentation = "mug"
    with pytest.raises(SpecError, match="'mug'"):
        job_from_scene(bpy.context.scene)


def test_kinds_that_are_added_later_make_their_views_again(scene, tmp_path):
    scenes.generate(tmp_path, views=2)
    masks = {path.name: path.read_bytes() for path in (tmp_path / "masks" / "instance").iterdir()}
    scene.synthdata.control_kinds = {"lineart"}
    with pytest.raises(RuntimeError, match="control_images"):
        scenes.generate(tmp_path, views=2)
    scenes.generate(tmp_path, views=2, extend=True)
    assert len(list((tmp_path / "control" / "lineart").iterdir())) == 2
    assert {path.name: path.read_bytes() for path in (tmp_path / "masks" / "instance").iterdir()} == masks
