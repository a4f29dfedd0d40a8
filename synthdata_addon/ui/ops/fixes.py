# SPDX-License-Identifier: GPL-3.0-or-later
"""The buttons beside what is missing: each changes the setting that a job would be refused for."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import EnumProperty, StringProperty

from ... import __package__ as ADDON_ID  # noqa: N812  # a constant, whatever Python calls it
from ...core.errors import SynthDataError
from ..example import STYLES
from ..fixes import CHANGES
from ..request import resolve_output
from ..settings import add_style

MOST_FOLDERS = 10_000
_CHANGE_ITEMS = [
    (name, change.text, change.text, number) for number, (name, change) in enumerate(CHANGES.items())
]


class SYNTHDATA_OT_change_settings(bpy.types.Operator):
    """Change the setting that is in the way of the job"""

    bl_idname = "synthdata.change_settings"
    bl_label = "Change Settings"
    bl_options = {"REGISTER", "UNDO"}

    change: EnumProperty(name="Change", description="What is changed", items=_CHANGE_ITEMS)

    def execute(self, context: bpy.types.Context) -> set[str]:
        CHANGES[self.change].of_panel(context.scene.synthdata)
        return {"FINISHED"}


class SYNTHDATA_OT_choose_output(bpy.types.Operator):
    """Choose the dataset's folder"""

    bl_idname = "synthdata.choose_output"
    bl_label = "Choose Output Folder"
    bl_options = {"REGISTER", "UNDO"}

    directory: StringProperty(name="Folder", description="The dataset's folder", subtype="DIR_PATH")

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.scene.synthdata.output = self.directory
        return {"FINISHED"}


class SYNTHDATA_OT_new_folder(bpy.types.Operator):
    """Put the dataset into a folder that is not there yet, beside the one that is in use"""

    bl_idname = "synthdata.new_folder"
    bl_label = "Use a New Folder"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            root = resolve_output(context.scene)
        except SynthDataError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        name = context.scene.synthdata.output.rstrip("/\\")
        numbers = (number for number in range(2, MOST_FOLDERS) if not Path(f"{root}_{number}").exists())
        context.scene.synthdata.output = f"{name}_{next(numbers)}"
        return {"FINISHED"}


class SYNTHDATA_OT_extend_dataset(bpy.types.Operator):
    """Make the dataset in the folder larger by these settings"""

    bl_idname = "synthdata.extend_dataset"
    bl_label = "Extend It"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.scene.synthdata.extend = True
        return {"FINISHED"}


class SYNTHDATA_OT_styles_start(bpy.types.Operator):
    """Add three styles to start from: an office, a teenager's room, a witch's lair"""

    bl_idname = "synthdata.styles_start"
    bl_label = "Add Three Styles"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.synthdata
        there = {item.name for item in settings.styles}
        for style in STYLES:
            if style.name not in there:
                add_style(settings, style)
        settings.use_styles = True
        return {"FINISHED"}


class SYNTHDATA_OT_show_preferences(bpy.types.Operator):
    """Open SynthData's preferences, where the runner's Python is set"""

    bl_idname = "synthdata.show_preferences"
    bl_label = "Open Preferences"

    def execute(self, _context: bpy.types.Context) -> set[str]:
        bpy.ops.preferences.addon_show(module=ADDON_ID)
        return {"FINISHED"}


CLASSES = (
    SYNTHDATA_OT_change_settings,
    SYNTHDATA_OT_choose_output,
    SYNTHDATA_OT_new_folder,
    SYNTHDATA_OT_extend_dataset,
    SYNTHDATA_OT_styles_start,
    SYNTHDATA_OT_show_preferences,
)
