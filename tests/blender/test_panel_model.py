# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of the diffusion model beside its ControlNets: in the panel, in a job, and back in the panel."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from PIL import Image

from synthdata_addon.core.controls import ControlSpec
from synthdata_addon.core.model_spec import IPAdapterSpec, LoraSpec, ModelSpec, SpeedSpec
from synthdata_addon.core.spec import JobSpec, PassesSpec, StyleSpec, validate
from synthdata_addon.ui.settings import apply_job, job_from_scene
from tests.blender import scenes
from tests.blender.test_panel_settings import draw

FULL = JobSpec(
    passes=PassesSpec(beauty=True),
    styles=(StyleSpec("a", "a room"),),
    model=ModelSpec(
        "org/base",
        (ControlSpec("instances", "org/union"), ControlSpec("depth_zoe", "org/union")),
        steps=6,
        guidance_scale=1.5,
        device="cuda",
        precision="bfloat16",
        family="sdxl_union",
        source="KEEP_OBJECTS",
        strength=0.85,
        few_steps="HYPER",
        scheduler="TCD",
        loras=(LoraSpec("org/look", 0.7, "a"), LoraSpec("org/name/file.safetensors", -0.5)),
        ip_adapter=IPAdapterSpec("org/adapter/file.safetensors", "/pictures/room.png", 0.3),
        speed=SpeedSpec(4, "ON", "MODEL"),
    ),
)


def test_a_new_scene_leaves_all_of_it_to_the_model(empty_scene):
    assert job_from_scene(empty_scene).model == ModelSpec()


def test_every_setting_survives_the_panel(empty_scene):
    apply_job(FULL, empty_scene)
    job = job_from_scene(empty_scene)
    assert job.model == FULL.model
    validate(job)
    apply_job(JobSpec(), empty_scene)
    assert job_from_scene(empty_scene).model == ModelSpec()


def test_the_panels_show_them(scene):
    from synthdata_addon.ui import model_panels
    from synthdata_addon.ui.panels import SYNTHDATA_PT_styles_details

    apply_job(FULL, scene)
    assert draw(model_panels.SYNTHDATA_PT_model_start) == ["source", "strength"]
    assert draw(model_panels.SYNTHDATA_PT_model_loras).count("weight") == 2
    assert draw(model_panels.SYNTHDATA_PT_model_reference) == ["path", "image", "scale"]
    assert draw(model_panels.SYNTHDATA_PT_model_speed) == ["batch", "compile", "offload"]
    assert {"few_steps", "scheduler", "family", "precision"} <= set(draw(SYNTHDATA_PT_styles_details))


def test_loras_are_added_and_removed(scene):
    assert bpy.ops.synthdata.lora_add() == {"FINISHED"}
    bpy.ops.synthdata.lora_add()
    loras = scene.synthdata.diffusion.loras
    loras[0].path, loras[1].path = "org/one", "org/two"
    loras[1].enabled = False
    assert job_from_scene(scene).model.loras == (LoraSpec("org/one"),)
    assert bpy.ops.synthdata.lora_remove(number=0) == {"FINISHED"}
    assert [item.path for item in loras] == ["org/two"]
    assert bpy.ops.synthdata.lora_remove(number=5) == {"CANCELLED"}


def test_what_cannot_work_is_said_before_anything_is_rendered(scene, tmp_path):
    scene.synthdata.use_styles = True
    scene.synthdata.styles.clear()
    style = scene.synthdata.styles.add()
    style.name, style.prompt = "a", "a room"
    scene.synthdata.diffusion.source = "RENDER"
    with pytest.raises(RuntimeError, match="Turn Beauty on"):
        scenes.generate(tmp_path / "one")
    scene.synthdata.diffusion.source = "TEXT"
    lora = scene.synthdata.diffusion.loras.add()
    lora.path = "/no/such/lora.safetensors"
    with pytest.raises(RuntimeError, match=r"'/no/such/lora\.safetensors' does not exist"):
        scenes.generate(tmp_path / "two")
    assert not (tmp_path / "two" / "views.jsonl").exists()


def test_a_job_keeps_the_rendered_things_in_its_pictures(scene, tmp_path):
    settings = scene.synthdata
    settings.use_styles, settings.beauty, settings.beauty_samples = True, True, 1
    settings.styles.clear()
    style = settings.styles.add()
    style.name, style.prompt = "snow", "a snowy winter scene"
    settings.width = settings.height = 64
    settings.steps, settings.diffusion.source = 4, "KEEP_OBJECTS"
    scenes.generate(tmp_path, views=1)

    def pixels(name):
        with Image.open(tmp_path / name) as image:
            return np.array(image)

    made, render = pixels("images/000000_snow.png"), pixels("renders/000000.png")[..., :3]
    things = pixels("masks/instance/000000.png") > 0
    assert things.any()
    assert not things.all()
    assert np.array_equal(made[things], render[things])
    assert (made[~things] != render[~things]).any(axis=1).mean() > 0.9
