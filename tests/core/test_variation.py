# SPDX-License-Identifier: GPL-3.0-or-later
"""What varies: draws that depend on seed, view and name alone, ranges that are kept, requests that are refused."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from synthdata_addon.core import draws
from synthdata_addon.core.blackbody import blackbody
from synthdata_addon.core.errors import SpecError
from synthdata_addon.core.sensor import add_noise, resample, to_linear, to_srgb
from synthdata_addon.core.spec import JobSpec, LabelsSpec, PassesSpec, SweepSpec, load_spec, validate
from synthdata_addon.core.variation import (
    CameraVariation,
    FramesVariation,
    LightsVariation,
    MaterialsVariation,
    ObjectsVariation,
    SensorVariation,
    VariationSpec,
    WorldVariation,
)

LIGHTS = LightsVariation(use_temperature=True, shift=2.0, off=0.25, extra=(1, 4))
OBJECTS = ObjectsVariation(
    location=(1.0, 0.5, 0.0), rotation=30.0, scale=(0.5, 2.0), hidden=0.2, shuffle=True
)
MATERIALS = MaterialsVariation(textures="somewhere", use_roughness=True, hue=0.5)
CAMERA = CameraVariation(use_lens=True, use_exposure=True, use_dof=True, use_motion_blur=True)
VIEWS = range(300)


def test_a_view_is_drawn_the_same_in_any_order():
    names = [f"thing {number}" for number in range(6)]

    def all_of(view: int) -> object:
        return (
            [draws.draw_object(OBJECTS, 7, view, name) for name in names],
            [draws.draw_light(LIGHTS, 7, view, name) for name in names],
            [draws.draw_material(MATERIALS, 7, view, name) for name in names],
            draws.draw_extra_lights(LIGHTS, 7, view),
            draws.draw_world(WorldVariation(), 7, view),
            draws.draw_camera(CAMERA, 7, view),
            draws.draw_distortion(SensorVariation(), 7, view),
            draws.draw_places(OBJECTS, 7, view, names),
            draws.draw_frame(FramesVariation(use=True), 7, view, 1),
        )

    forward = [all_of(view) for view in range(5)]
    assert [all_of(view) for view in reversed(range(5))] == forward[::-1]
    assert len({repr(item) for item in forward}) == 5


def test_a_further_thing_changes_no_other_draw():
    few, many = ["a", "c"], ["a", "b", "c"]
    first = {name: draws.draw_object(OBJECTS, 1, 3, name) for name in few}
    assert {name: draws.draw_object(OBJECTS, 1, 3, name) for name in many}.items() >= first.items()


def test_draws_are_fixed_for_ever():
    """Numbers that a dataset made today has; they must not change with a version."""
    draw = draws.draw_object(OBJECTS, 5, 2, "Cube")
    assert (draw.angle, draw.scale) == pytest.approx((14.699642958769772, 1.7764060097921883), rel=1e-12)
    assert draw.shift == pytest.approx((0.46374774930148677, 0.35909294128976454, 0.0), rel=1e-12)
    assert draws.draw_frame(FramesVariation(use=True), 5, 2, 1) == 144


def test_objects_keep_to_their_ranges_and_use_them():
    drawn = [draws.draw_object(OBJECTS, 0, view, "x") for view in VIEWS]
    shifts, scales = np.array([d.shift for d in drawn]), np.array([d.scale for d in drawn])
    assert (np.abs(shifts).max(axis=0) <= [1.0, 0.5, 0.0]).all()
    assert np.abs(shifts[:, 0]).max() > 0.95
    assert 0.5 <= scales.min() < 0.55
    assert 1.8 < scales.max() <= 2.0
    assert abs(np.log(scales).mean()) < 0.1
    assert 0.12 < np.mean([d.hidden for d in drawn]) < 0.28
    assert all(d.axis == (0.0, 0.0, 1.0) and abs(d.angle) <= 30.0 for d in drawn)


def test_lights_keep_to_their_ranges():
    drawn = [draws.draw_light(LIGHTS, 0, view, "x") for view in VIEWS]
    assert all(0.5 <= d.energy <= 2.0 and 2700.0 <= (d.temperature or 0.0) <= 7500.0 for d in drawn)
    assert max(np.linalg.norm([d.shift for d in drawn], axis=1)) <= 2.0
    assert 0.17 < np.mean([not d.on for d in drawn]) < 0.33
    extra = [draws.draw_extra_lights(LIGHTS, 0, view) for view in VIEWS]
    assert {len(lights) for lights in extra} == {1, 2, 3, 4}
    directions = np.array([light.direction for lights in extra for light in lights])
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1.0)
    assert directions[:, 2].min() >= 0.0
    assert abs(directions[:, 2].mean() - 0.5) < 0.05  # evenly over the half sphere


def test_places_are_a_permutation_that_does_not_ask_for_order():
    names = ["b", "a", "d", "c"]
    places = draws.draw_places(OBJECTS, 0, 4, names)
    assert sorted(places) == sorted(places.values()) == ["a", "b", "c", "d"]
    assert draws.draw_places(OBJECTS, 0, 4, sorted(names)) == places
    assert len({tuple(draws.draw_places(OBJECTS, 0, view, names).items()) for view in VIEWS}) == 24


def test_frames_come_from_the_range_all_of_them():
    spec = FramesVariation(use=True, start=5, end=20, step=5)
    assert {draws.draw_frame(spec, 0, view, 1) for view in VIEWS} == {5, 10, 15, 20}
    assert draws.draw_frame(FramesVariation(), 0, 3, 17) == 17


@pytest.mark.parametrize(("kelvin", "chromaticity"), [(2856, (0.4476, 0.4074)), (6504, (0.3135, 0.3237))])
def test_the_colour_of_a_black_body_is_that_of_the_cie(kelvin, chromaticity):
    """Illuminant A is a black body by definition; at 6504 K the locus is a little off daylight D65."""
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ np.array(blackbody(kelvin))
    np.testing.assert_allclose(xyz[:2] / xyz.sum(), chromaticity, atol=0.002)
    assert xyz[1] == pytest.approx(1.0, abs=1e-3)


def test_noise_has_the_variance_that_was_asked_for():
    light = np.full((200, 200, 3), 0.25, np.float32)
    noisy = add_noise(to_srgb(light), 0.05, 0.02, np.random.default_rng(0))
    found = to_linear(noisy)
    assert found.mean() == pytest.approx(0.25, abs=1e-3)
    assert found.var() == pytest.approx(0.05**2 * 0.25 + 0.02**2, rel=0.03)


def test_a_picture_looked_up_at_its_own_pixels_stays_and_in_between_follows_a_slope():
    x, y = np.meshgrid(np.arange(32.0), np.arange(24.0))
    slope = to_srgb((0.01 * x + 0.02 * y)[..., None].repeat(3, axis=2).astype(np.float32))
    points = np.stack([x, y], axis=2)
    np.testing.assert_allclose(resample(slope, points), slope, atol=1e-6)
    inside = np.clip(points + 0.3, 2.0, 20.0)
    found = to_linear(resample(slope, inside))
    np.testing.assert_allclose(found[..., 0], 0.01 * inside[..., 0] + 0.02 * inside[..., 1], atol=1e-5)


def test_an_old_job_file_reads_as_before_and_a_new_one_comes_back():
    assert load_spec("{}", "old").variation == VariationSpec()
    spec = JobSpec(variation=VariationSpec(objects=OBJECTS, lights=LIGHTS, camera=CAMERA))
    assert load_spec(json.dumps(spec.to_json()), "new") == spec


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"lights": LightsVariation(energy=(2.0, 1.0))}, "energy begins at 2 and ends at 1"),
        ({"lights": LightsVariation(extra=(0, 99))}, "extra is 99"),
        ({"materials": MaterialsVariation(hue=0.7)}, "hue is 0.7"),
        ({"world": WorldVariation(use=True, source="HDRI")}, "No folder"),
        ({"objects": ObjectsVariation(use=True, scope="CATEGORIES")}, "none is named"),
        ({"frames": FramesVariation(use=True, start=9, end=3)}, "first frame 9"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_value(change, says):
    with pytest.raises(SpecError, match=says):
        validate(JobSpec(variation=VariationSpec(**change)))


def test_what_would_lie_is_refused():
    bent = VariationSpec(sensor=SensorVariation(use_distortion=True))
    validate(JobSpec(variation=bent))
    crypto = JobSpec(variation=bent, labels=LabelsSpec(source="CRYPTOMATTE"), passes=PassesSpec(beauty=True))
    with pytest.raises(SpecError, match="Cryptomatte cannot be distorted"):
        validate(crypto)
    bop = JobSpec(variation=bent, labels=LabelsSpec(visibility=True, amodal=True), exports=("BOP",))
    with pytest.raises(SpecError, match="BOP has no lens distortion"):
        validate(bop)
    frames = JobSpec(
        variation=VariationSpec(frames=FramesVariation(use=True)), sweep=SweepSpec(kind="FRAMES")
    )
    with pytest.raises(SpecError, match="FRAMES chooses the frames itself"):
        validate(frames)


def test_every_number_has_limits():
    from synthdata_addon.core.variation import LIMITS

    for section in dataclasses.fields(VariationSpec):
        part = getattr(VariationSpec(), section.name)
        for field in dataclasses.fields(part):
            value = getattr(part, field.name)
            is_number = isinstance(value, (int, float, tuple)) and not isinstance(value, bool)
            assert (field.name in LIMITS[section.name]) == (is_number and field.name != "categories"), field
