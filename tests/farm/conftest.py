# SPDX-License-Identifier: GPL-3.0-or-later
"""The Pythons of both halves, and a scene with the dataset that one machine makes of it."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENVS = ROOT / ".envs"
VIEWS = 12


@dataclass(frozen=True)
class Made:
    """A .blend, and the dataset that ``generate`` makes of it without a cluster."""

    blend: Path
    whole: Path
    render_python: str
    runner_python: str


def python_of(variable: str, name: str) -> str:
    found = os.environ.get(variable) or str(ENVS / name / "bin" / "python")
    if not Path(found).exists():
        pytest.skip(f"{variable} names no Python")
    return found


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Made:
    render = python_of("SYNTHDATA_TEST_BLENDER_PYTHON", "blender-4.5")
    runner = python_of("SYNTHDATA_RUNNER_PYTHON", "runner")
    work = tmp_path_factory.mktemp("made")
    blend, whole = work / "scene.blend", work / "whole"
    maker = Path(__file__).with_name("make_scene.py")
    environment = {**os.environ, "SYNTHDATA_RUNNER_PYTHON": runner, "SYNTHDATA_THREADS": "1"}
    subprocess.run([render, maker, str(blend), str(VIEWS)], check=True, cwd=ROOT)
    command = [render, "-m", "synthdata_addon", "generate", str(blend), "--output", str(whole)]
    subprocess.run(command, check=True, cwd=ROOT, env=environment)
    return Made(blend, whole, render, runner)
