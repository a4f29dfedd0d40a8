# SPDX-License-Identifier: GPL-3.0-or-later
"""3D View > N > SynthData > Styles: what pictures begin with, LoRAs, a reference picture, use of a GPU."""

from __future__ import annotations

import bpy

from .model_properties import SPEED
from .ops.loras import SYNTHDATA_OT_lora_add, SYNTHDATA_OT_lora_remove
from .panel import SidebarPanel


class SYNTHDATA_PT_model_start(SidebarPanel):
    """What pictures begin with."""

    bl_label = "Start"
    bl_idname = "SYNTHDATA_PT_model_start"
    bl_parent_id = "SYNTHDATA_PT_styles_details"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.synthdata
        column = self._column()
        column.prop(settings.diffusion, "source")
        if settings.diffusion.source != "TEXT":
            column.prop(settings.diffusion, "strength")
            if not settings.beauty:
                column.label(text="Needs Beauty, under Passes", icon="ERROR")


class SYNTHDATA_PT_model_loras(SidebarPanel):
    """LoRAs, each for all styles or for one."""

    bl_label = "LoRAs"
    bl_idname = "SYNTHDATA_PT_model_loras"
    bl_parent_id = "SYNTHDATA_PT_styles_details"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.synthdata
        for number, item in enumerate(settings.diffusion.loras):
            box = self.layout.column(align=True)
            row = box.row(align=True)
            row.prop(item, "enabled", text="")
            row.prop(item, "path", text="")
            row.operator(SYNTHDATA_OT_lora_remove.bl_idname, text="", icon="REMOVE").number = number
            row = box.row(align=True)
            row.prop(item, "weight")
            row.prop(item, "style")
        self.layout.operator(SYNTHDATA_OT_lora_add.bl_idname, icon="ADD")


class SYNTHDATA_PT_model_reference(SidebarPanel):
    """A picture that all pictures take after."""

    bl_label = "Reference Picture"
    bl_idname = "SYNTHDATA_PT_model_reference"
    bl_parent_id = "SYNTHDATA_PT_styles_details"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        group = context.scene.synthdata.diffusion.reference
        column = self._column()
        for name in ("path", "image", "scale"):
            column.prop(group, name)


class SYNTHDATA_PT_model_speed(SidebarPanel):
    """How a GPU is used."""

    bl_label = "GPU"
    bl_idname = "SYNTHDATA_PT_model_speed"
    bl_parent_id = "SYNTHDATA_PT_styles_details"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        column = self._column()
        for name in SPEED:
            column.prop(context.scene.synthdata.diffusion, name)


CLASSES = (
    SYNTHDATA_PT_model_start,
    SYNTHDATA_PT_model_loras,
    SYNTHDATA_PT_model_reference,
    SYNTHDATA_PT_model_speed,
)
