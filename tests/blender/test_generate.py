# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole job from a script, with the real runner: datasets, resume, sweeps, and every refusal."""

from __future__ import annotations

import json
import os
from math import radians
from pathlib import Path

import bpy
import numpy as np
import OpenEXR
import pytest
from PIL import Image

from synthdata_addon.core.machine import RUNNER_VARIABLE
from synthdata_addon.core.unpacked_exr import is_packed, write_unpacked
from synthdata_addon.labels.scanlines import map_channels
from synthdata_addon.ui.settings import apply_job, job_from_scene
from tests.blender import scenes
from tests.same_dataset import differing


def test_a_dataset_is_complete_and_loads_in_pycocotools(scene, tmp_path):
    assert scenes.generate(tmp_path) == {"FINISHED"}
    found = scenes.load_coco(tmp_path)
    assert set(found) == {0, 1, 2, 3}
    names = {category["name"] for coco, _ in found.values() for category in coco.cats.values()}
    assert names == {"ball", "box"}
    for view in range(4):
        assert scenes.masks(tmp_path, view)
        for place in (
            "passes/{}.exr",
            "masks/instance/{}.png",
            "control/depth/{}.png",
            "control/normal/{}.png",
        ):
            assert (tmp_path / place.format(f"{view:06d}")).is_file()
        _, image = found[view]
        assert Image.open(tmp_path / image["file_name"]).size == (96, 64)
    assert (tmp_path / "index.html").is_file()
    assert not list(tmp_path.rglob("*.part*"))


def test_a_second_run_renders_nothing_and_a_dataset_is_the_same_again(scene, tmp_path):
    scenes.generate(tmp_path / "a")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "a").rglob("0*")}
    scenes.generate(tmp_path / "a")
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "a").rglob("0*")} == before
    scenes.generate(tmp_path / "b")
    for path in (tmp_path / "a").rglob("*.png"):
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()
    for split in ("train", "val"):
        one, two = (
            json.loads((tmp_path / name / "annotations" / f"instances_{split}.json").read_text())
            for name in "ab"
        )
        assert one["annotations"] == two["annotations"]
        assert one["images"] == two["images"]


def test_a_lost_pass_file_is_rendered_again(scene, tmp_path):
    scenes.generate(tmp_path)
    lost = tmp_path / "passes" / "000002.exr"
    before = lost.read_bytes()
    lost.unlink()
    scenes.generate(tmp_path)
    assert lost.read_bytes() == before
    assert set(scenes.load_coco(tmp_path)) == {0, 1, 2, 3}


def test_another_seed_in_the_same_folder_is_refused(scene, tmp_path):
    scene.synthdata.jitter = 0.5
    scenes.generate(tmp_path)
    with pytest.raises(RuntimeError, match=r"job\.seed was 0, now 5"):
        scenes.generate(tmp_path, seed="5")


def test_a_scene_with_another_labelled_object_is_refused(scene, tmp_path):
    """Ids are given by name: a new object would shift those of the views that are done."""
    scenes.generate(tmp_path)
    scenes.add_cube("A new one", (0.0, -1.5, 0.5), category="box")
    with pytest.raises(RuntimeError, match="instances was 3 entries, now 4 entries"):
        scenes.generate(tmp_path)


def test_a_scene_whose_things_moved_is_refused_until_they_are_back(scene, tmp_path):
    scenes.generate(tmp_path)
    ball = bpy.data.objects["Ball"]
    ball.location.x += 0.01
    for extend in (False, True):
        with pytest.raises(RuntimeError, match="place or size of 'Ball' in the scene"):
            scenes.generate(tmp_path, extend=extend)
    ball.location.x -= 0.01
    assert scenes.generate(tmp_path) == {"FINISHED"}
    ball.scale.z = 1.5
    with pytest.raises(RuntimeError, match="place or size of 'Ball'"):
        scenes.generate(tmp_path)


def test_an_animated_scene_at_another_frame_is_another_scene(scene, tmp_path):
    ball = bpy.data.objects["Ball"]
    for frame in (1, 50):
        ball.location.x = frame / 100.0
        ball.keyframe_insert("location", frame=frame)
    scene.frame_set(1)
    scenes.generate(tmp_path)
    scene.frame_set(20)
    with pytest.raises(RuntimeError, match="'Ball'"):
        scenes.generate(tmp_path)
    scene.frame_set(1)
    assert scenes.generate(tmp_path) == {"FINISHED"}


def test_passes_can_be_dropped_after_use_and_the_job_still_resumes(scene, tmp_path):
    scene.synthdata.keep_passes = False  # the default
    scene.synthdata.labels.panoptic = True
    scenes.generate(tmp_path)
    assert not list((tmp_path / "passes").glob("*.exr"))
    assert scenes.generate(tmp_path) == {"FINISHED"}
    assert len(scenes.lines(tmp_path / "views.jsonl")) == 4
    split = scenes.lines(tmp_path / "labels.jsonl")[1]["split"]
    for place in ("masks/instance", "masks/category", "control/depth", f"annotations/panoptic_{split}"):
        lost = tmp_path / place / "000001.png"
        before = lost.read_bytes()
        lost.unlink()
        scenes.generate(tmp_path)
        assert lost.read_bytes() == before
        assert not list((tmp_path / "passes").glob("*.exr"))
    assert [line["view"] for line in scenes.lines(tmp_path / "views.jsonl")] == [0, 1, 2, 3, 1, 1, 1, 1]


def test_passes_that_a_killed_run_left_are_not_trusted(scene, tmp_path):
    """They are not synced, as they are deleted after use: after a power cut there may be holes in them."""
    scene.synthdata.keep_passes = False
    scenes.generate(tmp_path / "whole", views=2)
    scenes.generate(tmp_path / "cut", views=2)
    for name in ("masks/instance", "masks/category", "control/depth", "control/normal"):
        (tmp_path / "cut" / name / "000001.png").unlink()
    journal = tmp_path / "cut" / "labels.jsonl"
    journal.write_text(journal.read_text().splitlines(keepends=True)[0])
    (tmp_path / "cut" / "passes" / "000001.exr").write_bytes(bytes(1 << 20))
    assert scenes.generate(tmp_path / "cut", views=2) == {"FINISHED"}
    assert [line["skipped"] for line in scenes.lines(journal)] == ["", ""]
    for path in (tmp_path / "whole").rglob("*.png"):
        assert path.read_bytes() == (tmp_path / "cut" / path.relative_to(tmp_path / "whole")).read_bytes()


def test_a_view_of_which_any_kept_file_is_lost_is_rendered_again(scene, tmp_path):
    scene.synthdata.labels.visibility = True
    scenes.generate(tmp_path, views=2)
    before = {path.name: path.read_bytes() for path in (tmp_path / "passes").iterdir()}
    assert "000001.solo0.exr" in before
    (tmp_path / "passes" / "000001.solo0.exr").unlink()
    scenes.generate(tmp_path, views=2)
    assert {path.name: path.read_bytes() for path in (tmp_path / "passes").iterdir()} == before
    assert [line["view"] for line in scenes.lines(tmp_path / "views.jsonl")] == [0, 1, 1]


def test_passes_that_are_kept_after_all_are_rendered_again_and_packed(scene, tmp_path):
    scene.synthdata.keep_passes = True
    scenes.generate(tmp_path / "kept")
    scene.synthdata.keep_passes = False
    scenes.generate(tmp_path / "later")
    labels = (tmp_path / "later" / "labels.jsonl").read_bytes()
    scene.synthdata.keep_passes = True
    scenes.generate(tmp_path / "later")
    assert (tmp_path / "later" / "labels.jsonl").read_bytes() == labels
    files = sorted((tmp_path / "kept" / "passes").iterdir())
    assert len(files) == 4
    for file in files:
        assert (tmp_path / "later" / "passes" / file.name).read_bytes() == file.read_bytes()


def test_kept_passes_are_packed_and_those_that_a_killed_run_left_are_not_trusted(scene, tmp_path):
    """What Blender wrote is not synced before it is packed: after a power cut there may be holes in it."""
    scenes.generate(tmp_path / "whole", views=3)
    whole = {path.name: path.read_bytes() for path in (tmp_path / "whole" / "passes").iterdir()}
    assert sorted(whole) == ["000000.exr", "000001.exr", "000002.exr"]
    assert all(is_packed(tmp_path / "whole" / "passes" / name) for name in whole)
    scenes.generate(tmp_path / "cut", views=3)
    cut = tmp_path / "cut" / "passes" / "000001.exr"
    read = map_channels(write_holes(cut))
    assert not read["ViewLayer.Depth.Z"].any()
    for view in (1, 2):
        (tmp_path / "cut" / "masks" / "instance" / f"00000{view}.png").unlink()
    journal = tmp_path / "cut" / "labels.jsonl"
    journal.write_text(journal.read_text().splitlines(keepends=True)[0])
    assert scenes.generate(tmp_path / "cut", views=3) == {"FINISHED"}
    # View 2 had its packed file and needed no render; view 1 was rendered again.
    assert [line["view"] for line in scenes.lines(tmp_path / "cut" / "views.jsonl")] == [0, 1, 2, 1]
    assert differing(tmp_path / "whole", tmp_path / "cut") == []


def write_holes(path):
    """Make a kept file one as Blender writes it, whole by its looks, whose pixels never came to the disk."""
    with OpenEXR.File(str(path), separate_channels=True) as file:
        names = list(file.parts[0].channels)
        shape = file.parts[0].channels[names[0]].pixels.shape
    write_unpacked(path, {name: np.zeros(shape, np.float32) for name in names})
    return path


def test_beauty_is_the_annotated_picture_and_has_the_scenes_colours(scene, tmp_path):
    material = bpy.data.materials.new("Red")
    material.use_nodes = True
    material.node_tree.nodes["Principled BSDF"].inputs["Emission Color"].default_value = (1, 0, 0, 1)
    material.node_tree.nodes["Principled BSDF"].inputs["Emission Strength"].default_value = 1.0
    bpy.data.objects["Ball"].data.materials.append(material)
    scene.synthdata.beauty, scene.synthdata.beauty_samples = True, 4
    scenes.generate(tmp_path, views=2)
    _, image = scenes.load_coco(tmp_path)[0]
    assert image["file_name"] == "renders/000000.png"
    picture = np.array(Image.open(tmp_path / image["file_name"]).convert("RGB")).astype(float)
    red = picture[scenes.masks(tmp_path, 0)["Ball"]].mean(axis=0)
    assert red[0] > 4 * max(red[1], red[2])
    assert scenes.masks(tmp_path, 0).keys() >= {"Left", "Ball"}


def test_cryptomatte_rides_along(scene, tmp_path):
    scene.synthdata.cryptomatte = True
    scenes.generate(tmp_path, views=1)
    header = (tmp_path / "passes" / "000000.exr").read_bytes()[:4000]
    assert b"CryptoObject00" in header
    assert b'"Left":"' in header, "the names that belong to the numbers"
    assert scenes.masks(tmp_path, 0)


def test_every_camera_gives_a_view_with_its_own_lens(scene, tmp_path):
    down = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 8], [0, 0, 0, 1]]
    scenes.add_camera("Wide", down, lens=20.0)
    scenes.add_camera("Tele", down, lens=100.0)
    scene.synthdata.sweep = "CAMERAS"
    scenes.generate(tmp_path)
    views = scenes.lines(tmp_path / "views.jsonl")
    assert [view["camera"]["name"] for view in views] == ["Tele", "Wide"]
    assert views[0]["camera"]["k"][0][0] == pytest.approx(5 * views[1]["camera"]["k"][0][0])
    assert scenes.masks(tmp_path, 0)["Ball"].sum() > 10 * scenes.masks(tmp_path, 1)["Ball"].sum()


def test_frames_follow_the_animation(scene, tmp_path):
    scenes.add_camera(
        "Top", [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 20], [0, 0, 0, 1]], type="ORTHO", ortho_scale=12.0
    )
    ball = bpy.data.objects["Ball"]
    for frame, x in ((1, -4.0), (11, 4.0)):
        ball.location = (x, 2.0, 2.0)
        ball.keyframe_insert("location", frame=frame)
    scene.frame_start, scene.frame_end = 1, 11
    scene.synthdata.sweep, scene.synthdata.frame_step = "FRAMES", 5
    scenes.generate(tmp_path)
    middles = [np.nonzero(scenes.masks(tmp_path, view)["Ball"])[1].mean() for view in range(3)]
    # Eight pixels a unit, 96 across: x = -4, 0 and 4 are columns 15.5, 47.5 and 79.5.
    np.testing.assert_allclose(middles, [15.5, 47.5, 79.5], atol=0.7)
    assert [view["frame"] for view in scenes.lines(tmp_path / "views.jsonl")] == [1, 6, 11]


def test_a_camera_inside_an_object_moves_out_or_is_left_out(scene, tmp_path):
    for z in (0.5, 3.0):
        scenes.add_cube(f"Pillar {z}", (5.0 * np.cos(np.radians(30)), 0.0, z), size=2.4)
    scenes.generate(tmp_path / "orbit")
    first = scenes.lines(tmp_path / "orbit" / "views.jsonl")[0]
    assert not first["skipped"]
    eye = np.linalg.inv(np.array(first["camera"]["world_to_camera"]))[:3, 3]
    assert not (abs(eye[0] - 4.33) < 1.2 and abs(eye[1]) < 1.2)
    scenes.add_camera("Stuck", [[1, 0, 0, 4.33], [0, 1, 0, 0], [0, 0, 1, 0.5], [0, 0, 0, 1]])
    scenes.add_camera("Free", [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 9], [0, 0, 0, 1]])
    scene.synthdata.sweep = "CAMERAS"
    scenes.generate(tmp_path / "cameras")
    views = scenes.lines(tmp_path / "cameras" / "views.jsonl")
    assert [bool(view["skipped"]) for view in views] == [False, True]
    assert "Pillar" in views[1]["skipped"]
    assert set(scenes.load_coco(tmp_path / "cameras")) == {0}


def test_a_room_round_camera_and_target_is_no_obstacle(scene, tmp_path):
    scenes.add_cube("Room", (0.0, 0.0, 0.0), size=30.0)
    scenes.generate(tmp_path)
    assert not any(view["skipped"] for view in scenes.lines(tmp_path / "views.jsonl"))


def test_a_collections_name_labels_what_is_in_it(scene, tmp_path):
    for outer, inner, own in (("furniture", "chair", "Left"), ("furniture", "", "Right")):
        top = bpy.data.collections.get(outer) or bpy.data.collections.new(outer)
        if top.name not in scene.collection.children:
            scene.collection.children.link(top)
        top.synthdata.use_as_category = True
        home = top
        if inner:
            home = bpy.data.collections.new(inner)
            top.children.link(home)
            home.synthdata.use_as_category = True
        obj = bpy.data.objects[own]
        obj.synthdata.category = ""
        scene.collection.objects.unlink(obj)
        home.objects.link(obj)
    scenes.generate(tmp_path, views=1)
    categories = {c["id"]: c["name"] for c in json.loads((tmp_path / "job.json").read_text())["categories"]}
    assert {i["name"]: categories[i["category_id"]] for i in scenes.instances(tmp_path).values()} == {
        "Ball": "ball",
        "Left": "chair",
        "Right": "furniture",
    }


def test_a_job_file_says_it_all_and_arguments_win(scene, tmp_path):
    (tmp_path / "job.json").write_text(
        json.dumps({"seed": 3, "width": 40, "height": 30, "sweep": {"views": 9}})
    )
    scenes.generate(tmp_path / "out", job=str(tmp_path / "job.json"), views=2)
    job = json.loads((tmp_path / "out" / "job.json").read_text())
    assert (job["job"]["seed"], job["job"]["width"], job["views"]) == (3, 40, 2)
    scenes.generate(tmp_path / "again", job=str(tmp_path / "out" / "job.json"))
    assert json.loads((tmp_path / "again" / "job.json").read_text())["job"] == job["job"]


def test_the_panels_settings_round_trip(scene):
    settings = scene.synthdata
    settings.seed, settings.sweep, settings.val_fraction, settings.elevation_min = (
        "18446744073709",
        "DOME",
        0.35,
        radians(12.5),
    )
    style = settings.styles.add()
    style.name, style.prompt, settings.use_styles = "lair", "a witch's lair", True
    settings.model, settings.model_path = "CUSTOM", "/models/sd15"
    settings.control_depth.model, settings.control_depth.scale = "/models/depth", 0.7
    before = job_from_scene(scene)
    apply_job(before, bpy.data.scenes.new("Other"))
    assert before.val_fraction == 0.35
    other = bpy.data.scenes["Other"]
    assert job_from_scene(other) == before


def expect(output: Path, *words: str, **arguments) -> None:
    """One error with these words, and nothing written."""
    with pytest.raises(RuntimeError) as caught:
        scenes.generate(output, **arguments)
    message = str(caught.value)
    for word in words:
        assert word in message, message
    assert "Traceback" not in message
    assert not (output / "views.jsonl").exists()


def test_no_category(scene, tmp_path):
    for obj in scene.objects:
        obj.synthdata.category = ""
    expect(tmp_path, "No object", "category", "SynthData panel")


def test_no_camera(scene, tmp_path):
    scene.synthdata.sweep = "CAMERAS"
    expect(tmp_path, "no camera", "Add one")
    scene.synthdata.sweep = "FRAMES"
    expect(tmp_path, "no active camera")


def test_a_panoramic_camera(scene, tmp_path):
    scenes.add_camera("Round", np.eye(4), type="PANO")
    scene.synthdata.sweep = "FRAMES"
    expect(tmp_path, "'Round' is panoramic")


def test_output_not_writable(scene, tmp_path):
    (tmp_path / "file").write_text("")
    expect(tmp_path / "file" / "x", "cannot be written", "Choose a folder")


def test_output_beside_an_unsaved_file(scene):
    with pytest.raises(RuntimeError, match="not saved yet"):
        bpy.ops.synthdata.generate(output="//dataset")


def test_a_model_folder_that_is_no_pipeline(scene, tmp_path):
    settings = scene.synthdata
    style = settings.styles.add()
    style.name, style.prompt, settings.use_styles = "office", "an office", True
    settings.model, settings.control_depth.model = "CUSTOM", str(tmp_path)
    expect(tmp_path / "o", "No base model")
    settings.model_path = str(tmp_path)
    expect(tmp_path / "o", str(tmp_path), "pipeline")
    settings.width = 100
    expect(tmp_path / "o", "100", "divisible by 8")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [({"seed": "abc"}, "abc"), ({"seed": "-4"}, "-4"), ({"job": "/nowhere/job.json"}, "/nowhere/job.json")],
)
def test_bad_arguments(scene, tmp_path, arguments, word):
    expect(tmp_path / "o", word, **arguments)


def test_nothing_visible_in_a_view_is_said_and_listed_as_an_empty_picture(scene, tmp_path, capfd):
    scenes.add_camera("Away", [[1, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, 50], [0, 0, 0, 1]])  # looks up
    scene.synthdata.sweep = "CAMERAS"
    assert scenes.generate(tmp_path) == {"FINISHED"}
    coco, image = scenes.load_coco(tmp_path)[0]
    assert not coco.imgToAnns[image["id"]]
    assert "no labelled object" in capfd.readouterr().out


def test_a_python_that_does_not_exist(scene, tmp_path, monkeypatch):
    monkeypatch.setenv(RUNNER_VARIABLE, "/nowhere/python")
    expect(tmp_path, "/nowhere/python")


def test_a_runner_that_dies_is_one_error_and_the_next_run_goes_on(scene, tmp_path, monkeypatch):
    killer = tmp_path / "python"
    killer.write_text("#!/bin/sh\nread line\nkill -9 $$\n")
    killer.chmod(0o755)
    good = os.environ[RUNNER_VARIABLE]
    monkeypatch.setenv(RUNNER_VARIABLE, str(killer))
    with pytest.raises(RuntimeError, match="runner"):
        scenes.generate(tmp_path / "o")
    monkeypatch.setenv(RUNNER_VARIABLE, good)
    assert scenes.generate(tmp_path / "o") == {"FINISHED"}
    assert set(scenes.load_coco(tmp_path / "o")) == {0, 1, 2, 3}


def test_markers_choose_the_camera_of_a_frame(scene, tmp_path):
    down = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 8], [0, 0, 0, 1]]
    second = scenes.add_camera("Second", down, lens=60.0)
    first = scenes.add_camera("First", down, lens=20.0)
    scenes.add_camera("Active", down, lens=35.0)
    scene.timeline_markers.new("start", frame=1).camera = first
    scene.timeline_markers.new("cut", frame=2).camera = second
    scene.frame_start, scene.frame_end, scene.synthdata.sweep = 1, 2, "FRAMES"
    scenes.generate(tmp_path)
    assert [view["camera"]["name"] for view in scenes.lines(tmp_path / "views.jsonl")] == ["First", "Second"]
    assert scenes.masks(tmp_path, 1)["Ball"].sum() > 5 * scenes.masks(tmp_path, 0)["Ball"].sum()
    assert scene.timeline_markers["cut"].camera == second
