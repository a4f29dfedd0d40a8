# SPDX-License-Identifier: GPL-3.0-or-later
"""Examine this machine, and copy the report for a bug report."""

from __future__ import annotations

import bpy

from ..examination import doctor, examine


class SYNTHDATA_OT_doctor(bpy.types.Operator):
    """Look at versions, devices, memory, disks, models and what the scene's settings need. Nothing is sent anywhere"""

    bl_idname = "synthdata.doctor"
    bl_label = "Doctor"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return doctor.examining is None

    def execute(self, context: bpy.types.Context) -> set[str]:
        if not bpy.app.background:
            doctor.start(context.scene)
            return {"FINISHED"}
        doctor.show(examine(context.scene))
        return {"FINISHED"}


class SYNTHDATA_OT_copy_report(bpy.types.Operator):
    """Copy the doctor's report to the clipboard; home folders read "~", and tokens are left out"""

    bl_idname = "synthdata.copy_report"
    bl_label = "Copy Report"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        if doctor.report is None:
            cls.poll_message_set("Press Doctor first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        if doctor.report is None:
            return {"CANCELLED"}
        context.window_manager.clipboard = doctor.report.text()
        self.report({"INFO"}, "The report is copied")
        return {"FINISHED"}


CLASSES = (SYNTHDATA_OT_doctor, SYNTHDATA_OT_copy_report)
