# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at a plan: what is drawn, that nothing is left behind, and that the dataset holds what the coverage told."""

from __future__ import annotations

from math import radians
from pathlib import Path

import bpy
import numpy as np
import pytest

import synthdata_addon
from synthdata_addon.blender.planning import Planner
from synthdata_addon.core.statistics import Statistics, size_of
from synthdata_addon.ui.coverage import coverage_page, panel_lines
from synthdata_addon.ui.preview import BLOCKED, FREE, SIZE, Preview, preview
from synthdata_addon.ui.settings import job_from_scene
from tests.blender import scenes


@pytest.fixture(autouse=True)
def cleared():
    yield
    preview.clear()


def dataset_counts(output: Path) -> Statistics:
    """Count a dataset from its files, by what they say themselves."""
    statistics = Statistics()
    for view in scenes.lines(output / "views.jsonl"):
        eye = np.linalg.inv(np.array(view["camera"]["world_to_camera"]))[:3, 3]
        statistics.add_view(eye, view["aim"])
    for coco, image in scenes.load_coco(output).values():
        shown = coco.imgToAnns[image["id"]]
        categories = [annotation["category_id"] for annotation in shown]
        statistics.add_things(categories, [int(coco.annToMask(annotation).sum()) for annotation in shown])
    return statistics


@pytest.mark.parametrize("kind", ["ORBIT", "DOME", "CAMERAS", "FRAMES"])
def test_the_dataset_holds_what_the_coverage_told(scene, tmp_path, kind):
    settings, more = scene.synthdata, scene.synthdata.sweep_settings
    settings.width, settings.height, settings.views = 320, 200, 10
    settings.sweep, settings.jitter, more.jitter_distance, more.visible = kind, 0.5, 0.6, True
    scene.frame_end = 10
    for number in range(3):
        matrix = np.eye(4)
        matrix[:3, 3] = 0.4 * number, 0.3, 4.0 + 2 * number
        scenes.add_camera(f"Camera {number}", matrix)
    if kind == "FRAMES":
        ball = scene.objects["Ball"]
        for frame, place in (
            (1, (0.0, 0.8, 0.6)),
            (10, (0.0, 0.8, 40.0)),
        ):  # it leaves the picture on its way
            ball.location = place
            ball.keyframe_insert("location", frame=frame)
        scene.frame_set(1)
    planner = Planner(scene, bpy.context.view_layer, job_from_scene(scene))
    planner.run(sizes=True)
    told = planner.coverage.statistics
    assert scenes.generate(tmp_path) == {"FINISHED"}
    found = dataset_counts(tmp_path)
    assert told.views == found.views == len(scenes.load_coco(tmp_path))
    np.testing.assert_array_equal(told.directions, found.directions)
    np.testing.assert_allclose(told.distances, found.distances, rtol=1e-9)
    assert told.instances == found.instances
    assert told.sizes == found.sizes
    assert len({size for _, size in found.sizes}) >= 2, "one size alone would tell little"


def test_a_preview_leaves_nothing_behind(scene):
    bpy.context.view_layer.update()
    before = scenes.left_behind()
    for operator in (bpy.ops.synthdata.preview_cameras, bpy.ops.synthdata.coverage):
        assert operator() == {"FINISHED"}
        assert scenes.left_behind() == before
    assert preview.planner is not None
    bpy.ops.synthdata.preview_clear()
    assert (preview.planner, preview.lines(), preview.said) == (None, {}, [])
    assert scenes.left_behind() == before


def test_frustums_stand_where_cameras_will_and_look_where_they_look(scene, tmp_path):
    bpy.ops.synthdata.preview_cameras()
    assert scenes.generate(tmp_path) == {"FINISHED"}
    lines = preview.lines()[FREE].reshape(4, 22, 3)
    for view, drawn in zip(scenes.lines(tmp_path / "views.jsonl"), lines, strict=True):
        pose = np.array(view["camera"]["cam_to_world"])
        local = (np.c_[drawn, np.ones(22)] @ np.linalg.inv(pose).T)[:, :3]
        np.testing.assert_allclose(local[0:8:2], 0.0, atol=1e-5)  # four edges begin at the eye
        corners = local[1:8:2]
        np.testing.assert_allclose(corners[:, 2], -5.0 * SIZE, atol=1e-5)
        k = np.array(view["camera"]["k"])
        pixels = corners[:, :2] * [1, -1] / -corners[:, 2:] * [k[0, 0], k[1, 1]] + k[:2, 2]
        expected = {(-0.5, -0.5), (95.5, -0.5), (95.5, 63.5), (-0.5, 63.5)}
        assert {tuple(pixel) for pixel in pixels.round(2).tolist()} == expected
        assert local[16:, 1].max() > corners[:, 1].max()  # the triangle is above the picture


def test_blocked_cameras_have_another_colour(scene):
    scene.synthdata.sweep_settings.attempts = 1
    bpy.ops.synthdata.preview_cameras()
    scenes.add_cube("Block", preview.planner.plan.poses[0].pose[:3, 3], size=1.0)
    bpy.ops.synthdata.preview_cameras()
    assert [len(preview.lines()[colour]) for colour in (FREE, BLOCKED)] == [3 * 22, 22]
    assert [text for text, _ in preview.said] == [
        "3 views, 1 left out",
        "The camera of view 0 is inside 'Block'.",
    ]


def test_cameras_follow_the_settings(scene):
    bpy.ops.synthdata.preview_cameras()
    settings = scene.synthdata
    settings.views, settings.sweep = 7, "DOME"
    preview.follow()
    assert len(preview.lines()[FREE]) == 7 * 22
    fresh = Preview()
    planner = Planner(scene, bpy.context.view_layer, job_from_scene(scene))
    planner.run()
    fresh.show(scene, planner)
    np.testing.assert_array_equal(preview.lines()[FREE], fresh.lines()[FREE])
    settings.seed = "x"
    preview.follow()
    assert "'x' is not a whole number" in preview.said[-1][0]
    settings.seed, settings.sweep = "0", "CAMERAS"
    preview.follow()
    assert preview.said[-1][0] == "Settings changed: press Preview Cameras"
    assert len(preview.lines()[FREE]) == 7 * 22


def test_a_new_file_ends_the_preview(scene):
    bpy.ops.synthdata.preview_cameras()
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    assert preview.planner is None
    assert not preview.is_shown


def test_errors_of_a_plan_are_reported(scene):
    scene.synthdata.sweep = "PATH"
    with pytest.raises(RuntimeError, match="Choose one as Place"):
        bpy.ops.synthdata.preview_cameras()
    with pytest.raises(RuntimeError, match="Choose one as Place"):
        bpy.ops.synthdata.coverage()


def test_the_page_is_whole_and_escapes_names(scene):
    scene.objects["Ball"].synthdata.category = "<script>alert('x')</script>"
    planner = Planner(scene, bpy.context.view_layer, job_from_scene(scene))
    planner.run(sizes=True)
    text = coverage_page(planner.plan, planner.coverage).read_text(encoding="utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "http" not in text
    said = [line for line, _ in panel_lines(planner.plan, planner.coverage)]
    assert said[0] == "4 views"
    assert sum(int(line.split()[-1]) for line in said[1:4]) == sum(
        planner.coverage.statistics.instances.values()
    )


def test_unregistering_takes_the_preview_away(scene):
    bpy.ops.synthdata.preview_cameras()
    synthdata_addon.unregister()
    try:
        assert preview.planner is None
    finally:
        synthdata_addon.register()


def test_sizes_are_cocos():
    assert [size_of(area) for area in (1, 1023, 1024, 9215, 9216)] == [
        "small",
        "small",
        "medium",
        "medium",
        "large",
    ]


def test_copies_texts_and_mirrored_things_are_expected_too(scene, tmp_path):
    for obj in list(scene.objects):
        bpy.data.objects.remove(obj)
    shelf = bpy.data.collections.new("Shelf")
    mug = scenes.add_cube("Mug", (0.0, 0.0, 0.0), size=0.5, category="mug")
    scene.collection.objects.unlink(mug)
    shelf.objects.link(mug)
    for number in range(3):
        copy = bpy.data.objects.new(f"Copy {number}", None)
        copy.instance_type, copy.instance_collection = "COLLECTION", shelf
        copy.location, copy.scale = (number - 1.0, 0.0, 0.0), (1.0, 1.0, 1.0 if number else -2.0)
        scene.collection.objects.link(copy)
    text = bpy.data.objects.new("Text", bpy.data.curves.new("Text", "FONT"))
    text.data.body, text.data.size, text.location = "SYNTH", 0.8, (-1.0, -1.0, 0.3)
    text.synthdata.category = "text"
    scene.collection.objects.link(text)
    settings, more = scene.synthdata, scene.synthdata.sweep_settings
    settings.width, settings.height, settings.views, settings.radius = 320, 240, 12, 4.0
    settings.sweep, settings.elevation_min, settings.elevation_max = "DOME", radians(15.0), radians(85.0)
    more.look_at, more.visible = "OBJECTS", True
    planner = Planner(scene, bpy.context.view_layer, job_from_scene(scene))
    planner.run(sizes=True)
    assert scenes.generate(tmp_path) == {"FINISHED"}
    found = dataset_counts(tmp_path)
    assert planner.coverage.statistics.instances == found.instances
    assert {pose.subject.number for pose in planner.plan.poses.values()} == {1, 2, 3, 4}
    for view, pose in planner.plan.poses.items():
        coco, image = scenes.load_coco(tmp_path)[view]
        assert pose.subject.number in {item["instance_id"] for item in coco.imgToAnns[image["id"]]}
