# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of all settings says what the extension has, and every setting says what it does."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("settings_page", ROOT / "docs" / "settings.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_page_is_up_to_date(empty_scene, script):
    assert script.page(empty_scene) == script.PAGE.read_text(encoding="utf-8"), "run docs/settings.py again"


def test_every_setting_says_what_it_does(empty_scene, script):
    rows = list(script.rows(empty_scene))
    assert len(rows) > 150
    assert [row.path for row in rows if not row.description] == []
    # Blender ends a tooltip with a full stop of its own.
    assert [row.path for row in rows if row.description.endswith(".")] == []


def test_keys_are_found_by_change(empty_scene, script):
    """Three that are known from elsewhere: one plain, one that needs a neighbour, one that no job file holds."""
    keys = {row.path: row.key for row in script.rows(empty_scene)}
    assert keys["width"] == "width"
    assert keys["frame_start"] == "sweep.frame_start"
    assert keys["diffusion.loras[0].weight"] == "model.loras[].weight"
    assert keys["output"] == ""
