# SPDX-License-Identifier: GPL-3.0-or-later
"""3D View > N > SynthData > Dataset: what can be done with one that is there."""

from __future__ import annotations

import bpy

from .loaded_picture import loaded
from .ops.load_view import SYNTHDATA_OT_load_picture, SYNTHDATA_OT_step_picture
from .ops.open_dataset import SYNTHDATA_OT_open_gallery
from .ops.remake_view import SYNTHDATA_OT_put_back, SYNTHDATA_OT_remake_view
from .panel import SidebarPanel


class SYNTHDATA_PT_dataset(SidebarPanel):
    """Look at what was made, and go back to the scene that it was made of."""

    bl_label = "Dataset"
    bl_idname = "SYNTHDATA_PT_dataset"
    bl_options = {"DEFAULT_CLOSED"}
    bl_order = 90

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.operator(SYNTHDATA_OT_open_gallery.bl_idname, icon="URL")
        row = layout.row(align=True)
        row.operator(SYNTHDATA_OT_step_picture.bl_idname, text="", icon="TRIA_LEFT").step = -1
        row.operator(SYNTHDATA_OT_load_picture.bl_idname, text="Load Picture...", icon="IMAGE_DATA")
        row.operator(SYNTHDATA_OT_step_picture.bl_idname, text="", icon="TRIA_RIGHT").step = 1
        if loaded.text:
            layout.label(text=loaded.text)
        column = layout.column(align=True)
        column.operator(SYNTHDATA_OT_remake_view.bl_idname, icon="OUTLINER_OB_CAMERA")
        column.operator(SYNTHDATA_OT_put_back.bl_idname, icon="LOOP_BACK")


CLASSES = (SYNTHDATA_PT_dataset,)
