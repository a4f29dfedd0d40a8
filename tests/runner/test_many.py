# SPDX-License-Identifier: GPL-3.0-or-later
"""A runner for many datasets: the same pictures as one for each, with the model loaded once; and a command's leash."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace

import pytest

from synthdata_addon.core.errors import RunnerError
from synthdata_addon.core.layout import DatasetFolder
from synthdata_addon.core.model_spec import ModelSpec
from synthdata_addon.core.process import start_of
from synthdata_addon.runner import many
from synthdata_addon.runner.processes import LEASH, ManyRunner, generate
from tests.runner_runs import LABELS, STYLES, run_here
from tests.same_dataset import differing
from tests.synthetic_dataset import make_dataset


def spec_of(model):
    return replace(LABELS, styles=STYLES[:1], model=ModelSpec(path=str(model), steps=1, device="cpu"))


def test_the_model_is_loaded_once_and_pictures_are_the_same(tmp_path, tiny_model, monkeypatch):
    loads = []
    monkeypatch.setattr(many, "load_model", lambda job, real=many.load_model: loads.append(1) or real(job))
    model = many.KeptModel()
    folders = [make_dataset(tmp_path / name, spec_of(tiny_model), 2) for name in ("one", "two")]
    assert [many._run(folder.root, model) for folder in folders] == [[], []]
    assert len(loads) == 1
    other = make_dataset(tmp_path / "other", replace(spec_of(tiny_model), seed=2), 1)
    assert many._run(other.root, model) == []
    assert len(loads) == 2  # another job
    alone = make_dataset(tmp_path / "alone", spec_of(tiny_model), 2)
    run_here(alone)
    assert differing(alone.root, folders[1].root) == []


def test_as_a_process_it_serves_until_its_input_ends(tmp_path):
    folders = [make_dataset(tmp_path / name, LABELS, 2) for name in ("one", "two")]
    runner = ManyRunner(sys.executable)
    for folder in folders:
        runner.finish(folder)
        assert len((folder.root / "labels.jsonl").read_text().splitlines()) == 2
    with pytest.raises(RunnerError, match="has no job"):
        runner.finish(DatasetFolder(tmp_path / "none"))
    runner._process.kill()
    runner._process.wait()
    with pytest.raises(RunnerError, match="The runner ended with exit status"):
        runner.finish(folders[0])


def test_a_command_on_a_leash_ends_with_who_holds_it(tmp_path):
    """As on a node that is lost: the process at the other end of the pipe is killed, and says nothing."""
    note = tmp_path / "pid"
    sleeper = f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    holder = (
        "import subprocess, sys, time; subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE); time.sleep(600)"
    )
    command = [sys.executable, "-c", holder, sys.executable, str(LEASH), sys.executable, "-c", sleeper]
    process = subprocess.Popen(command)
    end = time.monotonic() + 60
    while not (note.exists() and note.read_text()):
        assert time.monotonic() < end
        time.sleep(0.02)
    process.kill()
    process.wait()
    while start_of(int(note.read_text())) is not None:
        assert time.monotonic() < end, "the command outlived its holder"
        time.sleep(0.02)


def test_a_leash_hands_the_exit_status_on():
    command = [sys.executable, str(LEASH), sys.executable, "-c", "raise SystemExit(7)"]
    held = subprocess.Popen(command, stdin=subprocess.PIPE)
    assert held.wait(60) == 7
    held.stdin.close()


def test_blender_that_crashes_is_started_again_and_one_that_fails_is_not(tmp_path):
    """In Blender's place a program that kills itself twice, as a crash does; then one that says what is wrong."""
    folder, log = DatasetFolder(tmp_path / "set"), tmp_path / "set" / "generate.log"
    program = tmp_path / "blender.py"
    program.write_text(
        "#!" + sys.executable + "\nimport os, sys\nprint('run', flush=True)\n"
        f"if open({str(log)!r}).read().count('run') < 3: os.kill(os.getpid(), 11)\n"
        "sys.exit('no camera' if '--fail' in sys.argv else 0)\n"
    )
    program.chmod(0o755)
    generate(str(program), ["scene.blend"], folder, {}, log)
    assert log.read_text().count("run") == 3
    with pytest.raises(RunnerError, match="exit status 1: run run run run no camera"):
        generate(str(program), ["scene.blend", "--fail"], folder, {}, log)
