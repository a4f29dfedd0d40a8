# SPDX-License-Identifier: GPL-3.0-or-later
"""What a surface is (floor, desk, mug, ...). One list, shared by the scenes and the styles. No bpy, no torch here."""

from __future__ import annotations

from enum import IntEnum


class Role(IntEnum):
    """The kind of thing a pixel belongs to; 0 is the background. A style has one colour for each role."""

    BACKGROUND = 0
    FLOOR = 1
    WALL = 2
    CEILING = 3
    DESK = 4
    CHAIR = 5
    SHELF = 6
    BOOK = 7
    MUG = 8
    LAMP = 9
    BALL = 10
    PLANT = 11
    POT = 12
    BOX = 13
    RUG = 14
    BED = 15
    BOTTLE = 16
    MONITOR = 17
    SCREEN = 18
    PICTURE = 19
    WINDOW = 20
    METAL = 21
    GROUND = 22
    SOFA = 23


ROLE_STRIDE = 32
"""Object Index = thing number * ROLE_STRIDE + role: one integer pass carries both."""


def pass_index(number: int, role: Role) -> int:
    """The object index written by the render for thing `number` (from 1) with `role`."""
    return number * ROLE_STRIDE + int(role)
