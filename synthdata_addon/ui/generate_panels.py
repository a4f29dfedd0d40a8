# SPDX-License-Identifier: GPL-3.0-or-later
"""3D View > N > SynthData: the button, what it will come to, what is missing, and how far a job is."""

from __future__ import annotations

from typing import Any

import bpy

from ..core.progress import format_seconds
from .checked import checked
from .fixes import Fix, Lack
from .job import STAGES, JobStatus
from .ops.generate import SYNTHDATA_OT_cancel, SYNTHDATA_OT_generate
from .panel import SidebarPanel, paragraph
from .recent_pictures import recent
from .state import state
from .terminal import time_left

TITLES = {"render": "Views", "labels": "Labels", "samples": "Pictures"}
SHOWN_MESSAGES = 4
THUMBNAIL = 3.4
"""Scale of the last pictures; three fit beside each other."""


class SYNTHDATA_PT_generate(SidebarPanel):
    """The button."""

    bl_label = "Generate"
    bl_idname = "SYNTHDATA_PT_generate"
    bl_order = 80

    def draw(self, context: bpy.types.Context) -> None:
        if state.job is not None and state.status is state.job.status:
            draw_status(self.layout, state.status, running=True)
            return
        found = checked.of(context.scene)
        for lack in found.lacks:
            _draw_lack(self.layout, lack)
        big = self.layout.column()
        big.scale_y = 1.6
        big.operator(SYNTHDATA_OT_generate.bl_idname, icon="RENDER_ANIMATION")
        if found.line:
            paragraph(self.layout, found.line, "INFO")
        if state.status is not None:
            draw_status(self.layout, state.status, running=False)


def _draw_lack(layout: Any, lack: Lack) -> None:
    box = layout.box().column(align=True)
    paragraph(box, lack.text, "ERROR" if lack.is_fault else "INFO")
    for fix in lack.fixes:
        _draw_fix(box, fix)


def _draw_fix(layout: Any, fix: Fix) -> None:
    row = layout.row()
    row.operator_context = "INVOKE_DEFAULT" if fix.is_dialog else "EXEC_DEFAULT"
    button = row.operator(fix.operator, text=fix.text)
    for name, value in fix.arguments:
        setattr(button, name, value)


def draw_status(layout: bpy.types.UILayout, status: JobStatus, *, running: bool) -> None:
    """Print progress while a job runs, and what came of it afterwards."""
    column = layout.column(align=True)
    for name in STAGES:
        stage = status.stages[name]
        if stage.total:
            text = f"{TITLES[name]}  {stage.done} / {stage.total}"
            left = format_seconds(stage.eta) if running and stage.done < stage.total else ""
            column.progress(factor=stage.share, text=text + (f"   {left} left" if left else ""))
    _draw_recent(layout)
    if running:
        left = time_left(status)
        layout.label(text=status.message + (f", {left} left" if left else ""), icon="SORTTIME")
        layout.operator(SYNTHDATA_OT_cancel.bl_idname, icon="CANCEL")
        return
    text, icon = (
        ("Done", "CHECKMARK")
        if status.complete
        else ("Stopped; what is done is kept. Generate Dataset goes on where it was", "PAUSE")
    )
    paragraph(layout, text if not status.problems else "Not everything could be made", icon)
    for message in (status.problems + status.warnings)[:SHOWN_MESSAGES]:
        paragraph(layout, message, "ERROR")


def _draw_recent(layout: bpy.types.UILayout) -> None:
    icons = recent.icons()
    if icons:
        row = layout.row(align=True)
        for icon in icons:
            row.template_icon(icon_value=icon, scale=THUMBNAIL)


CLASSES = (SYNTHDATA_PT_generate,)
