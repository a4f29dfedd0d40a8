# SPDX-License-Identifier: GPL-3.0-or-later
"""Fill the list of styles with the places where the scene's categories are found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import bpy
from bpy.props import IntProperty

from ...core.errors import SceneError
from ...core.places import choose_places, places_of, styles_of
from ..settings import add_style
from ..used_categories import count_categories


class SYNTHDATA_OT_styles_from_places(bpy.types.Operator):
    """Add a style for each place where the scene's categories are found, from a table for COCO's 80 categories"""

    bl_idname = "synthdata.styles_from_places"
    bl_label = "Add Places as Styles"
    bl_options = {"REGISTER", "UNDO"}

    count: IntProperty(name="Places", description="Places to add at most", default=6, min=1, max=100)

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.synthdata
        try:
            names = sorted(count_categories(context.scene, context.view_layer))
        except SceneError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        places = {name: places_of(name) for name in names}
        if not any(places.values()):
            said = ", ".join(names[:5]) if names else "no object has a category yet"
            self.report(
                {"ERROR"}, f"The table knows no place for these categories: {said}. Write styles by hand"
            )
            return {"CANCELLED"}
        unknown = [name for name in names if not places[name]]
        beside = f"; no place is known for {', '.join(unknown[:5])}" if unknown else ""
        self.report({"INFO"}, add_places(settings, places, self.count) + beside)
        return {"FINISHED"}


def add_places(settings: Any, places: Mapping[str, Sequence[str]], count: int) -> str:
    """Add a style for each of the chosen places that is none yet; return what was done, in words."""
    chosen = choose_places(places, count)
    styles = styles_of(chosen, [style.name for style in settings.styles])
    for style in styles:
        add_style(settings, style)
    settings.active_style = max(0, len(settings.styles) - 1)
    return f"{len(styles)} styles added"


CLASSES = (SYNTHDATA_OT_styles_from_places,)
