# SPDX-License-Identifier: GPL-3.0-or-later
"""Cameras: where the views are taken from, how they stray, what they must fulfil, and a look at them."""

from __future__ import annotations

import bpy

from ..core.sweep_spec import OF_SCENE, PLACED, ROUND
from .ops.preview import SYNTHDATA_OT_coverage, SYNTHDATA_OT_preview_cameras, SYNTHDATA_OT_preview_clear
from .panel import SidebarPanel
from .preview import preview

AT_MOST = {"CAMERAS", "FRAMES", "MARKERS", "GRID"}
"""Sweeps that the scene or another setting may give fewer views than asked for."""
ROUND_SETTINGS = {
    "ORBIT": ("elevation",),
    "DOME": ("elevation_min", "elevation_max"),
    "RINGS": ("elevation_min", "elevation_max"),
    "DOLLY": ("elevation",),
    "TURNTABLE": ("elevation",),
}
DETAILS = {
    "ORBIT": ("azimuth_start", "azimuth_range"),
    "DOME": ("azimuth_start",),
    "RINGS": ("azimuth_start", "azimuth_range"),
    "DOLLY": ("azimuth_start",),
    "TURNTABLE": ("azimuth_start", "azimuth_range"),
    "LOOK_AROUND": ("azimuth_start",),
}


class SYNTHDATA_PT_sweep(SidebarPanel):
    """Where the views are taken from."""

    bl_label = "Cameras"
    bl_idname = "SYNTHDATA_PT_sweep"
    bl_order = 20

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.synthdata
        kind = settings.sweep
        column = self._column()
        column.prop(settings, "sweep")
        column.prop(settings, "views", text="At Most" if kind in AT_MOST else "Views")
        if kind in PLACED:
            self._draw_placed(column, settings)
        elif kind in ROUND:
            self._draw_round(column, settings)
        elif kind == "FRAMES":
            self._draw_frames(column, settings)
        _draw_preview(self.layout)

    def _draw_frames(self, column: bpy.types.UILayout, settings: bpy.types.PropertyGroup) -> None:
        column.prop(settings, "use_scene_frames")
        if not settings.use_scene_frames:
            column.prop(settings, "frame_start")
            column.prop(settings, "frame_end")
        column.prop(settings, "frame_step")

    def _draw_round(self, column: bpy.types.UILayout, settings: bpy.types.PropertyGroup) -> None:
        more = settings.sweep_settings
        _draw_aim(column, settings)
        column.prop(settings, "radius", text="Start" if settings.sweep == "DOLLY" else "Radius")
        if settings.sweep == "DOLLY":
            column.prop(more, "radius_end")
            column.prop(more, "turns")
        elif settings.sweep == "RINGS":
            column.prop(more, "rings")
        for name in ROUND_SETTINGS[settings.sweep]:
            column.prop(settings, name)

    def _draw_placed(self, column: bpy.types.UILayout, settings: bpy.types.PropertyGroup) -> None:
        more, kind = settings.sweep_settings, settings.sweep
        column.prop(more, "place", text="Curve" if kind == "PATH" else "Place")
        if kind == "GRID":
            column.prop(more, "grid")
        if kind != "LOOK_AROUND":
            column.prop(more, "free")
            if not more.free:
                _draw_aim(column, settings)
        if kind == "LOOK_AROUND" or (more.free and kind != "PATH"):
            column.prop(more, "pitch_min")
            column.prop(more, "pitch_max")


def _draw_aim(column: bpy.types.UILayout, settings: bpy.types.PropertyGroup) -> None:
    more = settings.sweep_settings
    if settings.sweep != "TURNTABLE":
        column.prop(more, "look_at")
    if more.look_at == "TARGET" or settings.sweep == "TURNTABLE":
        column.prop(settings, "target")
        return
    column.prop(more, "balance")
    if more.balance == "SHARES":
        column.prop(more, "shares")


def _draw_preview(layout: bpy.types.UILayout) -> None:
    row = layout.row(align=True)
    row.operator(SYNTHDATA_OT_preview_cameras.bl_idname, icon="OUTLINER_OB_CAMERA")
    if preview.is_shown:
        row.operator(SYNTHDATA_OT_preview_clear.bl_idname, text="", icon="X")
    row.operator(SYNTHDATA_OT_coverage.bl_idname)
    column = layout.column(align=True)
    for text, icon in preview.said:
        column.label(text=text, icon=icon)


class SYNTHDATA_PT_sweep_details(SidebarPanel):
    """What most sweeps leave as it is."""

    bl_label = "Details"
    bl_idname = "SYNTHDATA_PT_sweep_details"
    bl_parent_id = "SYNTHDATA_PT_sweep"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.synthdata
        column = self._column()
        if settings.sweep not in OF_SCENE:
            for name in ["lens", *DETAILS.get(settings.sweep, ())]:
                column.prop(settings, name)
            if settings.sweep != "VOLUME":
                column.prop(settings, "jitter")
            for name in ("jitter_distance", "jitter_position", "jitter_roll", "jitter_aim"):
                column.prop(settings.sweep_settings, name)
        column.prop(settings, "seed")


class SYNTHDATA_PT_sweep_limits(SidebarPanel):
    """What a view must fulfil before a render is spent on it."""

    bl_label = "Limits"
    bl_idname = "SYNTHDATA_PT_sweep_limits"
    bl_parent_id = "SYNTHDATA_PT_sweep"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.synthdata
        more = settings.sweep_settings
        column = self._column()
        column.prop(more, "visible")
        column.prop(more, "clearance")
        column.prop(more, "min_instances")
        if more.min_instances:
            column.prop(more, "min_pixels")
        if settings.sweep in OF_SCENE:
            return
        column.prop(more, "novelty")
        if more.novelty:
            column.prop(more, "novelty_angle")
        column.prop(more, "attempts")


CLASSES = (SYNTHDATA_PT_sweep, SYNTHDATA_PT_sweep_details, SYNTHDATA_PT_sweep_limits)
