# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers of Blender's properties as the user typed them. Requests have degrees where properties have radians.

Properties hold float32: what is read here is the decimal that was typed, so that the same job has the same numbers.
"""

from __future__ import annotations

import math
import struct
from typing import Any, Final

MOST_DIGITS: Final = 9
"""So many significant digits tell any two float32 apart."""


def short(value: float) -> float:
    """Return a float32 property as the decimal that was typed: 0.2, not 0.20000000298."""
    return float(f"{value:.7g}")


def degrees(angle: float) -> float:
    """Return a float32 property in radians as the degrees that were typed: 30.0, not 30.00000083.

    That is the shortest decimal which is this very float32 in radians; so all decimals of six digits come back.
    """
    exact = math.degrees(angle)
    for digits in range(1, MOST_DIGITS):
        typed = float(f"{exact:.{digits}g}")
        if _float32(math.radians(typed)) == angle:
            return typed
    return float(f"{exact:.{MOST_DIGITS}g}")


def _float32(value: float) -> float:
    return float(struct.unpack("f", struct.pack("f", value))[0])


def is_angle(group: Any, name: str) -> bool:
    """Return whether a property is an angle, or several."""
    return bool(getattr(group.bl_rna.properties[name], "unit", "") == "ROTATION")


def read(group: Any, name: str) -> Any:
    """Return a property of a group as a request has it: typed decimals, angles in degrees, arrays as tuples."""
    value = getattr(group, name)
    number = degrees if is_angle(group, name) else short
    if isinstance(value, float):
        return number(value)
    if getattr(group.bl_rna.properties[name], "is_array", False):
        return tuple(number(part) if isinstance(part, float) else part for part in value)
    return value


def write(group: Any, name: str, value: Any) -> None:
    """Set a property of a group to what a request has: the inverse of :func:`read`."""
    if is_angle(group, name):
        several = group.bl_rna.properties[name].is_array
        value = tuple(math.radians(part) for part in value) if several else math.radians(value)
    setattr(group, name, value)
