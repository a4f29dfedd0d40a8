# SPDX-License-Identifier: GPL-3.0-or-later
"""Drawing the sidebars and viewports anew, from outside of a draw."""

from __future__ import annotations

from collections.abc import Iterator

import bpy


def redraw_sidebars() -> None:
    """Draw every 3D View's sidebar anew."""
    for area in _areas("VIEW_3D"):
        for region in area.regions:
            if region.type == "UI":
                region.tag_redraw()


def redraw_areas(kind: str) -> None:
    """Draw all areas of a type anew, such as ``VIEW_3D`` or ``IMAGE_EDITOR``."""
    for area in _areas(kind):
        area.tag_redraw()


def _areas(kind: str) -> Iterator[bpy.types.Area]:
    for manager in bpy.data.window_managers:
        for window in manager.windows:
            yield from (area for area in window.screen.areas if area.type == kind)
