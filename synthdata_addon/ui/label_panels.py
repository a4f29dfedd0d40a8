# SPDX-License-Identifier: GPL-3.0-or-later
"""3D View > N > SynthData > Classes and Labels: what is labelled, under which ids, and what is annotated."""

from __future__ import annotations

import bpy

from .checked import checked
from .ops.categories import SYNTHDATA_OT_assign_category
from .ops.category_list import (
    SYNTHDATA_OT_categories_load,
    SYNTHDATA_OT_categories_save,
    SYNTHDATA_OT_category_add,
    SYNTHDATA_OT_category_preset,
    SYNTHDATA_OT_category_remove,
)
from .ops.class_tools import (
    SYNTHDATA_OT_class_remove,
    SYNTHDATA_OT_class_rename,
    SYNTHDATA_OT_label_by_names,
    SYNTHDATA_OT_label_by_pattern,
)
from .panel import SidebarPanel, paragraph


class SYNTHDATA_PT_categories(SidebarPanel):
    """What is labelled."""

    bl_label = "Classes"
    bl_idname = "SYNTHDATA_PT_categories"
    bl_order = 10

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        window = context.window_manager.synthdata
        self.layout.prop(window, "overlay", text="", icon="OVERLAY")

    def draw(self, context: bpy.types.Context) -> None:
        self._draw_used(context)
        column = self.layout.column(align=True)
        column.operator(SYNTHDATA_OT_assign_category.bl_idname, icon="BOOKMARKS")
        row = column.row(align=True)
        row.operator(SYNTHDATA_OT_label_by_pattern.bl_idname, text="By Pattern", icon="FILTER")
        row.operator(SYNTHDATA_OT_label_by_names.bl_idname, text="By Own Names", icon="SORTALPHA")

    def _draw_used(self, context: bpy.types.Context) -> None:
        window = context.window_manager.synthdata
        found = checked.of(context.scene)
        if not found.classes:
            paragraph(self.layout, found.problem or "Nothing is labelled yet", "INFO")
            return
        row = self.layout.row()
        row.template_list(
            "SYNTHDATA_UL_classes", "", window, "classes", window, "active_class", rows=3, maxrows=6
        )
        side = row.column(align=True)
        side.operator(SYNTHDATA_OT_class_rename.bl_idname, text="", icon="GREASEPENCIL")
        side.operator(SYNTHDATA_OT_class_remove.bl_idname, text="", icon="X")


class SYNTHDATA_PT_active(SidebarPanel):
    """What the active collection, object and material say."""

    bl_label = "Collection, Keypoint, Material"
    bl_idname = "SYNTHDATA_PT_active"
    bl_parent_id = "SYNTHDATA_PT_categories"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        collection, obj = context.collection, context.object
        by_material = context.scene.synthdata.labels.segment_by == "MATERIAL"
        if collection is not None and collection != context.scene.collection:
            self._draw_collection(collection.synthdata, collection.name)
        else:
            paragraph(self.layout, "Pick a collection in the Outliner to label all that is in it", "INFO")
        if obj is not None and obj.type == "EMPTY":
            self._column().prop(obj.synthdata, "keypoint")
        else:
            paragraph(self.layout, "Pick an empty to make it a keypoint", "INFO")
        if by_material and obj is not None and obj.active_material is not None:
            material = obj.active_material
            self._column().prop(material.synthdata, "category", text=f"Material '{material.name}'")

    def _draw_collection(self, group: bpy.types.PropertyGroup, name: str) -> None:
        text = f"Collection '{name}' Is a Category"
        self.layout.prop(group, "use_as_category", text=text, toggle=True)
        column = self._column()
        if group.use_as_category:
            column.prop(group, "category")
        column.prop(group, "grouping")


class SYNTHDATA_PT_category_list(SidebarPanel):
    """Classes with ids of their own, supercategories and keypoints."""

    bl_label = "IDs and Keypoints"
    bl_idname = "SYNTHDATA_PT_category_list"
    bl_parent_id = "SYNTHDATA_PT_categories"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        labels = context.scene.synthdata.labels
        row = self.layout.row()
        row.template_list(
            "SYNTHDATA_UL_categories", "", labels, "categories", labels, "active_category", rows=3
        )
        side = row.column(align=True)
        side.operator(SYNTHDATA_OT_category_add.bl_idname, text="", icon="ADD")
        side.operator(SYNTHDATA_OT_category_remove.bl_idname, text="", icon="REMOVE")
        row = self.layout.row(align=True)
        row.operator(SYNTHDATA_OT_categories_load.bl_idname, text="Load", icon="IMPORT")
        row.operator(SYNTHDATA_OT_categories_save.bl_idname, text="Save", icon="EXPORT")
        row.operator(SYNTHDATA_OT_category_preset.bl_idname, text="COCO").preset = "coco"
        if 0 <= labels.active_category < len(labels.categories):
            column = self._column()
            for name in ("supercategory", "keypoints", "skeleton"):
                column.prop(labels.categories[labels.active_category], name)
        else:
            self.layout.label(text="Unlisted names get free ids", icon="INFO")


class SYNTHDATA_PT_labels(SidebarPanel):
    """What is annotated, and how."""

    bl_label = "Labels"
    bl_idname = "SYNTHDATA_PT_labels"
    bl_options = {"DEFAULT_CLOSED"}
    bl_order = 40

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.synthdata
        column = self._column()
        for name in ("source", "segment_by", "alpha_threshold"):
            column.prop(settings.labels, name)
        column.prop(settings.labels, "category_property", text="Property")
        group = column.column(heading="Also Write")
        for name in ("polygons", "panoptic", "captions", "visibility", "amodal"):
            group.prop(settings.labels, name)
        for name in ("min_pixels", "min_visible_fraction"):
            column.prop(settings.labels, name)


CLASSES = (
    SYNTHDATA_PT_categories,
    SYNTHDATA_PT_active,
    SYNTHDATA_PT_category_list,
    SYNTHDATA_PT_labels,
)
