# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on registered once in the ``bpy`` module, and a fresh scene for each test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import bpy
import pytest

import synthdata_addon
from synthdata_addon.core.machine import RUNNER_VARIABLE


@pytest.fixture(scope="session", autouse=True)
def addon() -> Iterator[None]:
    """Register the add-on for the whole run; a handler left at exit would hang the process."""
    if RUNNER_VARIABLE not in os.environ:
        runner = Path(__file__).parents[2] / ".envs" / "runner" / "bin" / "python"
        if runner.exists():
            os.environ[RUNNER_VARIABLE] = str(runner)
    synthdata_addon.register()
    yield
    synthdata_addon.unregister()


@pytest.fixture
def empty_scene() -> bpy.types.Scene:
    """Return the scene of a fresh, empty file."""
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    return bpy.context.scene


@pytest.fixture
def scene(empty_scene: bpy.types.Scene) -> bpy.types.Scene:
    """Return a small scene: two labelled cubes and a ball on an unlabelled floor, 96 x 64 pixels, no styles."""
    from tests.blender import scenes

    scenes.add_cube("Left", (-1.0, 0.0, 0.5), category="box")
    scenes.add_cube("Right", (1.2, 0.3, 0.5), category="box")
    scenes.add_ball("Ball", (0.0, 0.8, 0.6), 0.6, category="ball")
    scenes.add_quad("Floor", 4.0, 0.0)
    settings = empty_scene.synthdata
    settings.width, settings.height = 96, 64
    settings.views, settings.radius, settings.use_styles = 4, 5.0, False
    settings.keep_passes = True
    return empty_scene
