# SPDX-License-Identifier: GPL-3.0-or-later
"""3D View > N > SynthData, below Categories. Panels print; what they print is read elsewhere."""

from __future__ import annotations

import bpy

from ..core.controls import KINDS, TABLE, ControlKind
from ..core.progress import format_seconds
from .job import STAGES, JobStatus
from .model_properties import STRENGTH
from .ops.generate import SYNTHDATA_OT_cancel, SYNTHDATA_OT_generate
from .ops.open_dataset import SYNTHDATA_OT_open_gallery
from .ops.styles import SYNTHDATA_OT_style_add, SYNTHDATA_OT_style_move, SYNTHDATA_OT_style_remove
from .panel import SidebarPanel
from .state import state
from .terminal import time_left

TITLES = {"render": "Views", "labels": "Labels", "samples": "Pictures"}
SHOWN_MESSAGES = 4


class SYNTHDATA_PT_passes(SidebarPanel):
    """What each render writes."""

    bl_label = "Passes"
    bl_idname = "SYNTHDATA_PT_passes"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.synthdata
        column = self._column()
        column.label(text="Depth, Normal and Object Index are always written", icon="INFO")
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
    bl_parent_id = "SYNTHDATA_PT_passes"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.synthdata
        column = self._column()
        column.label(text="Depth, Normal and what ControlNets read are always written", icon="INFO")
        column.column().prop(settings, "control_kinds", text="Also Write")
        for name in ("canny_from", "segmentation", "unlabelled"):
            column.prop(settings, name)


class SYNTHDATA_PT_styles(SidebarPanel):
    """Looks, and the model that makes them."""

    bl_label = "Styles"
    bl_idname = "SYNTHDATA_PT_styles"

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
            for kind in KINDS:
                self._draw_control(settings, kind)

    def _draw_control(self, settings: bpy.types.PropertyGroup, kind: ControlKind) -> None:
        """Print a ControlNet as one row that opens."""
        group = getattr(settings, f"control_{kind}")
        row = self.layout.row(align=True)
        row.prop(group, "show", text="", icon="TRIA_DOWN" if group.show else "TRIA_RIGHT", emboss=False)
        row.prop(group, "enabled", text=settings.bl_rna.properties[f"control_{kind}"].name)
        row.prop(group, "model", text="")
        if group.show:
            column = self._column()
            column.label(text=TABLE["sd15", kind].image, icon="INFO")
            for name in STRENGTH:
                column.prop(group, name)

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


class SYNTHDATA_PT_styles_details(SidebarPanel):
    """What the model knows best by itself."""

    bl_label = "Details"
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


class SYNTHDATA_PT_output(SidebarPanel):
    """Where the dataset lands, and the button."""

    bl_label = "Output"
    bl_idname = "SYNTHDATA_PT_output"

    def draw(self, context: bpy.types.Context) -> None:
        if state.job is not None and state.status is not None:
            draw_status(self.layout, state.status, running=True)
            return
        settings = context.scene.synthdata
        column = self._column()
        column.prop(settings, "output", text="Folder")
        column.prop(settings, "extend")
        row = column.row(align=True)
        row.prop(settings, "width", text="Size")
        row.prop(settings, "height", text="")
        column.prop(settings, "val_fraction")
        big = self.layout.column()
        big.scale_y = 1.6
        big.operator(SYNTHDATA_OT_generate.bl_idname, icon="RENDER_ANIMATION")
        if state.status is not None:
            draw_status(self.layout, state.status, running=False)


def draw_status(layout: bpy.types.UILayout, status: JobStatus, *, running: bool) -> None:
    """Print progress while a job runs, and what came of it afterwards."""
    column = layout.column(align=True)
    for name in STAGES:
        stage = status.stages[name]
        if stage.total:
            text = f"{TITLES[name]}  {stage.done} / {stage.total}"
            left = format_seconds(stage.eta) if running and stage.done < stage.total else ""
            column.progress(factor=stage.share, text=text + (f"   {left} left" if left else ""))
    if running:
        left = time_left(status)
        layout.label(text=status.message + (f", {left} left" if left else ""), icon="SORTTIME")
        layout.operator(SYNTHDATA_OT_cancel.bl_idname, icon="CANCEL")
        return
    text, icon = (
        ("Done", "CHECKMARK") if status.complete else ("Stopped; Generate goes on where it was", "PAUSE")
    )
    layout.label(text=text if not status.problems else "Not everything could be made", icon=icon)
    for message in (status.problems + status.warnings)[:SHOWN_MESSAGES]:
        layout.label(text=message, icon="ERROR")
    layout.operator(SYNTHDATA_OT_open_gallery.bl_idname, icon="URL")


CLASSES = (
    SYNTHDATA_PT_passes,
    SYNTHDATA_PT_control_images,
    SYNTHDATA_PT_styles,
    SYNTHDATA_PT_styles_details,
    SYNTHDATA_PT_output,
)
