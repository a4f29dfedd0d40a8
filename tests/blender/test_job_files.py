# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole job in files and presets: every setting comes back, bad files change nothing."""

from __future__ import annotations

import dataclasses
import json
import math
import types
import typing
from pathlib import Path
from typing import Any

import bpy
import pytest

from synthdata_addon import registration
from synthdata_addon.core.categories import Category
from synthdata_addon.core.controls import ControlSpec
from synthdata_addon.core.job_file import OF_THE_MACHINE, OF_THE_SCENE, changed, preset_of
from synthdata_addon.core.model_spec import LoraSpec
from synthdata_addon.core.spec import JobSpec, StyleSpec
from synthdata_addon.ui.ops import presets
from synthdata_addon.ui.settings import apply_job, job_from_scene

SHIPPED = sorted((Path(presets.__file__).parents[2] / "presets" / "synthdata").glob("*.json"))
NOT_SHOWN = {"sweep.extended_from", "prompts.wildcards"}
"""What a job notes of itself as it is made or extended: no setting of the panel."""
LISTS = {
    "labels.categories": (
        Category(17, "cat", "animal", ("nose", "tail"), ((1, 2),)),
        Category(3, "Büro «1»"),
    ),
    "styles": (StyleSpec("one", "a {red|blue} room", "text"), StyleSpec("two", kind="RENDER")),
    "model.controls": (
        ControlSpec("depth", "/models/depth", 0.5, 0.25, 0.75),
        ControlSpec("canny", "/models/canny"),
    ),
    "model.loras": (LoraSpec("/loras/a.safetensors", 0.5, "one"),),
    "exports": ("YOLO_DETECT", "BOP"),
    "control_images.kinds": ("segmentation", "lineart"),
    "control_images.segmentation": (("mug", "glass"),),
    "prompts.categories": (("mug", "a red mug"),),
    "prompts.cameras": (("Ceiling*", "from above"),),
    "sweep.shares": (("chair", 2.0), ("lamp", 1.0)),
}
TEXTS = {
    "sweep.target": "Left",
    "sweep.place": "Right",
    "sweep.kind": "DOME",
    "model.path": "/models/base",
    "control_images.unlabelled": "wall",
    "labels.category_property": "class",
}


def other(hint: Any, value: Any, path: str) -> Any:
    """Return another value of a setting's type, such as a panel can hold."""
    if path in LISTS or path in TEXTS:
        return LISTS.get(path) or TEXTS[path]
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        hint = next(kind for kind in typing.get_args(hint) if kind is not type(None))
    if dataclasses.is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        given = {
            field.name: other(
                hints[field.name], getattr(value, field.name), f"{path}.{field.name}".lstrip(".")
            )
            for field in dataclasses.fields(hint)
            if f"{path}.{field.name}".lstrip(".") not in NOT_SHOWN
        }
        return dataclasses.replace(value, **given)
    if typing.get_origin(hint) is typing.Literal:
        return next(item for item in reversed(typing.get_args(hint)) if item != value)
    if typing.get_origin(hint) is tuple:
        kinds = typing.get_args(hint)
        assert Ellipsis not in kinds or kinds[0] is str, f"{path} is a list that this test does not know"
        if Ellipsis in kinds:
            return ("chair", "lamp")
        return tuple(other(kind, item, path) for kind, item in zip(kinds, value, strict=True))
    is_path = path.endswith(("folder", "textures", "path", "image"))
    simple = {bool: lambda: not value, int: lambda: value + 3, float: lambda: near(value)}
    return simple.get(hint, lambda: "/some/where" if is_path else "something")()


def near(value: float) -> float:
    """Return a number near another one, inside of whatever range holds that, exact in 32 bits."""
    if value == -1.0:
        return 0.5
    return round(value + 0.125 if value < 1.0 else value - 0.25 if value < 4.0 else value - 1.0, 6)


EVERYTHING = other(JobSpec, JobSpec(), "")


def test_everything_is_something_else():
    same = {"exports", "styles"}
    kept = [name for name in names(JobSpec(), "") if name not in set(changed(JobSpec(), EVERYTHING))]
    assert set(kept) <= NOT_SHOWN | same


def names(value: Any, path: str) -> list[str]:
    if dataclasses.is_dataclass(value):
        return [
            name
            for field in dataclasses.fields(value)
            for name in names(getattr(value, field.name), f"{path}.{field.name}".lstrip("."))
        ]
    return [path]


def test_every_setting_survives_the_panel(scene):
    apply_job(EVERYTHING, scene)
    assert changed(EVERYTHING, job_from_scene(scene)) == []
    apply_job(JobSpec(), scene)
    assert changed(JobSpec(), job_from_scene(scene)) == []


def test_every_setting_survives_a_file(scene, tmp_path, monkeypatch):
    """Not every mix of settings can be made, so that the file is written without the check."""
    path = tmp_path / "job.json"
    path.write_text(json.dumps(EVERYTHING.to_json()))
    monkeypatch.setattr("synthdata_addon.core.spec.validate", lambda _: None)
    assert bpy.ops.synthdata.job_load(filepath=str(path)) == {"FINISHED"}
    assert changed(EVERYTHING, job_from_scene(scene)) == []


def test_a_job_is_saved_reset_and_loaded(scene, tmp_path):
    settings = scene.synthdata
    settings.views, settings.width, settings.labels.visibility = 77, 320, True
    settings.target = bpy.data.objects["Left"]
    saved = job_from_scene(scene)
    path = tmp_path / "my job.json"
    assert bpy.ops.synthdata.job_save(filepath=str(path), check_existing=False) == {"FINISHED"}
    apply_job(JobSpec(), scene)
    assert bpy.ops.synthdata.job_load(filepath=str(path)) == {"FINISHED"}
    assert changed(saved, job_from_scene(scene)) == []
    bpy.data.objects.remove(bpy.data.objects["Left"])
    assert bpy.ops.synthdata.job_load(filepath=str(path)) == {"FINISHED"}
    assert settings.target is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "JSON"),
        ("[1, 2]", "job"),
        ('{"views": 3}', "views"),
        ('{"width": 640, "sweep": {"views": 0}}', "views"),
        ('{"width": 640, "sweep": {"views": "ten"}}', "views"),
        ('{"schema": 99, "job": {}}', "schema 99"),
        ('{"width": 640, "labels": {"amodal": true}}', "Amodal"),
        ('{"width": 640, "styles": [{"name": "a"}, {"name": "a"}]}', "'a'"),
        ('{"width": 640, "height": 1e999}', "height"),
        ("\x00\x01", "JSON"),
    ],
)
def test_a_bad_file_changes_nothing(scene, tmp_path, text, message):
    apply_job(dataclasses.replace(EVERYTHING, width=333), scene)
    before = job_from_scene(scene)
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(RuntimeError, match=message) as caught:
        bpy.ops.synthdata.job_load(filepath=str(path))
    assert len(str(caught.value).strip().splitlines()) <= 2
    assert changed(before, job_from_scene(scene)) == []
    with pytest.raises(RuntimeError):
        bpy.ops.synthdata.preset_apply(filepath=str(path))
    assert changed(before, job_from_scene(scene)) == []


def test_a_file_that_is_not_there_is_named(scene, tmp_path):
    with pytest.raises(RuntimeError, match=r"gone\.json"):
        bpy.ops.synthdata.job_load(filepath=str(tmp_path / "gone.json"))
    with pytest.raises(RuntimeError, match="cannot be written"):
        bpy.ops.synthdata.job_save(
            filepath=str(tmp_path / "no" / ("x" * 300) / "job.json"), check_existing=False
        )


def test_the_job_of_a_dataset_can_be_loaded(scene, tmp_path):
    from tests.blender import scenes

    scene.synthdata.views = 1
    made = job_from_scene(scene)
    scenes.generate(tmp_path / "set")
    apply_job(JobSpec(), scene)
    bpy.ops.synthdata.job_load(filepath=str(tmp_path / "set" / "job.json"))
    assert set(changed(made, job_from_scene(scene))) == set()


@pytest.mark.parametrize("path", SHIPPED, ids=[path.stem for path in SHIPPED])
def test_a_shipped_preset_goes_from_the_defaults_and_from_every_other(scene, path):
    for before in [None, *SHIPPED]:
        if before is not None:
            bpy.ops.synthdata.preset_apply(filepath=str(before))
        assert bpy.ops.synthdata.preset_apply(filepath=str(path)) == {"FINISHED"}
        shown = json.loads(json.dumps(job_from_scene(scene).to_json()))
        assert_named(json.loads(path.read_text()), shown)


def assert_named(wanted: Any, shown: Any) -> None:
    if isinstance(wanted, dict):
        for key, value in wanted.items():
            assert_named(value, shown[key])
    elif isinstance(wanted, list) and wanted and isinstance(wanted[0], dict):
        for one, other_one in zip(wanted, shown, strict=True):
            assert_named(one, other_one)
    elif isinstance(wanted, float):
        assert math.isclose(wanted, shown, rel_tol=1e-6)
    elif isinstance(wanted, list):
        assert sorted(map(str, wanted)) == sorted(map(str, shown))
    else:
        assert wanted == shown


def test_a_preset_keeps_what_is_not_its_own(scene):
    settings = scene.synthdata
    settings.target, settings.device, settings.seed = bpy.data.objects["Left"], "cpu", "9"
    settings.use_scene_frames = True
    bpy.ops.synthdata.preset_apply(filepath=str(SHIPPED[0]))
    assert settings.target == bpy.data.objects["Left"]
    assert (settings.device, settings.seed, settings.use_scene_frames) == ("cpu", "9", True)


def test_a_preset_is_added_shown_applied_and_removed(scene, tmp_path, monkeypatch):
    user = tmp_path / "presets" / "synthdata"

    def user_resource(_kind, *, path="", create=False):
        user.mkdir(parents=True, exist_ok=True)
        return str(user)

    shipped = bpy.utils.preset_paths("synthdata")
    monkeypatch.setattr(bpy.utils, "user_resource", user_resource)
    monkeypatch.setattr(bpy.utils, "preset_paths", lambda _folder: [*shipped, str(user)])
    apply_job(dataclasses.replace(EVERYTHING, styles=(), exports=(), model=JobSpec().model), scene)
    saved = preset_of(job_from_scene(scene))
    assert bpy.ops.synthdata.preset_add(name="My Preset") == {"FINISHED"}
    assert [path.name for path in user.iterdir()] == ["My_Preset.json"]
    data = json.loads((user / "My_Preset.json").read_text())
    for name in (*OF_THE_MACHINE, *OF_THE_SCENE):
        section, _, key = name.partition(".")
        assert key not in data[section]
    assert "output" not in data
    assert bpy.ops.synthdata.preset_add(name="My Preset") == {"CANCELLED"}
    apply_job(JobSpec(), scene)
    monkeypatch.setattr("synthdata_addon.core.job_file.validate", lambda _: None)
    bpy.ops.synthdata.preset_apply(filepath=str(user / "My_Preset.json"))
    assert preset_of(job_from_scene(scene)) == saved
    assert bpy.ops.synthdata.preset_add(name="My Preset", remove_name=True) == {"FINISHED"}
    assert list(user.iterdir()) == []
    assert bpy.ops.synthdata.preset_add(name="Detection", remove_name=True) == {"CANCELLED"}
    assert len(SHIPPED) == len(list(SHIPPED[0].parent.glob("*.json"))) == 5


def test_blender_finds_the_shipped_presets(scene):
    assert str(SHIPPED[0].parent) in bpy.utils.preset_paths("synthdata")


def test_a_job_file_can_be_dropped_on_the_viewport(scene):
    handler = next(cls for cls in registration.CLASSES if issubclass(cls, bpy.types.FileHandler))
    assert (handler.bl_import_operator, handler.bl_file_extensions) == ("synthdata.job_load", ".json")
    assert "filepath" in bpy.ops.synthdata.job_load.get_rna_type().properties
