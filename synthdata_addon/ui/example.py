# SPDX-License-Identifier: GPL-3.0-or-later
"""The example room with job settings that suit it: what ``Add Example Room`` and the demo set up."""

from __future__ import annotations

import bpy

from ..blender.example import ExampleRoom, add_example_room
from ..core.spec import StyleSpec
from .numbers import write
from .settings import add_style

STYLES = (
    StyleSpec("office", "an office"),
    StyleSpec("teenager's room", "a teenager's room"),
    StyleSpec("witch's lair", "a witch's lair"),
)
RADIUS = 2.2
ELEVATION = 24.0
VIEWS = 8
SIZE = (256, 256)


def add_room(scene: bpy.types.Scene) -> ExampleRoom:
    """Add the room and aim the sweep at its desk; styles are added only where there are none."""
    room = add_example_room(scene)
    settings = scene.synthdata
    settings.target = bpy.data.objects[room.target]
    settings.sweep, settings.radius = "ORBIT", RADIUS
    write(settings, "elevation", ELEVATION)
    if not settings.styles:
        for style in STYLES:
            add_style(settings, style)
    return room


def fill_example_scene(scene: bpy.types.Scene) -> None:
    """Empty the scene, add the room and settle everything for the demo: 8 views, 3 styles, the embedded model."""
    for obj in list(scene.objects):
        bpy.data.objects.remove(obj)
    add_room(scene)
    settings = scene.synthdata
    settings.views, settings.val_fraction = VIEWS, 0.25
    settings.width, settings.height = SIZE
