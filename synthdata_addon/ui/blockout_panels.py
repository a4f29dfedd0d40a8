# SPDX-License-Identifier: GPL-3.0-or-later
"""3D View > N > SynthData > Scene: blockouts, and what is placed in the scene."""

from __future__ import annotations

from typing import Any

import bpy

from .ops.blockouts import SYNTHDATA_MT_add_blockout
from .ops.example_room import SYNTHDATA_OT_add_example_room
from .ops.populate import (
    SYNTHDATA_OT_mark_surface,
    SYNTHDATA_OT_populate,
    SYNTHDATA_OT_populate_clear,
    SYNTHDATA_OT_source_add,
    SYNTHDATA_OT_source_remove,
)
from .panel import SidebarPanel


class SYNTHDATA_PT_scene(SidebarPanel):
    """Sets to start from."""

    bl_label = "Scene"
    bl_idname = "SYNTHDATA_PT_scene"
    bl_order = 0

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.menu(menu=SYNTHDATA_MT_add_blockout.bl_idname, icon="SCENE_DATA")
        self.layout.operator(SYNTHDATA_OT_add_example_room.bl_idname, icon="HOME")


class SYNTHDATA_PT_populate(SidebarPanel):
    """What is placed, where and how."""

    bl_label = "Populate"
    bl_idname = "SYNTHDATA_PT_populate"
    bl_parent_id = "SYNTHDATA_PT_scene"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.synthdata.populate
        self._draw_sources(settings)
        column = self._column()
        column.prop(settings, "primitives")
        if settings.primitives:
            column.prop(settings, "primitive_min")
            column.prop(settings, "primitive_max")
        column.prop(settings, "where")
        if settings.where == "VOLUME":
            column.prop(settings, "volume")
        else:
            self._draw_surfaces(column, settings)
        self._draw_details(column, settings)
        row = self.layout.row(align=True)
        row.operator(SYNTHDATA_OT_populate.bl_idname, icon="OUTLINER_OB_POINTCLOUD")
        row.operator(SYNTHDATA_OT_populate_clear.bl_idname, icon="X")
        column = self._column()
        column.prop(settings, "every")
        if settings.every and settings.where == "DROP":
            column.label(text="Dropped things cannot be placed anew", icon="INFO")

    def _draw_sources(self, settings: Any) -> None:
        row = self.layout.row()
        row.template_list("SYNTHDATA_UL_sources", "", settings, "sources", settings, "active_source", rows=2)
        side = row.column(align=True)
        side.operator(SYNTHDATA_OT_source_add.bl_idname, text="", icon="ADD")
        side.operator(SYNTHDATA_OT_source_remove.bl_idname, text="", icon="REMOVE")

    def _draw_surfaces(self, column: bpy.types.UILayout, settings: Any) -> None:
        column.prop(settings, "supports")
        if settings.supports is None:
            column.column().prop(settings, "surfaces")
            column.operator_menu_enum(
                operator=SYNTHDATA_OT_mark_surface.bl_idname, property="surface", text="Mark Selected As"
            )
        column.prop(settings, "inside_edge")

    def _draw_details(self, column: bpy.types.UILayout, settings: Any) -> None:
        column.prop(settings, "posture")
        names = ["turn"] if settings.posture == "UPRIGHT" else []
        for name in (*names, "scale_min", "scale_max", "spacing", "seed"):
            column.prop(settings, name)


CLASSES = (SYNTHDATA_PT_scene, SYNTHDATA_PT_populate)
