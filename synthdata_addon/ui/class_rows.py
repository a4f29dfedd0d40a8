# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of classes in the panel: rows that only show what was found in the scene. Never saved in a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import bpy
from bpy.props import BoolProperty, CollectionProperty, IntProperty, PointerProperty, StringProperty
from bpy.utils import previews

from ..core.palette import category_colour
from .class_overlay import overlay
from .lists import ItemList
from .state import state

if TYPE_CHECKING:
    from .scene_check import ClassRow

ICON_SIZE: Final = 16
_icons: dict[str, previews.ImagePreviewCollection] = {}


class SynthDataClassRow(bpy.types.PropertyGroup):
    """A class of the scene."""

    name: StringProperty(name="Class", description="What things are labelled as")
    class_id: IntProperty(name="ID", description="Id that the class has in COCO files")
    count: IntProperty(
        name="Instances", description="Things labelled with it; copies by instancing are not counted"
    )


def _select_active(group: Any, _context: bpy.types.Context) -> None:
    """Picking a row selects its objects; a job has the scene to itself."""
    if 0 <= group.active_class < len(group.classes) and state.job is None:
        bpy.ops.synthdata.select_category(category=group.classes[group.active_class].name)


def _is_overlay_shown(_group: Any) -> bool:
    return overlay.is_shown


def _show_overlay(_group: Any, value: bool) -> None:
    overlay.show() if value else overlay.clear()


class SynthDataWindow(bpy.types.PropertyGroup):
    """What belongs to this session, not to the file."""

    classes: CollectionProperty(
        name="Classes", description="Classes that things are labelled as", type=SynthDataClassRow
    )
    active_class: IntProperty(
        name="Active Class", description="Picking a class selects its objects", update=_select_active
    )
    overlay: BoolProperty(
        name="Classes",
        description="Show labelled things in the viewport: a box round each, and its class, in the class's color",
        get=_is_overlay_shown,
        set=_show_overlay,
    )


class SYNTHDATA_UL_classes(ItemList):
    """Classes of the scene: colour, name, how many."""

    def draw_row(self, layout: bpy.types.UILayout, item: Any) -> None:
        split = layout.split(factor=0.75)
        split.label(text=item.name, icon_value=class_icon(item.class_id))
        row = split.row()
        row.alignment = "RIGHT"
        row.label(text=str(item.count))


def show_rows(rows: Sequence[ClassRow]) -> None:
    """Show these classes in the list."""
    group = bpy.context.window_manager.synthdata
    group.classes.clear()
    for row in rows:
        item = group.classes.add()
        item.name, item.class_id, item.count = row.name, row.id, row.count
        _make_icon(row.id)


def class_icon(class_id: int) -> int:
    """Return the icon in a class's colour; 0 where none was made, as when the add-on is being disabled."""
    icons = _icons.get("classes")
    return int(icons[str(class_id)].icon_id) if icons is not None and str(class_id) in icons else 0


def _make_icon(class_id: int) -> None:
    icons = _icons.get("classes")
    if icons is None or str(class_id) in icons:
        return
    icon = icons.new(str(class_id))
    icon.icon_size = (ICON_SIZE, ICON_SIZE)
    colour = (*category_colour(class_id), 1.0)
    clear = (0.0, 0.0, 0.0, 0.0)
    inside = range(2, ICON_SIZE - 2)
    icon.icon_pixels_float = [
        value
        for y in range(ICON_SIZE)
        for x in range(ICON_SIZE)
        for value in (colour if x in inside and y in inside else clear)
    ]


def attach() -> None:
    """Put the rows on the window manager, which no file saves, and make room for icons."""
    bpy.types.WindowManager.synthdata = PointerProperty(type=SynthDataWindow)
    _icons["classes"] = previews.new()


def detach() -> None:
    """Take rows and icons away."""
    previews.remove(_icons.pop("classes"))
    del bpy.types.WindowManager.synthdata


CLASSES = (SynthDataClassRow, SynthDataWindow, SYNTHDATA_UL_classes)
