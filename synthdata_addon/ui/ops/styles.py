# SPDX-License-Identifier: GPL-3.0-or-later
"""Add, remove and move styles."""

from __future__ import annotations

import bpy
from bpy.props import EnumProperty

from ...core.spec import StyleSpec
from ..settings import add_style
from .list_items import free_name, remove_active


class SYNTHDATA_OT_style_add(bpy.types.Operator):
    """Add a style"""

    bl_idname = "synthdata.style_add"
    bl_label = "Add Style"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.synthdata
        add_style(settings, StyleSpec(name=free_name("style", settings.styles), prompt="an office"))
        settings.active_style = len(settings.styles) - 1
        return {"FINISHED"}


class SYNTHDATA_OT_style_remove(bpy.types.Operator):
    """Remove the active style"""

    bl_idname = "synthdata.style_remove"
    bl_label = "Remove Style"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return bool(context.scene.synthdata.styles)

    def execute(self, context: bpy.types.Context) -> set[str]:
        remove_active(context.scene.synthdata, "styles", "active_style")
        return {"FINISHED"}


class SYNTHDATA_OT_style_move(bpy.types.Operator):
    """Move the active style"""

    bl_idname = "synthdata.style_move"
    bl_label = "Move Style"
    bl_options = {"REGISTER", "UNDO"}

    direction: EnumProperty(
        name="Direction",
        description="Where the style is moved",
        items=[("UP", "Up", "", 0), ("DOWN", "Down", "", 1)],
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.synthdata
        to = settings.active_style + (-1 if self.direction == "UP" else 1)
        if not 0 <= to < len(settings.styles):
            return {"CANCELLED"}
        settings.styles.move(settings.active_style, to)
        settings.active_style = to
        return {"FINISHED"}


CLASSES = (SYNTHDATA_OT_style_add, SYNTHDATA_OT_style_remove, SYNTHDATA_OT_style_move)
