# SPDX-License-Identifier: GPL-3.0-or-later
"""The installed zip in Debian's Blenders, without a window."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.real.conftest import RealBlender
from tests.real.datasets import check_dataset

pytestmark = pytest.mark.slow

SIZE = (256, 192)


def expression(**arguments: object) -> str:
    """The Python that a user writes after --python-expr."""
    values = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    return f"import bpy; bpy.ops.synthdata.generate({values})"


def test_is_the_blender_it_should_be(blender: RealBlender) -> None:
    assert blender.run("--version").stdout.startswith(f"Blender {blender.version}.")


def test_python_expression_makes_a_dataset(blender: RealBlender, room: Path, tmp_path: Path) -> None:
    """Settings from the file, the argument `views` wins; the runner is another Python than Blender's."""
    output = blender.work / "by-expression"
    done = blender.run("-b", str(room), "--python-expr", expression(output=str(output), views=2, seed="1"))
    assert done.returncode == 0, done.stdout
    check_dataset(output, images=2, size=SIZE)


def test_command_makes_a_dataset(blender: RealBlender, room: Path) -> None:
    output = blender.work / "by-command"
    arguments = ["--output", str(output), "--views", "2", "--seed", "1"]
    done = blender.run("-b", str(room), "--command", "synthdata", "generate", *arguments)
    assert done.returncode == 0, done.stdout
    check_dataset(output, images=2, size=SIZE)


def test_command_finds_no_fault_in_it(blender: RealBlender, room: Path) -> None:
    """A dataset made by one command is checked by the other, in the same Python that labelled it."""
    output = blender.work / "checked"
    arguments = ["--output", str(output), "--views", "1", "--no-styles"]
    done = blender.run("-b", str(room), "--command", "synthdata", "generate", *arguments)
    assert done.returncode == 0, done.stdout
    checked = blender.run("-b", "--command", "synthdata", "validate", str(output))
    assert checked.returncode == 0, checked.stdout
    assert "no fault" in checked.stdout


def test_command_again_makes_nothing_twice(blender: RealBlender, room: Path) -> None:
    """A finished job run again is done at once, and no picture is written anew."""
    output = blender.work / "resumed"
    arguments = ["--command", "synthdata", "generate", "--output", str(output), "--views", "2", "--seed", "1"]
    first = blender.run("-b", str(room), *arguments)
    assert first.returncode == 0, first.stdout
    times = {path: path.stat().st_mtime_ns for path in output.glob("images/**/*.png")}
    second = blender.run("-b", str(room), *arguments)
    assert second.returncode == 0, second.stdout
    assert times
    assert {path: path.stat().st_mtime_ns for path in output.glob("images/**/*.png")} == times


def test_labels_without_torch(blender: RealBlender, room: Path) -> None:
    """No runner Python is set: Blender's own makes labels and control images with our wheels, and says what lacks.

    The pictures that the file asks for are not there, so that the exit status is not 0.
    """
    output = blender.work / "own-python"
    arguments = ["--output", str(output), "--views", "2", "--seed", "1"]
    done = blender.run("-b", str(room), "--command", "synthdata", "generate", *arguments, runner=False)
    assert done.returncode == 1, done.stdout
    assert "torch" in done.stdout
    assert "2 views labelled" in done.stdout
    assert len(list(output.glob("control/normal/*.png"))) == 2
    check_dataset(output, images=2, size=SIZE)  # where there are no pictures, the depth images are annotated


def test_command_helps(blender: RealBlender) -> None:
    done = blender.run("-b", "--command", "synthdata", "generate", "--help")
    assert done.returncode == 0, done.stdout
    assert "--output" in done.stdout


@pytest.mark.parametrize("way", ["expression", "command"])
def test_failure_is_seen_in_the_exit_status(blender: RealBlender, way: str) -> None:
    """Nothing in the scene has a category: one sentence, no traceback, exit status not 0."""
    scene = blender.work / "unlabelled.blend"
    blender.script("make_unlabelled.py", scene)
    output = str(blender.work / f"never-{way}")
    if way == "expression":
        done = blender.run("-b", str(scene), "--python-expr", expression(output=output, views=2))
    else:
        done = blender.run("-b", str(scene), "--command", "synthdata", "generate", "--output", output)
    assert done.returncode not in (0, None), done.stdout
    assert "categor" in done.stdout.lower()
    if way == "command":
        assert "Traceback" not in done.stdout, done.stdout


@pytest.mark.parametrize("trusted", [False, True])
def test_scripts_of_a_file_run_only_when_asked(blender: RealBlender, trusted: bool) -> None:
    """A file from elsewhere: its script and its driver's expression write files, if they are let."""
    scene, traces = blender.work / "scripted.blend", blender.work / f"traces-{trusted}"
    traces.mkdir()
    blender.script("make_scripted.py", scene, traces)
    for trace in traces.iterdir():  # making the file may have run the driver
        trace.unlink()
    output = str(blender.work / f"scripted-{trusted}")
    asked = ["--enable-autoexec"] * trusted
    done = blender.run("-b", *asked, str(scene), "--command", "synthdata", "generate", "--output", output)
    assert done.returncode == 0, done.stdout
    assert "1 view" in done.stdout
    assert {trace.name for trace in traces.iterdir()} == ({"script", "driver"} if trusted else set())
