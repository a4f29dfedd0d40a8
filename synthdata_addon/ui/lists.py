# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of the panel."""

from __future__ import annotations

from typing import Any

import bpy


class ItemList(bpy.types.UIList):
    """A list that only needs to say how an item is drawn; Blender counts the arguments of ``draw_item``."""

    def draw_item(
        self,
        _context: bpy.types.Context,
        layout: bpy.types.UILayout,
        _data: Any,
        item: Any,
        _icon: int,
        _active_data: Any,
        _active_property: str,
    ) -> None:
        self.draw_row(layout, item)

    def draw_row(self, layout: bpy.types.UILayout, item: Any) -> None:
        """Draw one item: its name, unless a list shows more."""
        layout.prop(item, "name", text="", emboss=False)


class SYNTHDATA_UL_styles(ItemList):
    """Styles: a tick, a name, a prompt."""

    def draw_row(self, layout: bpy.types.UILayout, item: Any) -> None:
        row = layout.row(align=True)
        row.prop(item, "enabled", text="")
        split = row.split(factor=0.4)
        split.prop(item, "name", text="", emboss=False)
        split.prop(item, "prompt", text="", emboss=False)


class SYNTHDATA_UL_categories(ItemList):
    """Categories: an id and a name."""

    def draw_row(self, layout: bpy.types.UILayout, item: Any) -> None:
        split = layout.split(factor=0.25)
        split.prop(item, "category_id", text="", emboss=False)
        split.prop(item, "name", text="", emboss=False)


class SYNTHDATA_UL_sources(ItemList):
    """Collections to place: their name, how many things, and whether they are one thing."""

    def draw_row(self, layout: bpy.types.UILayout, item: Any) -> None:
        split = layout.split(factor=0.6)
        split.prop(item, "collection", text="")
        row = split.row(align=True)
        row.prop(item, "count", text="")
        row.prop(item, "whole", text="", icon="OUTLINER_COLLECTION")


CLASSES = (SYNTHDATA_UL_styles, SYNTHDATA_UL_categories, SYNTHDATA_UL_sources)
