# SPDX-License-Identifier: GPL-3.0-or-later
"""The runner by itself, as a command, and what it shows on a terminal."""

from __future__ import annotations

import io

import pytest

from synthdata_addon.core.protocol import Done, Error, Progress
from synthdata_addon.core.spec import JobSpec
from synthdata_addon.runner.cli import Terminal, main
from synthdata_addon.runner.pace import Pace
from tests.synthetic_dataset import make_dataset


class Screen(io.StringIO):
    def isatty(self):
        return True


def test_an_existing_dataset_is_labelled_without_blender(tmp_path, capfd):
    folder = make_dataset(tmp_path / "dataset", JobSpec(width=48, height=32), 2)
    assert main([str(folder.root)]) == 0
    out, err = capfd.readouterr()
    assert out == ""
    assert "labels 2/2" in err
    assert "Done: 2 views labelled, 0 pictures, 6 annotations, 0 skipped" in err
    assert folder.annotations("train").is_file()


def test_a_folder_that_is_no_dataset_fails_with_a_sentence(tmp_path, capfd):
    assert main([str(tmp_path)]) == 1
    assert f"'{tmp_path}' has no job.json. Choose a dataset's folder." in capfd.readouterr().err


def test_help(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    assert "DATASET" in capsys.readouterr().out.upper()


def test_progress_is_one_line_on_a_terminal():
    screen = Screen()
    terminal = Terminal(screen)
    terminal.show(Progress("samples", 1, 3, 200.0))
    terminal.show(Progress("samples", 2, 3, 8.0))
    terminal.show(Error("model.no_torch", "No torch.", "Install it."))
    terminal.show(Done(samples=2, cancelled=True))
    assert "\n" not in screen.getvalue().split("Error:")[0]
    assert "samples 1/3, 3 min 20 s left" in screen.getvalue()
    assert "Error: No torch. Install it.\n" in screen.getvalue()
    assert "Stopped: 0 views" in screen.getvalue()
    assert terminal.failed


def test_the_time_left_follows_the_last_steps():
    pace = Pace()
    assert pace.eta("samples", 5) == -1.0
    for _ in range(30):
        pace.add("samples", 10.0)
    for _ in range(20):
        pace.add("samples", 2.0)
    assert pace.eta("samples", 5) == 10.0
    assert pace.seconds == {"samples": 340.0}
