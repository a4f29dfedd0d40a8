# SPDX-License-Identifier: GPL-3.0-or-later
"""Things that stand on the floor, made from unit shapes. Each is built at the builder's spot. No bpy here."""

from __future__ import annotations

from ..roles import Role
from .builder import Builder, rotation


def desk(b: Builder, width: float, depth: float, height: float) -> None:
    """A table with its top at `height`: four legs, or two side panels."""
    b.add("box", (0, 0, height - 0.025), (width / 2, depth / 2, 0.025), Role.DESK)
    leg = (height - 0.05) / 2
    style = int(b.rng.integers(3))
    for side in (-1, 1):
        if style == 0:
            b.add("box", (side * (width / 2 - 0.03), 0, leg), (0.025, depth / 2 - 0.04, leg), Role.DESK)
            continue
        for end in (-1, 1):
            spot = (side * (width / 2 - 0.06), end * (depth / 2 - 0.06), leg)
            b.add("box" if style == 1 else "cylinder", spot, (0.03, 0.03, leg), Role.DESK)


def chair(b: Builder) -> None:
    """A chair which faces -Y."""
    b.add("box", (0, 0, 0.45), (0.22, 0.22, 0.03), Role.CHAIR)
    for x in (-0.18, 0.18):
        for y in (-0.18, 0.18):
            b.add("box", (x, y, 0.21), (0.022, 0.022, 0.21), Role.CHAIR)
    if b.chance(0.6):
        b.add("box", (0, 0.2, 0.75), (0.22, 0.025, 0.25), Role.CHAIR)
    else:
        for z in (0.62, 0.76, 0.9):
            b.add("box", (0, 0.2, z), (0.22, 0.02, 0.04), Role.CHAIR)
        for x in (-0.2, 0.2):
            b.add("box", (x, 0.2, 0.7), (0.02, 0.02, 0.25), Role.CHAIR)


def shelf(b: Builder) -> None:
    """A bookcase with its back at +Y and rows of books."""
    width, height, depth = b.uniform(0.6, 1.2), b.uniform(1.0, 2.1), 0.3
    for side in (-1, 1):
        b.add("box", (side * width / 2, 0, height / 2), (0.02, depth / 2, height / 2), Role.SHELF)
    b.add("box", (0, depth / 2, height / 2), (width / 2, 0.01, height / 2), Role.SHELF)
    boards = int(b.rng.integers(3, 5))
    for board in range(boards):
        z = height * board / (boards - 1) * 0.97 + 0.02
        b.add("box", (0, 0, z), (width / 2, depth / 2, 0.015), Role.SHELF)
        if board < boards - 1:
            _row_of_books(b, width, z + 0.015, height / (boards - 1) - 0.05)


def _row_of_books(b: Builder, width: float, z: float, room: float) -> None:
    x = -width / 2 + 0.05
    while x < width / 2 - 0.1:
        if b.chance(0.25):
            x += b.uniform(0.1, 0.3)
            continue
        thick, tall = b.uniform(0.03, 0.07), min(b.uniform(0.18, 0.32), room)
        b.add(
            "box",
            (x + thick / 2, -0.02, z + tall / 2),
            (thick / 2, b.uniform(0.08, 0.12), tall / 2),
            Role.BOOK,
        )
        x += thick + 0.004


def bed(b: Builder) -> None:
    """A bed with its head at +Y."""
    width = b.uniform(1.0, 1.6)
    b.add("box", (0, 0, 0.15), (width / 2, 1, 0.15), Role.SHELF)
    b.add("box", (0, 0, 0.4), (width / 2 - 0.02, 0.98, 0.12), Role.BED)
    b.add("box", (0, 1, 0.5), (width / 2, 0.04, 0.5), Role.SHELF)
    for x in (-width / 4, width / 4):
        b.add("sphere", (x, 0.7, 0.57), (width / 5, 0.18, 0.09), Role.SOFA)


def sofa(b: Builder) -> None:
    """A sofa which faces -Y."""
    width = b.uniform(1.2, 1.9)
    b.add("box", (0, 0, 0.22), (width / 2, 0.42, 0.2), Role.SOFA)
    b.add("box", (0, 0.35, 0.55), (width / 2, 0.1, 0.35), Role.SOFA)
    for side in (-1, 1):
        b.add("box", (side * width / 2, 0, 0.35), (0.09, 0.42, 0.3), Role.SOFA)


def floor_lamp(b: Builder) -> None:
    """A standing lamp with a cone or drum shade."""
    height = b.uniform(1.2, 1.7)
    b.add("cylinder", (0, 0, 0.02), (0.15, 0.15, 0.02), Role.METAL)
    b.add("cylinder", (0, 0, height / 2), (0.018, 0.018, height / 2), Role.METAL)
    b.add("cone" if b.chance(0.6) else "cylinder", (0, 0, height + 0.1), (0.2, 0.2, 0.15), Role.LAMP)


def big_plant(b: Builder) -> None:
    """A plant in a pot: leaves are flat ellipsoids."""
    b.add("cylinder", (0, 0, 0.15), (0.14, 0.14, 0.15), Role.POT)
    if b.chance(0.4):
        size = b.uniform(0.2, 0.3)
        b.add("sphere", (0, 0, 0.3 + size * 0.9), (size, size, size), Role.PLANT)
        return
    for _ in range(int(b.rng.integers(5, 10))):
        angle = b.uniform(0, 6.28)
        spot = (
            0.15 * float(rotation(2, angle)[0, 0]),
            0.15 * float(rotation(2, angle)[1, 0]),
            b.uniform(0.4, 0.8),
        )
        b.add(
            "sphere",
            spot,
            (0.06, 0.17, 0.05),
            Role.PLANT,
            rotation(2, angle + 1.57) @ rotation(0, b.uniform(0.3, 1.2)),
        )


def cabinet(b: Builder) -> float:
    """A chest of drawers whose front is at -Y. Returns its height in metres."""
    width, height = b.uniform(0.5, 1.1), b.uniform(0.5, 1.0)
    b.add("box", (0, 0, height / 2), (width / 2, 0.22, height / 2), Role.SHELF)
    drawers = int(b.rng.integers(1, 4))
    for row in range(drawers):
        z = height * (row + 0.5) / drawers
        b.add("box", (0, -0.225, z), (width / 2 - 0.03, 0.015, height / drawers / 2 - 0.025), Role.SHELF)
        b.add("sphere", (0, -0.25, z), (0.025, 0.025, 0.025), Role.METAL)
    return height
