# SPDX-License-Identifier: GPL-3.0-or-later
"""Generate Dataset: the button (modal, Blender stays usable) and the script call (blocking), the same job."""

from __future__ import annotations

import sys

import bpy
from bpy.props import BoolProperty, IntProperty, StringProperty

from ...blender.compat import PATH_OPTIONS
from ...core.errors import SynthDataError
from .. import exit_status
from ..job import GenerateJob
from ..recent_pictures import recent
from ..request import resolve_output, resolve_request
from ..running import end_progress, is_fresh, learn, show_progress
from ..state import state
from ..terminal import run_to_end, summary

TICK = 0.05


class SYNTHDATA_OT_generate(bpy.types.Operator):
    """Render the views, label them and make the pictures; a job that was stopped goes on where it was"""

    bl_idname = "synthdata.generate"
    bl_label = "Generate Dataset"
    bl_options = {"REGISTER"}

    output: StringProperty(
        name="Output", description="Folder; empty: as in the panel", subtype="DIR_PATH", options=PATH_OPTIONS
    )
    views: IntProperty(name="Views", description="Number of views; 0: as in the panel", min=0)
    seed: StringProperty(name="Seed", description="Whole number; empty: as in the panel")
    job: StringProperty(
        name="Job File",
        description="JSON file with all settings; empty: as in the panel",
        subtype="FILE_PATH",
    )
    extend: BoolProperty(name="Extend", description="As in the panel")
    view: IntProperty(
        name="View",
        description="Make this view alone, again if it is there; -1: all views",
        default=-1,
        min=-1,
        options={"SKIP_SAVE"},
    )

    _timer: bpy.types.Timer | None = None
    _fresh = False

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if state.job is not None:
            cls.poll_message_set("A dataset is being generated")
            return False
        return context.scene is not None

    def _make_job(self, context: bpy.types.Context) -> GenerateJob:
        spec = resolve_request(context.scene, job=self.job, views=self.views, seed=self.seed)
        output = resolve_output(context.scene, self.output)
        extend = self.extend or context.scene.synthdata.extend
        only = self.view if self.view >= 0 else None
        return GenerateJob(context.scene, context.view_layer, spec, output, extend=extend, only=only)

    def execute(self, context: bpy.types.Context) -> set[str]:
        exit_status.set_failed(True)
        try:
            job = self._make_job(context)
            state.status = run_to_end(job)
        except (SynthDataError, OSError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        lines = summary(state.status)
        sys.stdout.write("\n".join(lines) + "\n")
        if state.status.problems:
            self.report({"ERROR"}, state.status.problems[0])
            return {"CANCELLED"}
        if state.status.cancelled:
            return {"CANCELLED"}
        exit_status.set_failed(False)
        return {"FINISHED"}

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        if bpy.app.background:
            return self.execute(context)
        try:
            state.job = self._make_job(context)
        except (SynthDataError, OSError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        state.status = state.job.status
        self._fresh = is_fresh(state.job)
        recent.clear()
        self._timer = context.window_manager.event_timer_add(TICK, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        job = state.job
        if job is None:  # the file was closed, or the add-on disabled
            self._quit(context)
            return {"CANCELLED"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        try:
            more = job.step_in_window()
        except (SynthDataError, OSError) as error:
            job.status.problems.append(str(error))
            more = False
        except BaseException:
            self._quit(context)  # a fault of ours must not leave a job that never ends
            raise
        if more:
            show_progress(job)
            return {"PASS_THROUGH"}
        recent.follow(job.status)
        if self._fresh:
            learn(job)
        self._quit(context)
        return self._report(job)

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends the operator (it quits): keep what is done."""
        self._quit(context)

    def _report(self, job: GenerateJob) -> set[str]:
        status = job.status
        if status.problems:
            self.report({"ERROR"}, status.problems[0])
            return {"CANCELLED"}
        if status.cancelled:
            self.report({"WARNING"}, "Cancelled; press Generate Dataset again to go on where it stopped")
            return {"CANCELLED"}
        self.report({"INFO"}, summary(status)[0])
        return {"FINISHED"}

    def _quit(self, context: bpy.types.Context) -> None:
        """The one place where a modal job ends."""
        state.stop()
        if self._timer is not None:
            context.window_manager.event_timer_remove(self._timer)
            self._timer = None
        end_progress()


class SYNTHDATA_OT_cancel(bpy.types.Operator):
    """Stop after the step at hand and keep what is done"""

    bl_idname = "synthdata.cancel"
    bl_label = "Cancel"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return state.job is not None and not state.job.status.cancelled

    def execute(self, _context: bpy.types.Context) -> set[str]:
        assert state.job is not None
        state.job.cancel()
        return {"FINISHED"}


CLASSES = (SYNTHDATA_OT_generate, SYNTHDATA_OT_cancel)
