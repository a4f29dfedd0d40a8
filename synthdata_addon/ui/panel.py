# SPDX-License-Identifier: GPL-3.0-or-later
"""What all panels of ours have in common: their place, and a column of settings."""

from __future__ import annotations

import bpy


class SidebarPanel(bpy.types.Panel):
    """A panel in 3D View > N > SynthData."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "SynthData"

    def _column(self) -> bpy.types.UILayout:
        self.layout.use_property_split = True
        self.layout.use_property_decorate = False
        return self.layout.column()
