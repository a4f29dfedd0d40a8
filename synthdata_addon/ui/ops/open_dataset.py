# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at what a job made: the gallery in the web browser, the folder in the file browser."""

from __future__ import annotations

import bpy

from ...core.errors import SynthDataError
from ...core.layout import DatasetFolder
from ..request import resolve_output
from ..state import state


class SYNTHDATA_OT_open_gallery(bpy.types.Operator):
    """Open the dataset's gallery in the web browser"""

    bl_idname = "synthdata.open_gallery"
    bl_label = "Open Gallery"

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            root = state.status.folder if state.status else resolve_output(context.scene)
        except SynthDataError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        gallery = DatasetFolder(root).gallery
        if not gallery.exists():
            self.report({"ERROR"}, f"There is no gallery in '{root}' yet. Generate the dataset first.")
            return {"CANCELLED"}
        bpy.ops.wm.url_open(url=gallery.as_uri())
        return {"FINISHED"}


CLASSES = (SYNTHDATA_OT_open_gallery,)
