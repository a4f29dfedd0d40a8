# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole job as a JSON file: save it, load it, or drop it on the 3D viewport."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import StringProperty
from bpy_extras.io_utils import ExportHelper, ImportHelper

from ...core.errors import SynthDataError
from ...core.job_file import write_job_file
from ..job_files import show_job_file
from ..settings import job_from_scene
from .preview import WithoutJob


class SYNTHDATA_OT_job_save(bpy.types.Operator, ExportHelper):
    """Save all settings of the job to a JSON file, for other scenes, the terminal or a farm"""

    bl_idname = "synthdata.job_save"
    bl_label = "Save Job"

    filename_ext = ".json"
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        path = Path(bpy.path.abspath(self.filepath))
        try:
            write_job_file(job_from_scene(context.scene), path)
        except SynthDataError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"Saved the job to '{path}'")
        return {"FINISHED"}


class SYNTHDATA_OT_job_load(WithoutJob, bpy.types.Operator, ImportHelper):
    """Set all settings of the job from a JSON file: one that was saved here, or the job.json of a dataset"""

    bl_idname = "synthdata.job_load"
    bl_label = "Load Job"
    bl_options = {"REGISTER", "UNDO"}

    filename_ext = ".json"
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})
    filepath: StringProperty(
        name="File Path", description="File of the job", subtype="FILE_PATH", options={"SKIP_SAVE"}
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if self.filepath:  # dropped on the window
            return self.execute(context)
        return ImportHelper.invoke(self, context, event)

    def execute(self, context: bpy.types.Context) -> set[str]:
        path = Path(bpy.path.abspath(self.filepath))
        try:
            said = show_job_file(path, context.scene)
        except SynthDataError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if said:
            self.report({"WARNING"}, f"{said}.")
        else:
            self.report({"INFO"}, f"Loaded the job of '{path.name}'")
        return {"FINISHED"}


class SYNTHDATA_FH_job(bpy.types.FileHandler):
    """Job files that are dropped on the viewport."""

    bl_idname = "SYNTHDATA_FH_job"
    bl_label = "SynthData Job"
    bl_import_operator = "synthdata.job_load"
    bl_file_extensions = ".json"

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        return context.area is not None and context.area.type == "VIEW_3D"


CLASSES = (SYNTHDATA_OT_job_save, SYNTHDATA_OT_job_load, SYNTHDATA_FH_job)
