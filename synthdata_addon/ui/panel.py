# SPDX-License-Identifier: GPL-3.0-or-later
"""What all panels of ours have in common: their place, a column of settings, texts as wide as the sidebar."""

from __future__ import annotations

import textwrap
from functools import lru_cache
from typing import Any

import bpy

CHARACTER = 6.6
"""Width of a letter in Blender's interface font at scale 1, pixels, with room to spare."""
MARGIN = 52.0
"""Pixels of a sidebar beside its text: borders, scroll bar, icon."""


class SidebarPanel(bpy.types.Panel):
    """A panel in 3D View > N > SynthData."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "SynthData"

    def _column(self) -> bpy.types.UILayout:
        return split_column(self.layout).column()


def split_column(layout: bpy.types.UILayout) -> bpy.types.UILayout:
    """Have settings drawn as Blender's own panels do, names left and values right, and return the layout."""
    layout.use_property_split = True
    layout.use_property_decorate = False
    return layout


def paragraph(layout: Any, text: str, icon: str) -> None:
    """Print a text over as many lines as the sidebar needs for it."""
    region = bpy.context.region
    width = region.width if region is not None else 0
    scale = bpy.context.preferences.system.ui_scale
    column = layout.column(align=True)
    column.scale_y = 0.8
    for number, line in enumerate(_lines(text, int((width / scale - MARGIN) / CHARACTER) if width else 60)):
        column.label(text=line, icon="BLANK1" if number else icon)


@lru_cache(maxsize=64)
def _lines(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, max(width, 16)) or [""]
