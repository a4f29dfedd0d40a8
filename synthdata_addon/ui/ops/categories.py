# SPDX-License-Identifier: GPL-3.0-or-later
"""Give the selected objects a category, take it away, and select the objects of one."""

from __future__ import annotations

import bpy
from bpy.props import StringProperty

from ...blender.scan import RENDERED_TYPES
from ...core.errors import SceneError
from ..used_categories import labelled_objects


class SYNTHDATA_OT_assign_category(bpy.types.Operator):
    """Label the selected objects with a category; an empty name takes their label away"""

    bl_idname = "synthdata.assign_category"
    bl_label = "Label Selected Objects"
    bl_options = {"REGISTER", "UNDO"}
    bl_property = "category"

    category: StringProperty(name="Category", description="What the selected objects are, such as chair")

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not any(obj.type in RENDERED_TYPES for obj in context.selected_objects):
            cls.poll_message_set("Select the objects to label")
            return False
        return True

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        if context.active_object is not None and not self.category:
            self.category = context.active_object.synthdata.category
        return context.window_manager.invoke_props_dialog(self)

    def execute(self, context: bpy.types.Context) -> set[str]:
        category = self.category.strip()
        labelled = [obj for obj in context.selected_objects if obj.type in RENDERED_TYPES]
        for obj in labelled:
            obj.synthdata.category = category
        what = f"labelled '{category}'" if category else "no longer labelled"
        self.report({"INFO"}, f"{len(labelled)} objects {what}")
        return {"FINISHED"}


class SYNTHDATA_OT_select_category(bpy.types.Operator):
    """Select the objects of this category"""

    bl_idname = "synthdata.select_category"
    bl_label = "Select Category"
    bl_options = {"REGISTER", "UNDO"}

    category: StringProperty(name="Category", description="Category whose objects are selected")

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            labelled = list(labelled_objects(context.scene, context.view_layer))
        except SceneError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        wanted = {obj for obj, _, category in labelled if category == self.category}
        for obj in context.view_layer.objects:
            obj.select_set(obj in wanted)
        return {"FINISHED"}


CLASSES = (SYNTHDATA_OT_assign_category, SYNTHDATA_OT_select_category)
