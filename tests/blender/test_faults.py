# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults under a job that runs in Blender: one sentence, what is done is kept, and the next run goes on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import bpy
import pytest

from synthdata_addon.blender.missing import missing_files
from synthdata_addon.core.errors import DatasetError
from synthdata_addon.core.machine import RUNNER_VARIABLE
from synthdata_addon.ui.job import GenerateJob
from synthdata_addon.ui.preferences import SILENCE_VARIABLE
from synthdata_addon.ui.request import resolve_request
from tests.blender import scenes
from tests.same_dataset import differing

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX mounts and scripts")


def begin(scene: bpy.types.Scene, folder: Path, steps: int) -> GenerateJob:
    job = GenerateJob(scene, bpy.context.view_layer, resolve_request(scene), folder)
    for _ in range(steps):
        job.step()
    return job


def test_blender_has_no_thread_of_ours(scene, tmp_path):
    """With one, Blender 4.5 ended in a segmentation fault within some thousand renders."""
    job = begin(scene, tmp_path, 2)
    assert threading.enumerate() == [threading.main_thread()]
    job.close()


def test_a_second_job_waits_for_no_one_and_says_who_is_there(scene, tmp_path):
    job = begin(scene, tmp_path, 1)
    with pytest.raises(RuntimeError, match=r"Another job of this program .* is working on"):
        scenes.generate(tmp_path)
    while job.step():
        pass
    assert job.status.complete, job.status.problems
    assert not list(tmp_path.glob("*.lock"))


def test_a_folder_that_is_removed_in_mid_job_does_not_come_back(scene, tmp_path):
    job = begin(scene, tmp_path / "set", 2)
    shutil.rmtree(tmp_path / "set")
    with pytest.raises(DatasetError) as caught:
        job.step()
    job.close()
    assert caught.value.code == "dataset.lost"
    assert not (tmp_path / "set").exists()


def test_a_disk_that_fills_up_ends_the_job_and_the_next_goes_on(scene, tmp_path):
    scene.synthdata.keep_passes = False
    scenes.generate(tmp_path / "whole")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small file system cannot be mounted here")
    try:
        job = begin(scene, disk / "set", 2)
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(shutil.disk_usage(disk).free))
        problems = []
        try:
            while job.step():
                pass
        except DatasetError as error:
            problems.append(str(error))
        problems += job.status.problems + job.status.warnings
        job.close()
        assert any("No space left" in text or "disk full" in text for text in problems), problems
        assert not job.status.complete
        assert all("Traceback" not in text for text in problems)
        ballast.unlink()
        assert scenes.generate(disk / "set") == {"FINISHED"}
        assert differing(tmp_path / "whole", disk / "set") == []
    finally:
        subprocess.run(["umount", "-l", disk], check=False)


def test_a_runner_that_hangs_is_ended_and_the_next_run_goes_on(scene, tmp_path, monkeypatch):
    hung = tmp_path / "python"
    hung.write_text("#!/bin/sh\nexec sleep 600\n")
    hung.chmod(0o755)
    with monkeypatch.context() as patch:
        patch.setenv(RUNNER_VARIABLE, str(hung))
        patch.setenv(SILENCE_VARIABLE, "0.02")
        with pytest.raises(RuntimeError, match="no sign of life"):
            scenes.generate(tmp_path / "set")
        patch.setenv(SILENCE_VARIABLE, "soon")
        with pytest.raises(RuntimeError, match=f"{SILENCE_VARIABLE} is 'soon'"):
            scenes.generate(tmp_path / "set")
    assert scenes.generate(tmp_path / "set") == {"FINISHED"}


def test_missing_files_are_named_and_everything_else_is_made(scene, tmp_path):
    other = tmp_path / "other.blend"
    scenes.add_ball("Linked", (0.0, 0.0, 3.0), 0.4)
    picture = bpy.data.images.new("wood", 4, 4)
    picture.filepath_raw, picture.file_format = str(tmp_path / "wood.png"), "PNG"
    picture.save()
    bpy.data.libraries.write(str(other), {bpy.data.objects["Linked"]})
    bpy.data.objects.remove(bpy.data.objects["Linked"])
    bpy.data.images.remove(picture)
    material = bpy.data.materials.new("wood")
    material.use_nodes = True
    texture = material.node_tree.nodes.new("ShaderNodeTexImage")
    texture.image = bpy.data.images.load(str(tmp_path / "wood.png"))
    scenes.add_ball("Ball", (0.0, 2.0, 0.0), 0.4, category="ball").data.materials.append(material)
    with bpy.data.libraries.load(str(other), link=True) as (_, into):
        into.objects = ["Linked"]
    scene.collection.objects.link(into.objects[0])
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert missing_files() == []
    (tmp_path / "wood.png").unlink()
    other.unlink()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert {text.split(" '")[0] for text in missing_files()} == {"library", "texture"}
    job = begin(bpy.context.scene, tmp_path / "set", 0)
    while job.step():
        pass
    assert job.status.complete, job.status.problems
    told = [text for text in job.status.warnings if text.startswith("The scene lacks ")]
    assert len(told) == 1
    assert "other.blend" in told[0]
    assert "wood.png" in told[0]
    assert "Ball" in {item["name"] for item in scenes.instances(tmp_path / "set").values()}


LETHAL = """#!{python}
import os, runpy, signal, sys

def die(event, args):
    if event == "open" and str(args[0]).endswith("000002.exr"):
        os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(die)
sys.argv = sys.argv[sys.argv.index("-I") + 1 :]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_a_runner_that_is_killed_is_started_again(scene, tmp_path):
    scene.synthdata.keep_passes = False
    scenes.generate(tmp_path / "whole")
    job = begin(scene, tmp_path / "set", 2)
    lock = tmp_path / "set" / "runner.lock"
    while not lock.exists():
        job.step()
    runner = json.loads(lock.read_text())["pid"]
    os.kill(runner, signal.SIGKILL)
    half = tmp_path / "set" / "masks" / f".000001.{runner}.part.png"
    half.parent.mkdir(exist_ok=True)
    half.write_bytes(b"half a picture")
    others = tmp_path / "set" / ".of-another.1.part.png"
    others.write_bytes(b"still being written")
    while job.step():
        pass
    assert job.status.complete, job.status.problems
    assert [text for text in job.status.warnings if "SIGKILL" in text and "started again" in text]
    assert not half.exists()
    others.unlink()
    assert differing(tmp_path / "whole", tmp_path / "set") == []


def test_a_view_that_ends_every_runner_is_left_out(scene, tmp_path, monkeypatch):
    """As a fault in a library would: the runner dies as it opens the passes of view 2; all others are labelled."""
    scene.synthdata.views = 4
    lethal = tmp_path / "python"
    lethal.write_text(LETHAL.format(python=os.environ[RUNNER_VARIABLE]))
    lethal.chmod(0o755)
    with monkeypatch.context() as patch:
        patch.setenv(RUNNER_VARIABLE, str(lethal))
        job = begin(scene, tmp_path / "set", 1)
        while job.step():
            pass
    assert sum("started again" in text for text in job.status.warnings) == 3
    assert any("View 2 is not labelled: the runner ended 3 times" in text for text in job.status.warnings)
    labels = {line["view"]: line["skipped"] for line in scenes.lines(tmp_path / "set" / "labels.jsonl")}
    assert [view for view, skipped in labels.items() if not skipped] == [0, 1, 3]
    assert not list(tmp_path.glob("set/*.lock"))
    assert not (tmp_path / "set" / "labelling.json").exists()
    # Without the fault the next run makes what is left.
    assert scenes.generate(tmp_path / "set") == {"FINISHED"}
    assert len(list((tmp_path / "set" / "masks" / "instance").iterdir())) == 4
