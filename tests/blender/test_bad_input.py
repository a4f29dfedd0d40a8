# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user can get wrong in Blender: one sentence with the value and a hint, before any work; nothing is written.

Settings of the job file are tried in ``core/test_every_setting.py``, whole datasets in ``exports/test_validate.py``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from math import radians
from pathlib import Path
from typing import Any

import bpy
import pytest

from synthdata_addon.core.machine import RUNNER_VARIABLE
from tests.blender import scenes
from tests.blender.test_restore import snapshot

EMOJI = "🧙" * 15
LONG = "x" * 63


def hide_all(scene: bpy.types.Scene) -> None:
    for obj in scene.objects:
        obj.hide_render = True


def unlabel_all(scene: bpy.types.Scene) -> None:
    for obj in scene.objects:
        obj.synthdata.category = ""


def panorama(scene: bpy.types.Scene) -> None:
    scenes.add_camera("Round", [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 5], [0, 0, 0, 1]], type="PANO")
    scene.synthdata.sweep = "CAMERAS"


def two_collections(scene: bpy.types.Scene) -> None:
    for name in ("Chairs", "Desks"):
        collection = bpy.data.collections.new(name)
        collection.synthdata.use_as_category = True
        scene.collection.children.link(collection)
        collection.objects.link(bpy.data.objects["Floor"])


def style(scene: bpy.types.Scene, *names: str, prompt: str = "an office") -> None:
    scene.synthdata.use_styles = True
    scene.synthdata.width = scene.synthdata.height = 64
    for name in names:
        item = scene.synthdata.styles.add()
        item.name, item.prompt = name, prompt


def sizes_of_no_model(scene: bpy.types.Scene) -> None:
    style(scene, "office")
    scene.synthdata.width = 99


def custom_model(path: str, control: str) -> Callable[[bpy.types.Scene], None]:
    def set_up(scene: bpy.types.Scene) -> None:
        style(scene, "office")
        scene.synthdata.model, scene.synthdata.model_path = "CUSTOM", path
        scene.synthdata.control_depth.model = control

    return set_up


def listed(*names_and_ids: tuple[str, int], **more: str) -> Callable[[bpy.types.Scene], None]:
    def set_up(scene: bpy.types.Scene) -> None:
        for name, number in names_and_ids:
            item = scene.synthdata.labels.categories.add()
            item.name, item.category_id = name, number
            for key, value in more.items():
                setattr(item, key, value)

    return set_up


def settings(**values: Any) -> Callable[[bpy.types.Scene], None]:
    def set_up(scene: bpy.types.Scene) -> None:
        for name, value in values.items():
            setattr(scene.synthdata, name, value)

    return set_up


def label_settings(**values: Any) -> Callable[[bpy.types.Scene], None]:
    def set_up(scene: bpy.types.Scene) -> None:
        for name, value in values.items():
            setattr(scene.synthdata.labels, name, value)

    return set_up


def foreign_target(scene: bpy.types.Scene) -> None:
    scene.synthdata.target = bpy.data.objects.new("Elsewhere", None)


BAD_SCENES = {
    "no-category": (unlabel_all, "has a category"),
    "nothing-renders": (hide_all, "has a category"),
    "two-categories": (two_collections, "'Chairs'"),
    "no-camera-for-cameras": (settings(sweep="CAMERAS"), "no camera"),
    "no-camera-for-frames": (settings(sweep="FRAMES"), "camera"),
    "panoramic-camera": (panorama, "'Round'"),
    "foreign-target": (foreign_target, "'Elsewhere'"),
    "seed-text": (settings(seed="lucky"), "'lucky'"),
    "seed-fraction": (settings(seed="1.5"), "'1.5'"),
    "seed-negative": (settings(seed="-1"), "-1"),
    "seed-huge": (settings(seed=str(2**64)), "1.84467e+19"),
    "seed-emoji": (settings(seed="🎲"), "🎲"),
    "frames-reversed": (
        settings(sweep="FRAMES", use_scene_frames=False, frame_start=9, frame_end=2),
        "frame 9",
    ),
    "elevations-swapped": (
        settings(sweep="DOME", elevation_min=radians(50.0), elevation_max=radians(20.0)),
        "50",
    ),
    "depth-reversed": (settings(depth_near=5.0, depth_far=2.0), "5 to 2"),
    "cryptomatte-without-beauty": (label_settings(source="CRYPTOMATTE"), "Beauty"),
    "amodal-without-visibility": (label_settings(amodal=True), "Visib"),
    "share-without-visibility": (label_settings(min_visible_fraction=0.5), "0.5"),
    "ids-twice": (listed(("chair", 4), ("desk", 4)), "'chair' and 'desk'"),
    "names-twice": (listed(("chair", 4), ("chair", 5)), "'chair'"),
    "nameless-category": (listed(("", 4)), "name"),
    "bad-limb": (listed(("box", 4), keypoints="a, b", skeleton="1-x"), "'1-x'"),
    "limb-to-nowhere": (listed(("box", 4), keypoints="a, b", skeleton="1-7"), "7"),
    "keypoints-twice": (listed(("box", 4), keypoints="a, a"), "'a'"),
    "no-such-ade-class": (settings(segmentation="mug: cupp"), "'cupp'"),
    "ade-without-colon": (settings(segmentation="mug"), "'mug'"),
    "styles-alike": (lambda scene: style(scene, "a b", "A-B"), "'A-B'"),
    "nameless-style": (lambda scene: style(scene, " / "), "' / '"),
    "style-of-emoji-without-prompt": (lambda scene: style(scene, EMOJI, prompt="  "), EMOJI),
    "size-of-no-model": (sizes_of_no_model, "99"),
    "missing-model": (custom_model("/nowhere/model", "/nowhere/net"), "/nowhere/"),
    "model-without-control": (custom_model("/nowhere/model", ""), "ControlNet"),
    "newline-in-model": (custom_model("/no\nwhere", "/nowhere/net"), "where"),
}


@pytest.mark.parametrize("case", BAD_SCENES)
def test_a_scene_or_setting_that_cannot_be(scene, tmp_path, case):
    set_up, word = BAD_SCENES[case]
    set_up(scene)
    refused(tmp_path, word)


def refused(tmp_path: Path, word: str, **arguments: Any) -> str:
    """Generate, which must be one error with a word in it, and leave no file and no change."""
    bpy.context.view_layer.update()
    before = snapshot()
    arguments.setdefault("output", str(tmp_path / "set"))
    with pytest.raises(RuntimeError) as caught:
        bpy.ops.synthdata.generate(**arguments)
    text = str(caught.value)
    assert text.startswith("Error: ")
    assert word in text
    assert "Traceback" not in text
    assert len(text.strip().splitlines()) == 1
    assert text.count(".") >= 1
    assert not (tmp_path / "set").exists()
    assert snapshot() == before
    return text


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (None, "cannot be read"),
        (b"", "line 1"),
        (b"\xff\xfe\x00", "cannot be read"),
        (b"[1, 2]", "an object"),
        (b'{"sweep": {"views": NaN}}', "NaN"),
        (b'{"sweep": {"veiws": 3}}', "veiws"),
        (b'{"schema": 99, "job": {}}', "99"),
        (b"[" * 100_000, "nested"),
        (b'{"seed": "1"}', "1"),
    ],
)
def test_a_job_file_that_is_none(scene, tmp_path, content, word):
    file = tmp_path / "job.json"
    if content is not None:
        file.write_bytes(content)
    refused(tmp_path, word, job=str(file))


def test_a_job_file_that_is_a_folder(scene, tmp_path):
    refused(tmp_path, "cannot be read", job=str(tmp_path))


def test_an_output_that_is_a_file(scene, tmp_path):
    (tmp_path / "file").write_text("mine")
    refused(tmp_path, "cannot be written", output=str(tmp_path / "file"))
    assert (tmp_path / "file").read_text() == "mine"


def test_an_output_below_a_file(scene, tmp_path):
    (tmp_path / "file").write_text("mine")
    refused(tmp_path, "cannot be written", output=str(tmp_path / "file" / "set"))


def test_an_output_name_that_is_too_long(scene, tmp_path):
    refused(tmp_path, "too long", output=str(tmp_path / ("x" * 300)))


@pytest.mark.skipif(
    not os.path.ismount("/proc"), reason="needs a folder that nobody can write, whoever he is"
)
def test_an_output_in_a_folder_that_cannot_be_written(scene, tmp_path):
    refused(tmp_path, "cannot be written", output="/proc/set")


def test_no_output(scene, tmp_path):
    scene.synthdata.output = ""
    refused(tmp_path, "No output folder", output="")


def test_an_output_beside_a_file_that_is_not_saved(scene, tmp_path):
    refused(tmp_path, "not saved yet", output="//set")


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"schema": 2}', b"\xff", b'{"schema": 1, "job": {}}'])
def test_a_folder_with_a_job_that_cannot_be_read(scene, tmp_path, content):
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "job.json").write_bytes(content)
    refused(tmp_path, "job.json", output=str(tmp_path / "old"))
    assert [path.name for path in (tmp_path / "old").iterdir()] == ["job.json"]


@pytest.mark.parametrize("python", ["/nowhere/python", "/bin/false", "/etc/passwd"])
def test_a_runner_that_is_no_python(scene, tmp_path, monkeypatch, python):
    monkeypatch.setenv(RUNNER_VARIABLE, python)
    with pytest.raises(RuntimeError) as caught:
        scenes.generate(tmp_path / "set")
    assert "runner" in str(caught.value)
    assert "Traceback" not in str(caught.value)


def test_odd_names_are_names(scene, tmp_path):
    """Nothing is wrong with these: they are kept as they are."""
    names = ["../x", "a/b", 'quo"te', "back\\slash", "new\nline", EMOJI, LONG, "<b>&amp;</b>", "é\u0301"]
    for number, name in enumerate(names):
        scenes.add_ball(name, (number * 0.4 - 2.0, -0.9, 0.3), 0.15, category=name)
    scene.synthdata.views = 1
    assert scenes.generate(tmp_path) == {"FINISHED"}
    categories = {item["name"] for item in json.loads((tmp_path / "job.json").read_text())["categories"]}
    assert categories == {"ball", "box"} | {name.strip() for name in names}


def test_a_prompt_of_ten_thousand_characters(scene, tmp_path):
    style(scene, "office", prompt="an office, daylight, " * 500)
    scene.synthdata.views = 1
    assert scenes.generate(tmp_path) == {"FINISHED"}
    (sample,) = scenes.lines(tmp_path / "samples.jsonl")
    assert len(sample["prompt"]) >= 10_000
