# SPDX-License-Identifier: GPL-3.0-or-later
"""A job that is killed anywhere goes on to the same dataset. ``SYNTHDATA_TEST_KILLS`` sets how often it is killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import bpy
import pytest

from tests.killing import Killer

KILLS = int(os.environ.get("SYNTHDATA_TEST_KILLS", "8"))
SEED = int(os.environ.get("SYNTHDATA_TEST_KILL_SEED", "8"))

ROOT = Path(__file__).parents[2]
CRASH = """
import os, signal, sys
sys.path.insert(0, {root!r})
import bpy
from synthdata_addon.__main__ import main

@bpy.app.handlers.persistent
def crash(scene, *_):
    if ".000002." in scene.render.filepath:
        os.kill(os.getpid(), signal.SIGKILL)

bpy.app.handlers.render_init.append(crash)
status = main(["generate", {blend!r}, "--output", {output!r}])
bpy.app.handlers.render_init.remove(crash)  # left at exit it would hang Blender
sys.exit(status)
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


def save(
    scene: bpy.types.Scene, path: Path, views: int, styles: tuple[str, ...], *, keep: bool = False
) -> Path:
    settings = scene.synthdata
    settings.views, settings.keep_passes, settings.use_styles = views, keep, bool(styles)
    settings.labels.visibility = settings.labels.amodal = True
    settings.labels.panoptic = settings.labels.captions = settings.labels.polygons = True
    settings.exports = {"YOLO_SEGMENT", "BOP", "IMAGEFOLDER"} if styles else {"YOLO_DETECT"}
    for name in styles:
        style = settings.styles.add()
        style.name, style.prompt = name, f"a room, {name}"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path


@pytest.mark.slow
@pytest.mark.parametrize("keep", [False, True])
def test_kills_at_random_moments_change_nothing(scene, tmp_path, monkeypatch, keep):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    blend = save(scene, tmp_path / "scene.blend", 40, () if keep else ("day", "night", "snow"), keep=keep)
    found = Killer(blend, tmp_path, SEED).run(KILLS)
    print(f"{found.kills.total()} kills {dict(found.kills)} at {dict(found.moments)}")
    print(f"{found.completed} datasets completed afterwards, {len(found.differing)} files differ")
    assert found.differing == []
    assert found.runners_left == 0
    assert found.kills.total() >= KILLS


def test_a_view_that_ends_blender_every_time_is_left_out(scene, tmp_path, monkeypatch):
    """Blender dies in the render of view 2, as it does in a faulty shader: everything else is made."""
    blend = save(scene, tmp_path / "scene.blend", 4, ())
    script = tmp_path / "crash.py"
    script.write_text(CRASH.format(root=str(ROOT), blend=str(blend), output=str(tmp_path / "out")))
    runs = [
        subprocess.run([sys.executable, script], capture_output=True, text=True, check=False, timeout=120)
        for _ in range(4)
    ]
    assert [run.returncode for run in runs[:3]] == [-9] * 3
    assert "View 2 is left out: Blender ended 3 times in a row" in runs[3].stdout
    assert "3 views labelled" in runs[3].stdout
