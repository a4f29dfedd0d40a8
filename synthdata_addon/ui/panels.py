# SPDX-License-Identifier: GPL-3.0-or-later
"""3D View > N > SynthData: Passes, Styles and Output. Panels print; what they print is read elsewhere."""

from __future__ import annotations

import bpy

from ..core.controls import KINDS, TABLE, ControlKind
from .model_properties import STRENGTH
from .ops.styles import SYNTHDATA_OT_style_add, SYNTHDATA_OT_style_move, SYNTHDATA_OT_style_remove
from .panel import SidebarPanel, paragraph, split_column


class SYNTHDATA_PT_passes(SidebarPanel):
    """What each render writes."""

    bl_label = "Passes"
    bl_idname = "SYNTHDATA_PT_passes"
    bl_parent_id = "SYNTHDATA_PT_labels"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.synthdata
        column = self._column()
        paragraph(column, "Depth, Normal and Object Index are always written", "INFO")
        column.prop(settings, "cryptomatte")
        column.prop(settings, "beauty")
        if settings.beauty:
            column.prop(settings, "beauty_samples")
        column.prop(settings, "keep_passes")
        column.prop(settings, "depth_near")
        column.prop(settings, "depth_far")


class SYNTHDATA_PT_control_images(SidebarPanel):
    """What is drawn for ControlNets, whether or not one of this job's reads it."""

    bl_label = "Control Images"
    bl_idname = "SYNTHDATA_PT_control_images"
    bl_parent_id = "SYNTHDATA_PT_labels"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.synthdata
        column = self._column()
        paragraph(column, "Depth, Normal and what ControlNets read are always written", "INFO")
        column.column().prop(settings, "control_kinds", text="Also Write")
        for name in ("canny_from", "segmentation", "unlabelled"):
            column.prop(settings, name)


class SYNTHDATA_PT_styles(SidebarPanel):
    """Looks, and the model that makes them."""

    bl_label = "Styles"
    bl_idname = "SYNTHDATA_PT_styles"
    bl_order = 50

    def draw_header(self, context: bpy.types.Context) -> None:
        self.layout.prop(context.scene.synthdata, "use_styles", text="")

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.synthdata
        self.layout.active = settings.use_styles
        self._draw_list(settings)
        column = self._column()
        column.prop(settings, "model")
        if settings.model == "CUSTOM":
            column.prop(settings, "model_path")

    def _draw_list(self, settings: bpy.types.PropertyGroup) -> None:
        row = self.layout.row()
        row.template_list("SYNTHDATA_UL_styles", "", settings, "styles", settings, "active_style", rows=3)
        side = row.column(align=True)
        side.operator(SYNTHDATA_OT_style_add.bl_idname, text="", icon="ADD")
        side.operator(SYNTHDATA_OT_style_remove.bl_idname, text="", icon="REMOVE")
        side.separator()
        side.operator(SYNTHDATA_OT_style_move.bl_idname, text="", icon="TRIA_UP").direction = "UP"
        side.operator(SYNTHDATA_OT_style_move.bl_idname, text="", icon="TRIA_DOWN").direction = "DOWN"
        if 0 <= settings.active_style < len(settings.styles):
            style = settings.styles[settings.active_style]
            column = self.layout.column(align=True)
            column.prop(style, "kind", text="")
            if style.kind == "DIFFUSION":
                column.prop(style, "prompt", text="", icon="ADD")
                column.prop(style, "negative_prompt", text="", icon="REMOVE")
            elif style.kind == "PASTE":
                column.prop(style, "background", text="", icon="IMAGE_DATA")


class SYNTHDATA_PT_controlnets(SidebarPanel):
    """The ControlNets of a model of the user's own; the embedded one has its own."""

    bl_label = "ControlNets"
    bl_idname = "SYNTHDATA_PT_controlnets"
    bl_parent_id = "SYNTHDATA_PT_styles"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return bool(context.scene.synthdata.model == "CUSTOM")

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.synthdata
        self.layout.active = settings.use_styles
        for kind in KINDS:
            self._draw_control(settings, kind)
        paragraph(self.layout, "-1: as recommended for the model", "INFO")

    def _draw_control(self, settings: bpy.types.PropertyGroup, kind: ControlKind) -> None:
        """Print a ControlNet as one row that opens."""
        group = getattr(settings, f"control_{kind}")
        row = self.layout.row(align=True)
        row.prop(group, "show", text="", icon="TRIA_DOWN" if group.show else "TRIA_RIGHT", emboss=False)
        split = row.split(factor=0.5)
        split.prop(group, "enabled", text=settings.bl_rna.properties[f"control_{kind}"].name)
        split.prop(group, "model", text="")
        if group.show:
            column = split_column(self.layout.column())  # the rows that follow are no such columns
            paragraph(column, TABLE["sd15", kind].image, "INFO")
            for name in STRENGTH:
                column.prop(group, name)


class SYNTHDATA_PT_styles_details(SidebarPanel):
    """What the model knows best by itself."""

    bl_label = "Model Details"
    bl_idname = "SYNTHDATA_PT_styles_details"
    bl_parent_id = "SYNTHDATA_PT_styles"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        column = self._column()
        settings = context.scene.synthdata
        for name in ("steps", "guidance_scale", "device"):
            column.prop(settings, name)
        for name in ("precision", "few_steps", "scheduler", "family"):
            column.prop(settings.diffusion, name)
        paragraph(column, "0 steps, guidance -1: as recommended for the model", "INFO")


class SYNTHDATA_PT_output(SidebarPanel):
    """Where the dataset lands."""

    bl_label = "Output"
    bl_idname = "SYNTHDATA_PT_output"
    bl_order = 60

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.synthdata
        column = self._column()
        column.prop(settings, "output", text="Folder")
        size = column.column(align=True)
        size.prop(settings, "width")
        size.prop(settings, "height", text="Y")
        column.prop(settings, "val_fraction")
        column.prop(settings, "extend")


class SYNTHDATA_PT_formats(SidebarPanel):
    """What is written beside COCO."""

    bl_label = "Other Formats"
    bl_idname = "SYNTHDATA_PT_formats"
    bl_parent_id = "SYNTHDATA_PT_output"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        self._column().column().prop(context.scene.synthdata, "exports", text="Beside COCO")


class SYNTHDATA_PT_info(SidebarPanel):
    """Who made the dataset and under which licence."""

    bl_label = "Author and License"
    bl_idname = "SYNTHDATA_PT_info"
    bl_parent_id = "SYNTHDATA_PT_output"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        column = self._column()
        for name in ("description", "url", "contributor", "license_name", "license_url"):
            column.prop(context.scene.synthdata.info, name)


CLASSES = (
    SYNTHDATA_PT_passes,
    SYNTHDATA_PT_control_images,
    SYNTHDATA_PT_styles,
    SYNTHDATA_PT_controlnets,
    SYNTHDATA_PT_styles_details,
    SYNTHDATA_PT_output,
    SYNTHDATA_PT_formats,
    SYNTHDATA_PT_info,
)
