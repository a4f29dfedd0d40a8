# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's file compares equal after a job: after success, an error, a cancel, and when saved in between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import pytest

from synthdata_addon.blender.job_scene import SCENE_NAME
from synthdata_addon.blender.label_materials import FLAT_NAME
from synthdata_addon.blender.session import RenderSession
from synthdata_addon.ui.job import GenerateJob
from synthdata_addon.ui.settings import job_from_scene
from tests.blender import scenes

COLLECTIONS = (
    "scenes",
    "objects",
    "cameras",
    "materials",
    "worlds",
    "meshes",
    "collections",
    "lights",
    "node_groups",
)


def values(struct: Any, depth: int = 3) -> dict[str, Any]:
    """Every readable RNA value of a struct, nested structs included."""
    found = {}
    for item in struct.bl_rna.properties:
        name = item.identifier
        if name in {"rna_type", "original", "bl_rna", "is_evaluated", "depsgraph", "tag", "session_uid"}:
            continue
        value = getattr(struct, name)
        if item.type == "POINTER":
            if value is not None and depth and not isinstance(value, bpy.types.ID):
                found[name] = values(value, depth - 1)
            else:
                found[name] = getattr(value, "name", None)
        elif item.type == "COLLECTION":
            found[name] = [getattr(entry, "name", "") for entry in value]
        elif getattr(item, "is_array", False):
            found[name] = [tuple(row) if hasattr(row, "__len__") else row for row in value]
        else:
            found[name] = value
    return found


def snapshot() -> dict[str, Any]:
    """The file as a user could compare it."""
    found: dict[str, Any] = {
        name: sorted(item.name for item in getattr(bpy.data, name)) for name in COLLECTIONS
    }
    for scene in bpy.data.scenes:
        found[f"scene {scene.name}"] = values(scene)
        found[f"layers {scene.name}"] = [values(layer) for layer in scene.view_layers]
        found[f"cycles {scene.name}"] = values(scene.cycles)
    for obj in bpy.data.objects:
        found[f"object {obj.name}"] = values(obj, 1)
        found[f"custom {obj.name}"] = {k: v for k, v in obj.items() if isinstance(v, float)}
    for data in (*bpy.data.cameras, *bpy.data.materials, *bpy.data.worlds):
        found[f"data {data.name}"] = values(data, 1)
    return found


@pytest.fixture
def lived_in(scene) -> bpy.types.Scene:
    """A scene with settings of its own in every place that a job touches."""
    scene.render.engine = "BLENDER_WORKBENCH"
    scene.render.filepath = "//my render/"
    scene.render.image_settings.file_format = "JPEG"
    scene.render.resolution_percentage = 37
    scene.render.use_persistent_data = False
    scene.cycles.samples, scene.cycles.filter_width = 77, 2.5
    scene.world = bpy.data.worlds.new("My World")
    scene.view_layers[0].name = "My Layer"
    scene.view_layers.new("Second")
    scene.view_layers[0].use_pass_mist = True
    scene.view_layers[0].material_override = bpy.data.materials.new("Mine")
    scene.frame_set(12)
    scenes.add_camera("My Camera", [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 8], [0, 0, 0, 1]])
    for number, obj in enumerate(scene.objects):
        obj.pass_index = number + 100
    ball = bpy.data.objects["Ball"]
    for frame in (1, 12, 250):
        ball.location.x = frame / 100.0
        ball.keyframe_insert("location", frame=frame)
    scene.frame_set(12)
    ball.location.x = 0.7  # moved since, not keyed: a frame change forgets it
    ball["mood"] = 0.25
    ball.keyframe_insert('["mood"]', frame=12)
    ball["mood"] = 0.75
    bpy.context.view_layer.update()
    return scene


def make_job(scene, output: Path) -> GenerateJob:
    return GenerateJob(scene, scene.view_layers[0], job_from_scene(scene), output)


@pytest.mark.parametrize("sweep", ["ORBIT", "CAMERAS", "FRAMES"])
@pytest.mark.parametrize("beauty", [False, True])
def test_nothing_changes_by_a_job(lived_in, tmp_path, sweep, beauty):
    lived_in.synthdata.sweep = sweep
    lived_in.synthdata.views = 2
    lived_in.synthdata.beauty, lived_in.synthdata.beauty_samples = beauty, 1
    before = snapshot()
    scenes.generate(tmp_path)
    assert snapshot() == before


def test_nothing_changes_by_an_error_in_mid_job(lived_in, tmp_path, monkeypatch):
    before = snapshot()

    def fail(_self, _pending):
        raise OSError("disk on fire")

    monkeypatch.setattr(RenderSession, "finish", fail)
    with pytest.raises(RuntimeError, match="disk on fire"):
        scenes.generate(tmp_path)
    assert snapshot() == before


def test_nothing_changes_by_a_cancel_and_what_is_done_is_kept(lived_in, tmp_path):
    before = snapshot()
    job = make_job(lived_in, tmp_path)
    job.step()
    assert SCENE_NAME in bpy.data.scenes
    job.cancel()
    while job.step():
        pass
    assert snapshot() == before
    assert len(scenes.lines(tmp_path / "views.jsonl")) == 1
    assert set(scenes.load_coco(tmp_path)) == {0}


def test_a_file_saved_in_mid_job_holds_nothing_of_ours_and_the_job_goes_on(lived_in, tmp_path):
    from synthdata_addon.ui.state import state

    before = snapshot()
    job = make_job(lived_in, tmp_path / "dataset")
    state.job = job
    try:
        job.step()
        saved = tmp_path / "saved.blend"
        bpy.ops.wm.save_as_mainfile(filepath=str(saved), copy=True)
        assert snapshot() == before
        while job.step():
            pass
    finally:
        state.job = None
        job.close()
    assert len(scenes.lines(tmp_path / "dataset" / "views.jsonl")) == 4
    with bpy.data.libraries.load(str(saved)) as (inside, _):
        assert SCENE_NAME not in inside.scenes
        assert f"{SCENE_NAME} Camera" not in inside.objects
        assert FLAT_NAME not in inside.materials


def test_labels_survive_what_undo_does_to_our_scene(scene, tmp_path):
    """Undo may take our scene away and put old pass indices back: the next step must notice."""
    job = make_job(scene, tmp_path)
    try:
        job.step()
        bpy.data.scenes.remove(bpy.data.scenes[SCENE_NAME])
        for obj in scene.objects:
            obj.pass_index = 9
        while job.step():
            pass
    finally:
        job.close()
    first, *rest = (scenes.masks(tmp_path, view) for view in range(4))
    assert first
    assert all(rest)
    assert all(set(found) <= {"Left", "Right", "Ball"} for found in rest)
