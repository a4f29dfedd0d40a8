# SPDX-License-Identifier: GPL-3.0-or-later
"""Units of properties, as Blender has them. Angles: radians in the file and for Python, degrees on the screen and here.

The first builds kept degrees. Whichever angle is set notes on the scene that radians are kept; a file that has angles
and no such note is an old one.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import radians
from typing import Any, Final

import bpy
from bpy.props import FloatProperty, FloatVectorProperty

from ..blender.compat import COLOR_TEMPERATURE
from .numbers import is_angle, short, write

RADIANS: Final = 1
"""What ``units`` of a scene's settings says once its angles are in radians."""
# With a unit, Blender's "precision" counts all digits, not those behind the point: with its default 24.1 shows as 24.
_ROTATION: Final[dict[str, Any]] = {"precision": 5, "step": 100}
"""As Blender's rotations: a press of a field's arrow is one degree."""
DISTANCE: Final[dict[str, Any]] = {"subtype": "DISTANCE", "precision": 5}
DISTANCES: Final[dict[str, Any]] = {"unit": "LENGTH", "precision": 5}
"""What Blender knows no subtype for: both ends of a range."""
FOCAL_LENGTH: Final[dict[str, Any]] = {"subtype": "DISTANCE_CAMERA", "precision": 4, "step": 100}
FOCAL_LENGTHS: Final[dict[str, Any]] = {"unit": "CAMERA", "precision": 4, "step": 100}
POWERS: Final[dict[str, Any]] = {"unit": "POWER", "precision": 5, "step": 100}
TEMPERATURES: Final[dict[str, Any]] = {**COLOR_TEMPERATURE, "precision": 1, "step": 100}
FINE: Final[dict[str, Any]] = {"precision": 4, "step": 1}
"""Small numbers without a unit."""


def angle(
    name: str, description: str, degrees: float, low: float | None = None, high: float | None = None
) -> Any:
    """Return a property for an angle, in degrees, of at least ``low`` and at most ``high``."""
    return FloatProperty(
        name=name,
        description=description,
        default=radians(degrees),
        subtype="ANGLE",
        update=_note,
        **_ROTATION,
        **_limits(low, high),
    )


def angles(name: str, description: str, degrees: tuple[float, ...], low: float, high: float) -> Any:
    """Return a property for several angles, each within the limits."""
    return FloatVectorProperty(
        name=name,
        description=description,
        size=len(degrees),
        default=[radians(part) for part in degrees],
        unit="ROTATION",
        update=_note,
        **_ROTATION,
        **_limits(low, high),
    )


def _limits(low: float | None, high: float | None) -> dict[str, float]:
    return {name: radians(value) for name, value in (("min", low), ("max", high)) if value is not None}


def _note(group: Any, _context: bpy.types.Context) -> None:
    group.id_data.synthdata.units = RADIANS


def convert(scene: bpy.types.Scene) -> None:
    """Turn the angles of a scene of an old file from degrees to radians."""
    if not scene.is_property_set("synthdata") or scene.synthdata.units == RADIANS:
        return
    for group in _groups(scene.synthdata):
        for name in group.bl_rna.properties.keys():  # noqa: SIM118  # a collection of Blender's, not a dict
            if group.is_property_set(name) and is_angle(group, name):
                value = getattr(group, name)
                write(group, name, short(value) if isinstance(value, float) else tuple(map(short, value)))


def _groups(group: Any) -> Iterator[Any]:
    """Yield a group and those in it; there are no angles in lists."""
    yield group
    for name, prop in group.bl_rna.properties.items():
        inner = getattr(group, name) if prop.type == "POINTER" and name != "rna_type" else None
        if isinstance(inner, bpy.types.PropertyGroup):
            yield from _groups(inner)
