# SPDX-License-Identifier: GPL-3.0-or-later
"""The zip installed, enabled, disabled and enabled again by Blender's own extension system, in the `bpy` module."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.package.conftest import run_inside

INSIDE = Path(__file__).with_name("inside_blender.py")
LIMIT_SECONDS = 180


@pytest.fixture(scope="module")
def seen(
    extension_zip: Path, blender_python: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What `inside_blender.py` saw, with user folders of its own."""
    folder = tmp_path_factory.mktemp("installed")
    found, printed = run_inside(
        blender_python, INSIDE, [extension_zip], folder, limit=LIMIT_SECONDS, forget=("PYTHON",)
    )
    assert "Traceback" not in printed, printed
    return found


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
