# SPDX-License-Identifier: GPL-3.0-or-later
"""The zip installed, enabled, disabled and enabled again by Blender's own extension system, in the `bpy` module."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

INSIDE = Path(__file__).with_name("inside_blender.py")
LIMIT_SECONDS = 180


@pytest.fixture(scope="module")
def seen(
    extension_zip: Path, blender_python: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What `inside_blender.py` saw, with user folders of its own."""
    folder = tmp_path_factory.mktemp("installed")
    result = folder / "result.json"
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    variables["BLENDER_USER_RESOURCES"] = str(folder / "user")
    done = subprocess.run(
        [str(blender_python), "-I", str(INSIDE), str(extension_zip), str(result)],
        env=variables,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
    return json.loads(result.read_text())


def test_installs_and_enables_under_the_restricted_context(seen: dict[str, Any]) -> None:
    assert seen["enabled"]
    assert {"generate", "add_example_room"} <= set(seen["operators"])


def test_brings_its_own_wheels(seen: dict[str, Any]) -> None:
    """OpenEXR and Pillow come from the extension's folder, not from somewhere else."""
    for name, place in seen["wheels"].items():
        assert "/user/extensions/.local/" in Path(place).as_posix(), (name, place)


def test_leaves_nothing_behind_when_disabled(seen: dict[str, Any]) -> None:
    assert seen["after"] == seen["before"]
    assert seen["finally"] == seen["before"]


def test_comes_back_whole_when_enabled_again(seen: dict[str, Any]) -> None:
    assert seen["again"] == seen["during"]
