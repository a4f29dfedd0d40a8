# SPDX-License-Identifier: GPL-3.0-or-later
"""Load into Blender: any picture of a dataset with its labels drawn over it, and the next ones."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import IntProperty, StringProperty
from bpy_extras.io_utils import ImportHelper

from ...core.errors import SynthDataError
from ..loaded_picture import loaded
from ..request import resolve_output
from .preview import WithoutJob


class SYNTHDATA_OT_load_picture(WithoutJob, bpy.types.Operator, ImportHelper):
    """Show a picture of a dataset in the Image Editor, with its labels over it"""

    bl_idname = "synthdata.load_picture"
    bl_label = "Load Picture"

    filter_glob: StringProperty(default="*.png", options={"HIDDEN"})
    filepath: StringProperty(
        name="File Path", description="Picture of a dataset", subtype="FILE_PATH", options={"SKIP_SAVE"}
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if not self.filepath:
            self.filepath = _first_guess(context)
        return ImportHelper.invoke(self, context, event)

    def execute(self, context: bpy.types.Context) -> set[str]:
        path = Path(bpy.path.abspath(self.filepath)).resolve()
        try:
            loaded.load(path, context)
        except (SynthDataError, OSError, RuntimeError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class SYNTHDATA_OT_step_picture(WithoutJob, bpy.types.Operator):
    """Show another picture of the dataset"""

    bl_idname = "synthdata.step_picture"
    bl_label = "Next Picture"

    step: IntProperty(name="Step", description="1: the next one, -1: the one before", default=1)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        cls.poll_message_set("Load a picture first")
        return loaded.dataset is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            loaded.step(self.step, context)
        except (SynthDataError, OSError, RuntimeError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


def _first_guess(context: bpy.types.Context) -> str:
    """Return where the file browser begins: the pictures of the dataset in the output folder."""
    try:
        root = resolve_output(context.scene)
    except SynthDataError:
        return ""
    images = root / "images"
    return str(images if images.is_dir() else root) + "/"


CLASSES = (SYNTHDATA_OT_load_picture, SYNTHDATA_OT_step_picture)
