# SPDX-License-Identifier: GPL-3.0-or-later
"""3D View > N > SynthData > Job: presets in the header, the whole job as a file below it."""

from __future__ import annotations

import bpy
from bl_ui.utils import PresetPanel

from .ops.job_file import SYNTHDATA_OT_job_load, SYNTHDATA_OT_job_save
from .ops.presets import ENDING, FOLDER, SYNTHDATA_OT_preset_add, SYNTHDATA_OT_preset_apply
from .panel import SidebarPanel


class SYNTHDATA_PT_presets(PresetPanel, bpy.types.Panel):
    """The menu of presets."""

    bl_label = "Job Presets"
    bl_idname = "SYNTHDATA_PT_presets"
    preset_subdir = FOLDER
    preset_extensions = {ENDING}
    preset_operator = SYNTHDATA_OT_preset_apply.bl_idname
    preset_add_operator = SYNTHDATA_OT_preset_add.bl_idname


class SYNTHDATA_PT_job(SidebarPanel):
    """All settings at once."""

    bl_label = "Job"
    bl_idname = "SYNTHDATA_PT_job"
    bl_options = {"DEFAULT_CLOSED"}
    bl_order = -10

    def draw_header_preset(self, _context: bpy.types.Context) -> None:
        SYNTHDATA_PT_presets.draw_panel_header(self.layout)

    def draw(self, context: bpy.types.Context) -> None:
        row = self.layout.row(align=True)
        row.operator(SYNTHDATA_OT_job_load.bl_idname, text="Load...", icon="FILE_FOLDER")
        row.operator(SYNTHDATA_OT_job_save.bl_idname, text="Save...", icon="FILE_TICK")


CLASSES = (SYNTHDATA_PT_presets, SYNTHDATA_PT_job)
