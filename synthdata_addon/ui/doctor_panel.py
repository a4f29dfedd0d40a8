# SPDX-License-Identifier: GPL-3.0-or-later
"""The doctor's part of the preferences. Draws only."""

from __future__ import annotations

import bpy

from .examination import TEXT, doctor
from .ops.doctor import SYNTHDATA_OT_copy_report, SYNTHDATA_OT_doctor
from .panel import paragraph


def draw_doctor(layout: bpy.types.UILayout) -> None:
    """Draw the buttons, and what is amiss."""
    box = layout.box()
    row = box.row()
    row.operator(SYNTHDATA_OT_doctor.bl_idname, icon="TOOL_SETTINGS")
    row.operator(SYNTHDATA_OT_copy_report.bl_idname, icon="COPYDOWN")
    if doctor.examining is not None:
        box.label(text="Looking; this takes some seconds", icon="SORTTIME")
    elif doctor.report is not None:
        column = box.column(align=True)
        for problem in doctor.report.problems:
            paragraph(column, f"{problem.message} {problem.hint}", "ERROR" if problem.fatal else "INFO")
        if not doctor.report.problems:
            column.label(text="No problems found", icon="CHECKMARK")
        paragraph(column, f"The whole report is the text '{TEXT}' in the Text Editor", "TEXT")
