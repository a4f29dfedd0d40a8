# SPDX-License-Identifier: GPL-3.0-or-later
"""What the preferences say about the runner, and which buttons are there when."""

from __future__ import annotations

from types import SimpleNamespace

import bpy
import pytest

from synthdata_addon.core.machine import RUNNER_VARIABLE
from synthdata_addon.runner.own_environment import RunnerEnvironment
from synthdata_addon.runner.setting_up import SetupProgress
from synthdata_addon.ui import runner_setup
from synthdata_addon.ui.preferences import RunnerSettings, SynthDataPreferences
from synthdata_addon.ui.runner_preferences import draw_runner
from synthdata_addon.ui.runner_setup import setup
from tests.blender.test_panel_settings import Layout

READY = RunnerEnvironment("/x/cp311-1", "3.11.7", "2.13.0+cpu", "CPU", 1_190_000_000, "0")


@pytest.fixture
def clean(monkeypatch):
    """The state of this session, put back afterwards."""
    for name, value in vars(setup).items():
        monkeypatch.setattr(setup, name, value)
    monkeypatch.delenv(RUNNER_VARIABLE, raising=False)
    return monkeypatch


def drawn(runner_python: str = "") -> list[str]:
    layout = Layout()
    settings = SimpleNamespace(
        bl_rna=SynthDataPreferences.bl_rna, runner_python=runner_python, torch_index=""
    )
    draw_runner(layout, settings)
    return layout.drawn


def test_without_a_runner_there_is_one_button_to_set_it_up(clean):
    setup.refresh()
    found = drawn()
    assert "Not set up: labels and control images only, no pictures" in found
    assert "synthdata.setup_runner" in found
    assert not {"synthdata.remove_runner", "synthdata.cancel_runner_setup"} & set(found)


def test_an_environment_is_described_used_and_can_be_removed(clean):
    clean.setattr(runner_setup.own_environment, "find_environment", lambda _base: READY)
    clean.setattr(runner_setup, "base_folder", lambda: "/x")
    setup.refresh()
    found = drawn()
    assert found[1].startswith("Ready: torch 2.13.0+cpu, CPU, 1.2 GB. The runner is older than the extension")
    assert {"synthdata.setup_runner", "synthdata.remove_runner"} <= set(found)
    assert RunnerSettings.current().site_dirs == (READY.folder,)
    clean.setenv(RUNNER_VARIABLE, "/own/python")
    assert RunnerSettings.current().python == "/own/python"


def test_while_it_works_there_is_a_bar_and_a_button_to_cancel(clean):
    process = SimpleNamespace(
        cancelled=False, progress=SetupProgress("download", 41_000_000, 327_000_000, 95.0), step=lambda: False
    )
    setup.begin(process)
    assert not setup.step()
    assert setup.working == "Downloading 41 of 327 MB, 1 min 35 s left"
    assert setup.share == pytest.approx(41 / 327)
    found = drawn()
    assert "synthdata.cancel_runner_setup" in found
    assert "synthdata.setup_runner" not in found
    for operator in (bpy.ops.synthdata.setup_runner, bpy.ops.synthdata.check_runner):
        assert not operator.poll()
    setup.process = None


def test_a_python_of_ones_own_stands_above_all(clean):
    assert "The Python below is used" in drawn("/own/python")
    clean.setenv(RUNNER_VARIABLE, "/another/python")
    assert f"The Python of the environment variable {RUNNER_VARIABLE} is used" in drawn("/own/python")


def test_the_size_of_the_download_is_said_before_it_begins():
    assert "GB" in runner_setup.download_size()


def test_what_cannot_work_is_refused_in_a_sentence(monkeypatch):
    monkeypatch.delenv(RUNNER_VARIABLE, raising=False)
    with pytest.raises(RuntimeError, match="may not go online"):
        bpy.ops.synthdata.setup_runner()
    with pytest.raises(RuntimeError, match="No Python is chosen"):
        bpy.ops.synthdata.check_runner()
