# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of categories with ids of their own: add, remove, load from a file, save to one, take a preset."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import EnumProperty, StringProperty
from bpy_extras.io_utils import ExportHelper, ImportHelper

from ...core.categories import Category, number_categories
from ...core.category_file import preset_categories, read_categories, write_categories
from ...core.errors import SynthDataError
from ..settings import categories_of, set_categories
from ..used_categories import count_categories
from .list_items import free_name, remove_active


class SYNTHDATA_OT_category_add(bpy.types.Operator):
    """Add a category with the next free id"""

    bl_idname = "synthdata.category_add"
    bl_label = "Add Category"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        labels = context.scene.synthdata.labels
        name = free_name("category", labels.categories)
        number = max((item.category_id for item in labels.categories), default=0) + 1
        item = labels.categories.add()
        item.name, item.category_id = name, number
        labels.active_category = len(labels.categories) - 1
        return {"FINISHED"}


class SYNTHDATA_OT_category_remove(bpy.types.Operator):
    """Remove the active category from the list; objects keep their label and get a free id"""

    bl_idname = "synthdata.category_remove"
    bl_label = "Remove Category"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return bool(context.scene.synthdata.labels.categories)

    def execute(self, context: bpy.types.Context) -> set[str]:
        remove_active(context.scene.synthdata.labels, "categories", "active_category")
        return {"FINISHED"}


class SYNTHDATA_OT_categories_load(bpy.types.Operator, ImportHelper):
    """Replace the list by the categories of a JSON file: one that was saved here, or any COCO annotation file"""

    bl_idname = "synthdata.categories_load"
    bl_label = "Load Categories"
    bl_options = {"REGISTER", "UNDO"}

    filename_ext = ".json"
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            found = read_categories(Path(bpy.path.abspath(self.filepath)))
        except SynthDataError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return _show(self, context, found)


class SYNTHDATA_OT_categories_save(bpy.types.Operator, ExportHelper):
    """Save the list, and the categories that objects use beside it, with their ids to a JSON file"""

    bl_idname = "synthdata.categories_save"
    bl_label = "Save Categories"

    filename_ext = ".json"
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        path = Path(bpy.path.abspath(self.filepath))
        try:
            used = count_categories(context.scene, context.view_layer)
            found = number_categories(used, categories_of(context.scene.synthdata.labels))
            write_categories(path, found)
        except SynthDataError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"Saved {len(found)} categories to '{path}'")
        return {"FINISHED"}


class SYNTHDATA_OT_category_preset(bpy.types.Operator):
    """Replace the list by COCO's 80 categories with their own ids, and the keypoints of a person"""

    bl_idname = "synthdata.category_preset"
    bl_label = "COCO Categories"
    bl_options = {"REGISTER", "UNDO"}

    preset: EnumProperty(
        name="Preset", description="Whose categories", items=[("coco", "COCO", "COCO's 80 categories", 0)]
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        return _show(self, context, preset_categories(self.preset))


def _show(operator: bpy.types.Operator, context: bpy.types.Context, found: tuple[Category, ...]) -> set[str]:
    set_categories(context.scene.synthdata.labels, found)
    operator.report({"INFO"}, f"{len(found)} categories")
    return {"FINISHED"}


CLASSES = (
    SYNTHDATA_OT_category_add,
    SYNTHDATA_OT_category_remove,
    SYNTHDATA_OT_categories_load,
    SYNTHDATA_OT_categories_save,
    SYNTHDATA_OT_category_preset,
)
