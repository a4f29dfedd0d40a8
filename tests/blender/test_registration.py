# SPDX-License-Identifier: GPL-3.0-or-later
"""What we add to Blender goes away again, and nothing is half added."""

from __future__ import annotations

import bpy
import bpy.utils.previews
import pytest

import synthdata_addon
from synthdata_addon import registration
from synthdata_addon.ui import checked, class_overlay, model_list, runner_setup
from synthdata_addon.ui import preview as camera_preview
from synthdata_addon.ui.class_overlay import overlay
from synthdata_addon.ui.label_properties import CLASSES as LABELS
from synthdata_addon.ui.preview import preview
from synthdata_addon.ui.view_preview import preview_of_view

KINDS = (
    bpy.types.Scene,
    bpy.types.Object,
    bpy.types.Collection,
    bpy.types.Material,
    bpy.types.WindowManager,
)
TIMERS = (checked._tick, class_overlay._look, camera_preview._follow, model_list._tick, runner_setup._tick)


def traces() -> dict[str, object]:
    """Everything of Blender's that an add-on can leave something in."""
    handlers = {
        name: list(getattr(bpy.app.handlers, name))
        for name in dir(bpy.app.handlers)
        if isinstance(getattr(bpy.app.handlers, name), list)
    }
    classes = sorted(
        cls.__name__
        for base in (bpy.types.Operator, bpy.types.Panel, bpy.types.PropertyGroup, bpy.types.UIList)
        for cls in base.__subclasses__()
        if getattr(cls, "is_registered", False) and cls.__module__.startswith("synthdata_addon")
    )
    own = [name for kind in KINDS for name in [hasattr(kind, "synthdata")]]
    return {
        "handlers": handlers,
        "classes": classes,
        "own": own,
        "menu": list(bpy.types.VIEW3D_MT_add._dyn_ui_initialize()),
        "popover": list(bpy.types.VIEW3D_PT_overlay_object._dyn_ui_initialize()),
        "previews": len(bpy.utils.previews._uuid_open),
        "timers": [function for function in TIMERS if bpy.app.timers.is_registered(function)],
        "draw handlers": [*overlay._handles, preview._handle, preview_of_view._handle],
    }


@pytest.fixture
def unregistered():
    synthdata_addon.unregister()
    yield
    synthdata_addon.unregister()
    synthdata_addon.register()


def test_unregister_leaves_no_trace(unregistered):
    before = traces()
    synthdata_addon.register()
    assert traces() != before
    synthdata_addon.unregister()
    assert traces() == before


def test_what_was_switched_on_goes_away_too(scene, unregistered):
    synthdata_addon.register()
    bpy.context.window_manager.synthdata.overlay = True
    bpy.ops.synthdata.preview_cameras()
    synthdata_addon.unregister()
    before = traces()
    synthdata_addon.register()
    for timer in TIMERS:
        bpy.app.timers.register(timer, first_interval=1e6)
    bpy.context.window_manager.synthdata.overlay = True
    synthdata_addon.unregister()
    assert traces() == before
    assert not before["timers"]
    assert before["draw handlers"] == [None, None]


def test_a_failure_in_the_middle_takes_everything_back(unregistered, monkeypatch):
    before = traces()

    class Broken(bpy.types.Operator):
        pass

    monkeypatch.setattr(registration, "CLASSES", (*registration.CLASSES, Broken))
    with pytest.raises((RuntimeError, ValueError, AttributeError)):
        synthdata_addon.register()
    assert traces() == before


def test_every_operator_and_setting_says_what_it_does():
    for cls in registration.CLASSES:
        if issubclass(cls, bpy.types.Operator):
            assert cls.__doc__
            assert not cls.__doc__.endswith(".")
    groups = [cls for cls in registration.CLASSES if issubclass(cls, bpy.types.PropertyGroup)]
    assert len(groups) > 5
    for cls in groups:
        for item in cls.bl_rna.properties:
            if item.identifier not in {"rna_type", "name"}:
                assert item.name, (cls, item.identifier)
                assert cls not in LABELS or item.description, item.identifier
