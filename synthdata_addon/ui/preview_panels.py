# SPDX-License-Identifier: GPL-3.0-or-later
"""3D View > N > SynthData > Preview: one view of the job, and what is shown of it."""

from __future__ import annotations

import bpy

from .ops.generate import SYNTHDATA_OT_cancel
from .ops.preview_view import SYNTHDATA_OT_preview_show, SYNTHDATA_OT_preview_view
from .panel import SidebarPanel, paragraph
from .view_files import title
from .view_preview import is_previewing, preview_of_view


class SYNTHDATA_PT_preview(SidebarPanel):
    """A look at one view before all are made."""

    bl_label = "Preview"
    bl_idname = "SYNTHDATA_PT_preview"
    bl_order = 70

    def draw(self, _context: bpy.types.Context) -> None:
        row = self.layout.row(align=True)
        row.operator(SYNTHDATA_OT_preview_view.bl_idname, text="", icon="TRIA_LEFT").step = -1
        text = f"Preview View {preview_of_view.view}"
        row.operator(SYNTHDATA_OT_preview_view.bl_idname, text=text, icon="IMAGE_DATA")
        row.operator(SYNTHDATA_OT_preview_view.bl_idname, text="", icon="TRIA_RIGHT").step = 1
        if preview_of_view.message:
            paragraph(self.layout, preview_of_view.message, "SORTTIME" if is_previewing() else "ERROR")
        if is_previewing():
            self.layout.operator(SYNTHDATA_OT_cancel.bl_idname, icon="CANCEL")
        grid = self.layout.grid_flow(columns=3, even_columns=True, align=True)
        for kind in preview_of_view.kinds:
            is_shown = kind == preview_of_view.kind
            grid.operator(SYNTHDATA_OT_preview_show.bl_idname, text=title(kind), depress=is_shown).kind = kind


CLASSES = (SYNTHDATA_PT_preview,)
