# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel of camera sweeps: every kind draws what it needs, nothing that it has no use for, and all there is."""

from __future__ import annotations

from typing import get_args

import bpy
import pytest

from synthdata_addon.core.sweep_spec import SweepKind
from synthdata_addon.ui.preview import preview
from synthdata_addon.ui.sweep_panels import CLASSES
from tests.blender.test_panel_settings import draw

NEEDED = {
    "ORBIT": {"target", "radius", "elevation", "azimuth_range", "look_at"},
    "DOME": {"target", "radius", "elevation_min", "elevation_max"},
    "RINGS": {"target", "radius", "rings", "elevation_min", "elevation_max", "azimuth_range"},
    "DOLLY": {"target", "radius", "radius_end", "turns", "elevation"},
    "TURNTABLE": {"target", "radius", "elevation", "azimuth_range"},
    "PATH": {"place", "free", "target"},
    "GRID": {"place", "grid", "free", "target"},
    "VOLUME": {"place", "free", "target"},
    "LOOK_AROUND": {"place", "pitch_min", "pitch_max"},
    "CAMERAS": set(),
    "FRAMES": {"use_scene_frames", "frame_step"},
    "MARKERS": set(),
}
ALWAYS = {"sweep", "views", "seed", "visible", "clearance", "min_instances", "synthdata.preview_cameras"}


def shown() -> set[str]:
    return {name for cls in CLASSES for name in draw(cls)}


@pytest.mark.parametrize("kind", get_args(SweepKind))
def test_every_sweep_draws_what_it_needs(scene, kind):
    scene.synthdata.sweep = kind
    names = shown()
    assert names >= NEEDED[kind] | ALWAYS
    ours = set().union(*NEEDED.values()) - {"target", "look_at"}
    unused = ours - NEEDED[kind] - {"lens", "azimuth_range"}
    assert not names & unused
    assert ("novelty" in names) == (kind not in ("CAMERAS", "FRAMES", "MARKERS"))


def test_settings_show_those_that_depend_on_them(scene):
    settings, more = scene.synthdata, scene.synthdata.sweep_settings
    assert not {"balance", "shares", "min_pixels", "novelty_angle"} & shown()
    more.look_at, more.balance, more.min_instances, more.novelty = "OBJECTS", "SHARES", 2, 1.0
    assert shown() >= {"balance", "shares", "min_pixels", "novelty_angle"}
    assert "target" not in shown()
    settings.sweep = "TURNTABLE"
    assert "target" in shown()
    settings.sweep, more.free = "VOLUME", True
    assert shown() >= {"pitch_min", "pitch_max"}
    assert "look_at" not in shown()


def test_what_a_preview_found_is_said(scene):
    bpy.ops.synthdata.coverage()
    names = shown()
    assert "4 views" in names
    assert any(name.startswith("Small") for name in names)
    preview.clear()
    assert "4 views" not in shown()
