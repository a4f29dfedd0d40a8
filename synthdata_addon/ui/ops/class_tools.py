# SPDX-License-Identifier: GPL-3.0-or-later
"""Classes of many objects at once: by a pattern of their names, by their own names, renamed, taken away."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable

import bpy
from bpy.props import BoolProperty, StringProperty

from ...blender.scan import RENDERED_TYPES
from ...core.categories import SEPARATOR
from ..checked import checked
from ..fixes import class_of_name


class SYNTHDATA_OT_label_by_pattern(bpy.types.Operator):
    """Label all objects whose name fits a pattern, such as Chair* for Chair, Chair.001 and Chair Small"""

    bl_idname = "synthdata.label_by_pattern"
    bl_label = "Label by Name Pattern"
    bl_options = {"REGISTER", "UNDO"}

    pattern: StringProperty(
        name="Pattern", description="Names to label: * stands for anything, ? for one character", default="*"
    )
    category: StringProperty(name="Class", description="What these objects are, such as chair")

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        if context.active_object is not None:
            name = class_of_name(context.active_object.name)
            self.pattern, self.category = f"{name}*", name
        return context.window_manager.invoke_props_dialog(self)

    def draw(self, context: bpy.types.Context) -> None:
        """Show how many objects the pattern names, as it is typed."""
        self.layout.prop(self, "pattern")
        self.layout.prop(self, "category")
        names = matching(self.pattern, _names(context.view_layer))
        shown = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
        self.layout.label(text=f"{len(names)} objects{': ' if names else ''}{shown}", icon="INFO")

    def execute(self, context: bpy.types.Context) -> set[str]:
        names = matching(self.pattern, _names(context.view_layer))
        if not names:
            self.report(
                {"ERROR"}, f"No object's name fits '{self.pattern}'. Write * for anything, like Chair*."
            )
            return {"CANCELLED"}
        for name in names:
            context.view_layer.objects[name].synthdata.category = self.category.strip()
        self.report({"INFO"}, f"{len(names)} objects labelled '{self.category.strip()}'")
        return {"FINISHED"}


class SYNTHDATA_OT_label_by_names(bpy.types.Operator):
    """Label objects by their own names: Chair and Chair.001 become chair"""

    bl_idname = "synthdata.label_by_names"
    bl_label = "Label by Own Names"
    bl_options = {"REGISTER", "UNDO"}

    everything: BoolProperty(
        name="Everything", description="All objects of the view layer, not only those selected"
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        found = context.view_layer.objects if self.everything else context.selected_objects
        objects = [obj for obj in found if obj.type in RENDERED_TYPES]
        if not objects:
            self.report({"ERROR"}, "No object to label. Select some that render.")
            return {"CANCELLED"}
        for obj in objects:
            obj.synthdata.category = class_of_name(obj.name)
        classes = {obj.synthdata.category for obj in objects}
        self.report({"INFO"}, f"{len(objects)} objects labelled as {len(classes)} classes")
        return {"FINISHED"}


class SYNTHDATA_OT_class_rename(bpy.types.Operator):
    """Give a class another name on all objects, collections and materials, and in the list of ids"""

    bl_idname = "synthdata.class_rename"
    bl_label = "Rename Class"
    bl_options = {"REGISTER", "UNDO"}
    bl_property = "new_name"

    category: StringProperty(name="Class", description="The class", options={"HIDDEN"})
    new_name: StringProperty(name="New Name", description="What it is to be called")

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return bool(context.window_manager.synthdata.classes)

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        self.category = self.new_name = _active_class(context)
        return context.window_manager.invoke_props_dialog(self)

    def execute(self, context: bpy.types.Context) -> set[str]:
        name = self.new_name.strip()
        if not name:
            self.report({"ERROR"}, f"The class '{self.category}' needs a name. Type one.")
            return {"CANCELLED"}
        count = _relabel(self.category, name)
        listed = context.scene.synthdata.labels.categories
        if name not in {item.name for item in listed}:
            for item in listed:
                item.name = name if item.name == self.category else item.name
        checked.look(context.scene, context.view_layer)
        self.report({"INFO"}, f"'{self.category}' is '{name}' in {count} places")
        return {"FINISHED"}


class SYNTHDATA_OT_class_remove(bpy.types.Operator):
    """Take a class away from all objects, collections and materials: they hide what is behind them, unlabelled"""

    bl_idname = "synthdata.class_remove"
    bl_label = "Remove Class"
    bl_options = {"REGISTER", "UNDO"}

    category: StringProperty(name="Class", description="The class; empty: the active one of the list")

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return bool(context.window_manager.synthdata.classes)

    def execute(self, context: bpy.types.Context) -> set[str]:
        category = self.category or _active_class(context)
        count = _relabel(category, "")
        checked.look(context.scene, context.view_layer)
        self.report({"INFO"}, f"'{category}' was taken away in {count} places")
        return {"FINISHED"}


def matching(pattern: str, names: Iterable[str]) -> list[str]:
    """Return the names that fit a pattern (``Chair*``; several with commas between them), whatever their case."""
    patterns = [part.strip().lower() for part in pattern.split(SEPARATOR) if part.strip()]
    return [name for name in names if any(fnmatch.fnmatchcase(name.lower(), part) for part in patterns)]


def _names(layer: bpy.types.ViewLayer) -> list[str]:
    return sorted(obj.name for obj in layer.objects if obj.type in RENDERED_TYPES)


def _active_class(context: bpy.types.Context) -> str:
    group = context.window_manager.synthdata
    number = min(max(group.active_class, 0), len(group.classes) - 1)
    return str(group.classes[number].name) if group.classes else ""


def _relabel(old: str, new: str) -> int:
    """Change a class wherever it is said in the file, custom properties and linked data apart; return how often."""
    count = 0
    for owner in (*bpy.data.objects, *bpy.data.materials):
        if owner.synthdata.category.strip() == old and owner.library is None:
            owner.synthdata.category, count = new, count + 1
    for collection in bpy.data.collections:
        group = collection.synthdata
        if group.use_as_category and collection.library is None and old in {group.category, collection.name}:
            if (group.category.strip() or collection.name) != old:
                continue
            group.category, group.use_as_category, count = new, bool(new), count + 1
    return count


CLASSES = (
    SYNTHDATA_OT_label_by_pattern,
    SYNTHDATA_OT_label_by_names,
    SYNTHDATA_OT_class_rename,
    SYNTHDATA_OT_class_remove,
)
