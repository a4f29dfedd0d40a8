# SPDX-License-Identifier: GPL-3.0-or-later
"""Populate, Clear, marks for surfaces, and the list of what is placed."""

from __future__ import annotations

import bpy
from bpy.props import EnumProperty

from ...blender.categories import CategoryRules
from ...blender.modelling.stage import SURFACE
from ...blender.populate.population import clear, populate, populated_collections
from ...core.errors import SynthDataError
from ...core.spec import LabelsSpec
from ..populate_properties import SURFACE_ITEMS, request_of
from .list_items import remove_active


class SYNTHDATA_OT_populate(bpy.types.Operator):
    """Place things in the scene, in place of those that were placed before"""

    bl_idname = "synthdata.populate"
    bl_label = "Populate"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene, layer = context.scene, context.view_layer
        labels = LabelsSpec(category_property=scene.synthdata.labels.category_property)
        try:
            request = request_of(scene.synthdata.populate)
            report = populate(scene, layer, request, CategoryRules(scene, layer, labels))
        except SynthDataError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        text = f"{report.placed} of {report.wanted} placed"
        why = f" (not placed: {', '.join(report.reasons)})" if report.reasons else ""
        self.report({"WARNING" if report.reasons else "INFO"}, text + why)
        return {"FINISHED"}


class SYNTHDATA_OT_populate_clear(bpy.types.Operator):
    """Remove what Populate placed in this scene"""

    bl_idname = "synthdata.populate_clear"
    bl_label = "Clear"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        cls.poll_message_set("Nothing was placed in this scene")
        return bool(populated_collections(context.scene))

    def execute(self, context: bpy.types.Context) -> set[str]:
        self.report({"INFO"}, f"{clear(context.scene)} things removed")
        return {"FINISHED"}


class SYNTHDATA_OT_mark_surface(bpy.types.Operator):
    """Mark the selected objects as what things are placed on"""

    bl_idname = "synthdata.mark_surface"
    bl_label = "Mark Selected"
    bl_options = {"REGISTER", "UNDO"}

    surface: EnumProperty(
        name="As",
        description="What the objects' upward faces are for",
        items=[item[:3] for item in SURFACE_ITEMS] + [("NONE", "Nothing", "Take the mark off")],
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        cls.poll_message_set("No object is selected")
        return bool(context.selected_objects)

    def execute(self, context: bpy.types.Context) -> set[str]:
        local = [obj for obj in context.selected_objects if obj.library is None]
        for obj in local:
            if self.surface == "NONE":
                obj.pop(SURFACE, None)
            else:
                obj[SURFACE] = self.surface.lower()
        self.report({"INFO"}, f"{len(local)} objects marked")
        return {"FINISHED"}


class SYNTHDATA_OT_source_add(bpy.types.Operator):
    """Add a collection to what is placed: the active one, unless that is the whole scene"""

    bl_idname = "synthdata.source_add"
    bl_label = "Add Collection"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.synthdata.populate
        item = settings.sources.add()
        active = context.collection
        if active is not None and active != context.scene.collection:
            item.collection = active
        settings.active_source = len(settings.sources) - 1
        return {"FINISHED"}


class SYNTHDATA_OT_source_remove(bpy.types.Operator):
    """Take the collection out of what is placed"""

    bl_idname = "synthdata.source_remove"
    bl_label = "Remove Collection"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        settings = context.scene.synthdata.populate
        return 0 <= settings.active_source < len(settings.sources)

    def execute(self, context: bpy.types.Context) -> set[str]:
        remove_active(context.scene.synthdata.populate, "sources", "active_source")
        return {"FINISHED"}


CLASSES = (
    SYNTHDATA_OT_populate,
    SYNTHDATA_OT_populate_clear,
    SYNTHDATA_OT_mark_surface,
    SYNTHDATA_OT_source_add,
    SYNTHDATA_OT_source_remove,
)
