# SPDX-License-Identifier: GPL-3.0-or-later
"""A dataset is made larger in place: what is there stays byte for byte, and only larger is allowed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import bpy
import pytest

from synthdata_addon.blender import compat
from tests.blender import scenes


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files that are one view's or one picture's."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("0*") if p.is_file()}


@pytest.mark.parametrize("sweep", ["ORBIT", "DOME", "FRAMES"])
def test_from_40_views_to_400_the_first_40_stay(scene, tmp_path, sweep):
    settings = scene.synthdata
    settings.sweep, settings.width, settings.height, settings.keep_passes = sweep, 32, 24, False
    settings.jitter = 0.5
    if sweep == "FRAMES":
        scenes.add_camera("Top", [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 9], [0, 0, 0, 1]])
        bpy.data.objects["Ball"].keyframe_insert("location", frame=1)
        bpy.data.objects["Ball"].location.x = 2.0
        bpy.data.objects["Ball"].keyframe_insert("location", frame=400)
        scene.frame_start, scene.frame_end = 1, 400
    scenes.generate(tmp_path, views=40)
    before, lines = contents(tmp_path), scenes.lines(tmp_path / "views.jsonl")
    assert len(before) >= 4 * 40
    with pytest.raises(RuntimeError, match=r"job\.sweep\.views was 40, now 400"):
        scenes.generate(tmp_path, views=400)
    assert contents(tmp_path) == before
    assert scenes.generate(tmp_path, views=400, extend=True) == {"FINISHED"}
    after = contents(tmp_path)
    assert {name: after[name] for name in before} == before
    assert scenes.lines(tmp_path / "views.jsonl")[:40] == lines
    assert set(scenes.load_coco(tmp_path)) == set(range(400))
    job = json.loads((tmp_path / "job.json").read_text())
    assert (job["views"], job["history"][0]["views"]) == (400, 40)
    # It is this job now: the panel's plain settings go on with it, and its job file makes it again elsewhere.
    assert scenes.generate(tmp_path, views=400) == {"FINISHED"}
    assert contents(tmp_path) == after
    scenes.generate(tmp_path / "again", job=str(tmp_path / "job.json"))
    assert contents(tmp_path / "again") == after


def test_cameras_that_were_left_out_come_in(scene, tmp_path):
    for number in range(3):
        scenes.add_camera(f"C{number}", [[1, 0, 0, number], [0, 1, 0, 0], [0, 0, 1, 9], [0, 0, 0, 1]])
    scene.synthdata.sweep = "CAMERAS"
    scenes.generate(tmp_path, views=2)
    before = contents(tmp_path)
    scenes.generate(tmp_path, views=9, extend=True)
    after = contents(tmp_path)
    assert {name: after[name] for name in before} == before
    assert [line["camera"]["name"] for line in scenes.lines(tmp_path / "views.jsonl")] == ["C0", "C1", "C2"]


def test_exports_are_added_and_the_panels_checkbox_counts(scene, tmp_path):
    scenes.generate(tmp_path)
    scene.synthdata.exports = {"YOLO_DETECT"}
    with pytest.raises(RuntimeError, match="exports was 0 entries, now 1 entries"):
        scenes.generate(tmp_path)
    scene.synthdata.extend = True
    scenes.generate(tmp_path)
    assert list((tmp_path / "exports").rglob("*.txt"))


def test_what_is_no_extension_is_refused_by_name(scene, tmp_path):
    scenes.generate(tmp_path)
    before = (tmp_path / "job.json").read_bytes()
    with pytest.raises(RuntimeError, match=r"cannot be extended.*job\.seed was 0, now 5"):
        scenes.generate(tmp_path, seed="5", views=8, extend=True)
    with pytest.raises(RuntimeError, match=r"job\.sweep\.views was 4, now 2"):
        scenes.generate(tmp_path, views=2, extend=True)
    scenes.add_cube("A new one", (0.0, -1.5, 0.5), category="box")
    with pytest.raises(RuntimeError, match="instances was 3 entries, now 4 entries"):
        scenes.generate(tmp_path, views=8, extend=True)
    assert (tmp_path / "job.json").read_bytes() == before
    assert not (tmp_path / "job.lock").exists()


def test_another_file_or_blender_is_named_and_refused_unless_extended(scene, tmp_path, monkeypatch):
    scenes.generate(tmp_path / "set")
    monkeypatch.setattr(compat, "software", lambda: {"blender": "9.9.9", "blender_hash": "?"})
    with pytest.raises(RuntimeError, match=r"software\.blender was '.*', now '9\.9\.9'"):
        scenes.generate(tmp_path / "set")
    monkeypatch.undo()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "room.blend"))
    with pytest.raises(RuntimeError, match=r"scene_file was '', now 'room\.blend'"):
        scenes.generate(tmp_path / "set")
    assert scenes.generate(tmp_path / "set", extend=True) == {"FINISHED"}
    assert json.loads((tmp_path / "set" / "job.json").read_text())["scene_file"] == "room.blend"


def test_a_folder_in_use_is_refused_and_nothing_in_it_is_touched(scene, tmp_path):
    from synthdata_addon.core.lock import Lock

    folder = tmp_path / "set"
    scenes.generate(folder)
    shutil.rmtree(folder / "annotations")
    lock = Lock(folder / "job.lock")
    lock.take()
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    with pytest.raises(RuntimeError, match=r"Another job of this program \(process \d+ on"):
        scenes.generate(folder)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    lock.release()
    assert scenes.generate(folder) == {"FINISHED"}
    assert not list(folder.glob("*.lock"))
