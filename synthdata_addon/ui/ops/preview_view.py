# SPDX-License-Identifier: GPL-3.0-or-later
"""Preview View: one view of the job with all its passes and labels, and one picture, in the Image Editor."""

from __future__ import annotations

import bpy
from bpy.props import IntProperty, StringProperty

from ...core.errors import SynthDataError
from ..sidebar import redraw_sidebars
from ..state import state
from ..terminal import run_to_end
from ..view_preview import is_previewing, open_editor, preview_of_view
from .preview import WithoutJob

TICK = 0.05


class SYNTHDATA_OT_preview_view(WithoutJob, bpy.types.Operator):
    """Make one view as the job will make it and show it with its labels; nothing is added to the dataset"""

    bl_idname = "synthdata.preview_view"
    bl_label = "Preview View"

    view: IntProperty(
        name="View",
        description="Number of the view; -1: the one shown last",
        default=-1,
        min=-1,
        options={"SKIP_SAVE"},
    )
    step: IntProperty(name="Step", description="1: the next view, -1: the one before", options={"SKIP_SAVE"})

    _timer: bpy.types.Timer | None = None

    def _begin(self, context: bpy.types.Context) -> bool:
        view = self.view if self.view >= 0 else max(0, preview_of_view.view + self.step)
        try:
            state.job = preview_of_view.begin(context.scene, context.view_layer, view)
        except (SynthDataError, OSError) as error:
            self.report({"ERROR"}, str(error))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        if not self._begin(context):
            return {"CANCELLED"}
        try:
            assert state.job is not None
            run_to_end(state.job)
            preview_of_view.follow()
        finally:
            state.stop()
            preview_of_view.end()
        return self._report()

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        if bpy.app.background:
            return self.execute(context)
        if not self._begin(context):
            return {"CANCELLED"}
        self._timer = context.window_manager.event_timer_add(TICK, window=context.window)
        context.window_manager.modal_handler_add(self)
        redraw_sidebars()
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if not is_previewing():  # the file was closed, or the add-on disabled
            self._quit(context)
            return {"CANCELLED"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        job = state.job
        assert job is not None
        try:
            more = job.step_in_window()
            if preview_of_view.follow():
                open_editor(context)
                redraw_sidebars()
        except (SynthDataError, OSError) as error:
            job.status.problems.append(str(error))
            more = False
        except BaseException:
            self._quit(context)
            raise
        if more:
            return {"PASS_THROUGH"}
        self._quit(context)
        return self._report()

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends the operator (it quits)."""
        self._quit(context)

    def _report(self) -> set[str]:
        if preview_of_view.found is None:
            self.report({"ERROR"}, preview_of_view.message or f"View {preview_of_view.view} shows nothing.")
            return {"CANCELLED"}
        return {"FINISHED"}

    def _quit(self, context: bpy.types.Context) -> None:
        if is_previewing():
            state.stop()
        preview_of_view.end()
        if self._timer is not None:
            context.window_manager.event_timer_remove(self._timer)
            self._timer = None


class SYNTHDATA_OT_preview_show(bpy.types.Operator):
    """Show this of the previewed view"""

    bl_idname = "synthdata.preview_show"
    bl_label = "Show"

    kind: StringProperty(
        name="Kind", description="What is shown: labels, instances, classes, depth and so on"
    )

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return preview_of_view.found is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        if self.kind not in preview_of_view.kinds:
            self.report(
                {"ERROR"}, f"The view has no '{self.kind}'. It has: {', '.join(preview_of_view.kinds)}."
            )
            return {"CANCELLED"}
        preview_of_view.choose(self.kind)
        open_editor(context)
        return {"FINISHED"}


CLASSES = (SYNTHDATA_OT_preview_view, SYNTHDATA_OT_preview_show)
