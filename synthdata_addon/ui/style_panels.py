# SPDX-License-Identifier: GPL-3.0-or-later
"""3D View > N > SynthData > Styles: what prompts draw from, and what becomes of pictures that miss their labels."""

from __future__ import annotations

import bpy

from .ops.ask_for_places import SYNTHDATA_OT_ask_for_places
from .ops.places import SYNTHDATA_OT_styles_from_places
from .panel import SidebarPanel, paragraph
from .style_properties import MODELS


class SYNTHDATA_PT_prompts(SidebarPanel):
    """How prompts become pictures."""

    bl_label = "Prompts"
    bl_idname = "SYNTHDATA_PT_prompts"
    bl_parent_id = "SYNTHDATA_PT_styles"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.synthdata
        self.layout.active = settings.use_styles
        column = self._column()
        for name in ("pictures", "categories", "cameras", "wildcard_folder"):
            column.prop(settings.prompts, name)
        paragraph(column, "{category} {categories} {camera} {a|b} __file__", "INFO")
        self.layout.operator(SYNTHDATA_OT_styles_from_places.bl_idname, icon="WORLD")
        self.layout.operator(SYNTHDATA_OT_ask_for_places.bl_idname, icon="COMMUNITY")


class SYNTHDATA_PT_fidelity(SidebarPanel):
    """What is done with pictures that do not show what their labels say."""

    bl_label = "Fidelity"
    bl_idname = "SYNTHDATA_PT_fidelity"
    bl_parent_id = "SYNTHDATA_PT_styles"
    bl_options = {"DEFAULT_CLOSED"}

    def draw_header(self, context: bpy.types.Context) -> None:
        self.layout.prop(context.scene.synthdata.fidelity, "measure", text="")

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.synthdata
        group = settings.fidelity
        self.layout.active = settings.use_styles and group.measure
        column = self._column()
        column.prop(group, "threshold")
        column.prop(group, "retry")
        if group.retry != "NONE":
            column.prop(group, "retries")
        column.prop(group, "drop")
        column.separator()
        for name in MODELS:
            column.prop(group, name)


CLASSES = (SYNTHDATA_PT_prompts, SYNTHDATA_PT_fidelity)
