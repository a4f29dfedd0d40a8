# SPDX-License-Identifier: GPL-3.0-or-later
"""Angles are Blender's own in the panel and plain degrees in job files, without a digit lost on the way."""

from __future__ import annotations

import json
import math
from pathlib import Path

import bpy
import numpy as np
import pytest

from synthdata_addon.core.spec import JobSpec, validate
from synthdata_addon.core.sweep_spec import JitterSpec, LimitsSpec, SweepSpec
from synthdata_addon.core.variation import (
    LightsVariation,
    ObjectsVariation,
    VariationSpec,
    WorldVariation,
)
from synthdata_addon.ui.numbers import read, write
from synthdata_addon.ui.populate_properties import request_of
from synthdata_addon.ui.settings import apply_job, job_from_scene
from tests.blender import scenes
from tests.blender.interface import settings_of

OLD_FILE = Path(__file__).with_name("angles_in_degrees.blend")
TYPED = [
    *range(-360, 721),
    *(tenth / 10 for tenth in range(-3599, 7200, 37)),
    12.3456,
    0.001,
    33.333,
    -75.5,
    359.999,
]
JOB = JobSpec(
    sweep=SweepSpec(
        elevation=24.1,
        elevation_min=-12.345,
        elevation_max=77.7,
        azimuth_start=-123.456,
        azimuth_range=359.9,
        pitch_min=-89.99,
        pitch_max=0.1,
        jitters=JitterSpec(roll=7.3),
        limits=LimitsSpec(novelty_angle=14.2),
    ),
    variation=VariationSpec(
        lights=LightsVariation(use=True, use_sun=True, sun_elevation=(9.9, 71.3), sun_azimuth=(-33.3, 99.0)),
        world=WorldVariation(use=True, source="SKY", rotation=(-0.7, 719.9), sun_elevation=(4.4, 66.6)),
        objects=ObjectsVariation(use=True, rotation=17.7),
    ),
)


def angles_of(scene):
    """Return each angle of the panel as its group and its name."""
    return [
        (setting.owner, setting.prop.identifier)
        for setting in settings_of(scene.synthdata)
        if setting.prop.type == "FLOAT" and setting.prop.unit == "ROTATION"
    ]


def test_every_angle_comes_back_as_it_was_typed(empty_scene):
    angles = angles_of(empty_scene)
    assert len(angles) == 15
    for group, name in angles:
        prop = group.bl_rna.properties[name]
        low, high = math.degrees(prop.hard_min) - 1e-4, math.degrees(prop.hard_max) + 1e-4
        for degrees in (value for value in TYPED if low <= value <= high):
            several = prop.is_array
            # As a script sets it, and as the panel does.
            setattr(group, name, (math.radians(degrees),) * 2 if several else math.radians(degrees))
            assert read(group, name) == ((degrees, degrees) if several else degrees)
            write(group, name, read(group, name))
            shown = getattr(group, name)
            assert (shown[0] if several else shown) == np.float32(math.radians(degrees))


def test_a_job_keeps_its_degrees_through_panel_and_file(empty_scene, tmp_path):
    validate(JOB)
    apply_job(JOB, empty_scene)
    assert empty_scene.synthdata.elevation == pytest.approx(math.radians(24.1))
    before = job_from_scene(empty_scene)
    assert (before.sweep, before.variation) == (JOB.sweep, JOB.variation)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    assert json.dumps(job_from_scene(bpy.context.scene).to_json()) == json.dumps(before.to_json())


def test_a_new_scene_has_the_defaults_of_a_request(empty_scene):
    job = job_from_scene(empty_scene)
    assert job.variation == JobSpec().variation
    assert job.sweep.elevation == JobSpec().sweep.elevation == 30.0
    assert empty_scene.synthdata.units == 0
    assert request_of(empty_scene.synthdata.populate).placement.turn == 180.0


def test_limits_are_still_what_a_request_takes(empty_scene):
    settings = empty_scene.synthdata
    settings.elevation, settings.variation.world.rotation = 99.0, (-99.0, 99.0)
    job = job_from_scene(empty_scene)
    assert (job.sweep.elevation, job.variation.world.rotation) == (90.0, (-360.0, 720.0))
    validate(job)


def test_a_file_of_the_first_builds_has_its_degrees_turned_once(tmp_path):
    """It was saved by Blender 4.2 and a build that kept degrees; what it does not hold has its default."""
    bpy.ops.wm.open_mainfile(filepath=str(OLD_FILE))
    for _ in range(2):
        scene = bpy.context.scene
        job = job_from_scene(scene)
        sweep, variation = job.sweep, job.variation
        assert (sweep.elevation, sweep.azimuth_start, sweep.azimuth_range) == (45.0, -75.5, 270.0)
        assert (sweep.pitch_min, sweep.jitters.roll, sweep.limits.novelty_angle) == (-12.5, 3.0, 33.3)
        assert (sweep.pitch_max, sweep.elevation_max) == (30.0, 70.0)
        assert variation.lights.sun_elevation == (12.0, 48.0)
        assert (variation.world.rotation, variation.objects.rotation) == ((-90.0, 99.0), 17.0)
        assert request_of(scene.synthdata.populate).placement.turn == 60.0
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "new.blend"))
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "new.blend"))


def test_a_scene_in_other_units_says_so_in_its_dataset(scene, tmp_path):
    """A CAD scene in millimetres: lengths stay Blender's units, as the panel has them, and BOP's are millimetres."""
    scene.unit_settings.scale_length = 0.001
    scene.synthdata.labels.visibility = scene.synthdata.labels.amodal = True
    scene.synthdata.exports = {"BOP"}
    scenes.generate(tmp_path / "out", views=1)
    job = json.loads((tmp_path / "out" / "job.json").read_text())
    assert (job["unit_scale"], job["job"]["sweep"]["radius"]) == (0.001, 5.0)
    camera = json.loads((tmp_path / "out" / "views.jsonl").read_text().splitlines()[0])["camera"]
    (table,) = (tmp_path / "out" / "exports").rglob("scene_camera.json")
    (line,) = json.loads(table.read_text()).values()
    assert line["cam_t_w2c"] == pytest.approx([row[3] for row in camera["world_to_camera"][:3]])
    assert np.linalg.norm(line["cam_t_w2c"]) == pytest.approx(5.0, rel=0.3)
    scene.unit_settings.system = "NONE"
    with pytest.raises(RuntimeError, match=r"unit_scale was 0.001, now 1.0"):
        scenes.generate(tmp_path / "out", views=1)
