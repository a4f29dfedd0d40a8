# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of the panel."""

from __future__ import annotations

from typing import Any

import bpy


class SYNTHDATA_UL_styles(bpy.types.UIList):
    """Styles: a tick, a name, a prompt."""

    def draw_item(
        self,
        _context: bpy.types.Context,
        layout: bpy.types.UILayout,
        _data: Any,
        item: Any,
        _icon: int,
        _active_data: Any,
        _active_property: str,
        _index: int = 0,
        _flag: int = 0,
    ) -> None:
        row = layout.row(align=True)
        row.prop(item, "enabled", text="")
        split = row.split(factor=0.4)
        split.prop(item, "name", text="", emboss=False)
        split.prop(item, "prompt", text="", emboss=False)


class SYNTHDATA_UL_categories(bpy.types.UIList):
    """Categories: an id and a name."""

    def draw_item(
        self,
        _context: bpy.types.Context,
        layout: bpy.types.UILayout,
        _data: Any,
        item: Any,
        _icon: int,
        _active_data: Any,
        _active_property: str,
        _index: int = 0,
        _flag: int = 0,
    ) -> None:
        split = layout.split(factor=0.25)
        split.prop(item, "category_id", text="", emboss=False)
        split.prop(item, "name", text="", emboss=False)


CLASSES = (SYNTHDATA_UL_styles, SYNTHDATA_UL_categories)
