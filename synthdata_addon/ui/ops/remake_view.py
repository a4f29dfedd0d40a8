# SPDX-License-Identifier: GPL-3.0-or-later
"""Re-make This View: scene and camera as a view of a dataset had them, and back again."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import IntProperty, StringProperty

from ...blender.compat import PATH_OPTIONS
from ...blender.remake import put_back, remade_view, remake
from ...core.dataset_pictures import dataset_of
from ...core.errors import DatasetError, SynthDataError
from ...core.journal import Journal
from ...core.layout import DatasetFolder
from ...core.records import ViewRecord
from ...core.resume import read_job
from ..loaded_picture import loaded
from ..request import resolve_output
from .preview import WithoutJob


class SYNTHDATA_OT_remake_view(WithoutJob, bpy.types.Operator):
    """Set scene and camera as this view had them: frame, pose, lens, and all that varied. Put Back undoes it"""

    bl_idname = "synthdata.remake_view"
    bl_label = "Re-make This View"
    bl_options = {"REGISTER", "UNDO"}

    dataset: StringProperty(
        name="Dataset",
        description="Its folder; empty: that of the loaded picture, else the output folder",
        subtype="DIR_PATH",
        options=PATH_OPTIONS | {"SKIP_SAVE"},
    )
    view: IntProperty(
        name="View",
        description="Number of the view; -1: that of the loaded picture",
        default=-1,
        min=-1,
        options={"SKIP_SAVE"},
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            folder, view = self._chosen(context)
            job = read_job(folder)
            assert job is not None
            said = remake(context.scene, context.view_layer, folder, job, _record(folder, view))
        except (SynthDataError, OSError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        _look_through_camera(context)
        if said:
            self.report({"WARNING"}, ". ".join(said) + ".")
        else:
            self.report({"INFO"}, f"The scene is as in view {view}")
        return {"FINISHED"}

    def _chosen(self, context: bpy.types.Context) -> tuple[DatasetFolder, int]:
        shown = loaded.shown if not self.dataset else None
        if self.dataset:
            root = Path(bpy.path.abspath(self.dataset)).resolve()
        else:
            root = loaded.dataset.folder.root if loaded.dataset else resolve_output(context.scene)
        view = self.view if self.view >= 0 or shown is None else shown.view
        if view < 0:
            raise DatasetError(
                "dataset.no_view", "No view is chosen.", "Load a picture first, or name a view."
            )
        return dataset_of(root), view


class SYNTHDATA_OT_put_back(WithoutJob, bpy.types.Operator):
    """Set the scene back to what it was before a view was made again"""

    bl_idname = "synthdata.put_back"
    bl_label = "Put Back"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        cls.poll_message_set("No view is made again in this scene")
        return remade_view(context.scene) is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        put_back(context.scene)
        return {"FINISHED"}


def _record(folder: DatasetFolder, view: int) -> ViewRecord:
    journal, found = Journal(folder.views_journal), -1
    for offset, head in journal.entries(ViewRecord, drop=("instances", "camera", "variation")):
        if head.view == view and (not head.skipped or found < 0):
            found = offset
    if found < 0:
        raise DatasetError(
            "dataset.no_view", f"The dataset '{folder.root}' has no view {view}.", "Choose another one."
        )
    return journal.at(ViewRecord, found, drop=("instances",))


def _look_through_camera(context: bpy.types.Context) -> None:
    area = context.area
    if area is not None and area.type == "VIEW_3D":
        area.spaces.active.region_3d.view_perspective = "CAMERA"


CLASSES = (SYNTHDATA_OT_remake_view, SYNTHDATA_OT_put_back)
