# SPDX-License-Identifier: GPL-3.0-or-later
"""A look at the planned views before anything is rendered."""

from __future__ import annotations

import bpy

from ...blender.planning import Planner
from ...core.errors import SynthDataError
from ...core.spec import validate
from ..coverage import coverage_page, plan_lines
from ..preview import preview
from ..settings import job_from_scene
from ..state import state


class WithoutJob:
    """Operators that cannot run beside a job, which has the scene."""

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        cls.poll_message_set("A job is running")
        return state.job is None


class SYNTHDATA_OT_preview_cameras(WithoutJob, bpy.types.Operator):
    """Show all planned cameras in the viewport; those that would be left out are red. They follow the settings"""

    bl_idname = "synthdata.preview_cameras"
    bl_label = "Preview Cameras"

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            planner = _planned(context, sizes=False)
        except SynthDataError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        preview.show(context.scene, planner)
        self.report({"INFO"}, plan_lines(planner.plan)[0])
        return {"FINISHED"}


class SYNTHDATA_OT_preview_clear(bpy.types.Operator):
    """Hide the planned cameras"""

    bl_idname = "synthdata.preview_clear"
    bl_label = "Hide Cameras"

    def execute(self, _context: bpy.types.Context) -> set[str]:
        preview.clear()
        return {"FINISHED"}


class SYNTHDATA_OT_coverage(WithoutJob, bpy.types.Operator):
    """Tell which directions, distances and object sizes the dataset will have, and open it as a page"""

    bl_idname = "synthdata.coverage"
    bl_label = "Coverage"

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            planner = _planned(context, sizes=True)
            assert planner.coverage is not None
            path = coverage_page(planner.plan, planner.coverage)
        except (SynthDataError, OSError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        preview.show(context.scene, planner)
        if not bpy.app.background:
            bpy.ops.wm.url_open(url=path.as_uri())
        return {"FINISHED"}


def _planned(context: bpy.types.Context, *, sizes: bool) -> Planner:
    spec = job_from_scene(context.scene)
    validate(spec)
    planner = Planner(context.scene, context.view_layer, spec)
    planner.run(sizes=sizes)
    return planner


CLASSES = (SYNTHDATA_OT_preview_cameras, SYNTHDATA_OT_preview_clear, SYNTHDATA_OT_coverage)
