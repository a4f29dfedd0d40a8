# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults under a job that runs in Blender: one sentence, what is done is kept, and the next run goes on."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from pathlib import Path

import bpy
import pytest

from synthdata_addon.core.errors import DatasetError
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
    from synthdata_addon.ui.preferences import RUNNER_VARIABLE

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
