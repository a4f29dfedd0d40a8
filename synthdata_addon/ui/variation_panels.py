# SPDX-License-Identifier: GPL-3.0-or-later
"""3D View > N > SynthData > Variation: what differs from view to view, a switch each."""

from __future__ import annotations

import bpy

from ..core.variation import COEFFICIENTS
from .panel import SidebarPanel, paragraph


class SYNTHDATA_PT_variation(SidebarPanel):
    """What differs from view to view."""

    bl_label = "Variation"
    bl_idname = "SYNTHDATA_PT_variation"
    bl_options = {"DEFAULT_CLOSED"}
    bl_order = 30

    def draw(self, context: bpy.types.Context) -> None:
        if not context.scene.synthdata.beauty:
            paragraph(
                self.layout,
                "Lights, World and Materials show in the finished picture only: turn Beauty on",
                "INFO",
            )


class VariationPanel(SidebarPanel):
    """One kind of variation."""

    bl_parent_id = "SYNTHDATA_PT_variation"
    bl_options = {"DEFAULT_CLOSED"}


class SwitchedPanel(VariationPanel):
    """A kind with one switch, in its header; ``section`` names its settings."""

    section = ""

    def draw_header(self, context: bpy.types.Context) -> None:
        self.layout.prop(getattr(context.scene.synthdata.variation, self.section), "use", text="")


class SYNTHDATA_PT_variation_lights(SwitchedPanel):
    """Lights."""

    bl_label = "Lights"
    bl_idname = "SYNTHDATA_PT_variation_lights"
    section = "lights"

    def draw(self, context: bpy.types.Context) -> None:
        group = context.scene.synthdata.variation.lights
        column = self._column()
        column.active = group.use
        _range(column, group, "energy")
        for name in ("shift", "off"):
            column.prop(group, name)
        column.prop(group, "use_temperature")
        if group.use_temperature:
            _range(column, group, "temperature")
        column.prop(group, "use_sun")
        if group.use_sun:
            _range(column, group, "sun_elevation")
            _range(column, group, "sun_azimuth")
        _range(column, group, "extra")
        if group.extra[1]:
            _range(column, group, "extra_distance")
            _range(column, group, "extra_energy")


class SYNTHDATA_PT_variation_world(SwitchedPanel):
    """World."""

    bl_label = "World"
    bl_idname = "SYNTHDATA_PT_variation_world"
    section = "world"

    def draw(self, context: bpy.types.Context) -> None:
        group = context.scene.synthdata.variation.world
        column = self._column()
        column.active = group.use
        column.prop(group, "source")
        if group.source == "HDRI":
            column.prop(group, "folder")
        _range(column, group, "strength")
        _range(column, group, "rotation")
        if group.source == "SKY":
            _range(column, group, "sun_elevation")


class SYNTHDATA_PT_variation_materials(SwitchedPanel):
    """Materials."""

    bl_label = "Materials"
    bl_idname = "SYNTHDATA_PT_variation_materials"
    section = "materials"

    def draw(self, context: bpy.types.Context) -> None:
        group = context.scene.synthdata.variation.materials
        column = self._column()
        column.active = group.use
        _draw_scope(column, group)
        column.prop(group, "hue")
        _range(column, group, "saturation")
        _range(column, group, "value")
        column.prop(group, "use_roughness")
        if group.use_roughness:
            _range(column, group, "roughness")
        column.prop(group, "textures")
        if group.textures:
            for name in ("texture_share", "texture_size"):
                column.prop(group, name)


class SYNTHDATA_PT_variation_objects(SwitchedPanel):
    """Objects."""

    bl_label = "Objects"
    bl_idname = "SYNTHDATA_PT_variation_objects"
    section = "objects"

    def draw(self, context: bpy.types.Context) -> None:
        group = context.scene.synthdata.variation.objects
        column = self._column()
        column.active = group.use
        _draw_scope(column, group)
        for name in ("location", "rotation", "rotation_axes"):
            column.prop(group, name)
        _range(column, group, "scale")
        for name in ("hidden", "shuffle"):
            column.prop(group, name)


class SYNTHDATA_PT_variation_camera(VariationPanel):
    """Camera."""

    bl_label = "Camera"
    bl_idname = "SYNTHDATA_PT_variation_camera"

    def draw(self, context: bpy.types.Context) -> None:
        group = context.scene.synthdata.variation.camera
        column = self._column()
        for switch, name in (
            ("use_lens", "lens"),
            ("use_exposure", "exposure"),
            ("use_dof", "fstop"),
            ("use_motion_blur", "shutter"),
        ):
            column.prop(group, switch)
            if getattr(group, switch):
                _range(column, group, name)
        if group.use_motion_blur:
            _range(column, group, "shake")


class SYNTHDATA_PT_variation_sensor(VariationPanel):
    """Sensor."""

    bl_label = "Lens and Sensor"
    bl_idname = "SYNTHDATA_PT_variation_sensor"

    def draw(self, context: bpy.types.Context) -> None:
        group = context.scene.synthdata.variation.sensor
        column = self._column()
        column.prop(group, "use_noise")
        if group.use_noise:
            _range(column, group, "shot")
            _range(column, group, "read")
        column.prop(group, "use_distortion")
        if group.use_distortion:
            column.prop(group, "model")
            for name in sorted(COEFFICIENTS[group.model]):
                _range(column, group, name)
            column.prop(group, "precision")


class SYNTHDATA_PT_variation_frames(SwitchedPanel):
    """Animation."""

    bl_label = "Animation"
    bl_idname = "SYNTHDATA_PT_variation_frames"
    section = "frames"

    def draw(self, context: bpy.types.Context) -> None:
        group = context.scene.synthdata.variation.frames
        column = self._column()
        column.active = group.use
        for name in ("start", "end", "step"):
            column.prop(group, name)


def _range(layout: bpy.types.UILayout, group: bpy.types.PropertyGroup, name: str) -> None:
    """Print both ends of a range in one row."""
    row = layout.row(align=True)
    row.prop(group, name, index=0, text=group.bl_rna.properties[name].name)
    row.prop(group, name, index=1, text="")


def _draw_scope(layout: bpy.types.UILayout, group: bpy.types.PropertyGroup) -> None:
    layout.prop(group, "scope")
    if group.scope == "CATEGORIES":
        layout.prop(group, "categories")


CLASSES = (
    SYNTHDATA_PT_variation,
    SYNTHDATA_PT_variation_lights,
    SYNTHDATA_PT_variation_world,
    SYNTHDATA_PT_variation_materials,
    SYNTHDATA_PT_variation_objects,
    SYNTHDATA_PT_variation_camera,
    SYNTHDATA_PT_variation_sensor,
    SYNTHDATA_PT_variation_frames,
)
