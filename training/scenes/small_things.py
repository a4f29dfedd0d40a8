# SPDX-License-Identifier: GPL-3.0-or-later
"""Things that stand on a table or a floor: mug, bottle, books, box, ball, lamp, plant, monitor, ... No bpy here."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..roles import Role
from .builder import Builder, rotation
from .furniture import big_plant

Maker = Callable[[Builder], None]


def mug(b: Builder) -> None:
    """A cylinder with a handle."""
    half, radius = b.uniform(0.045, 0.06), b.uniform(0.035, 0.05)
    b.add("cylinder", (0, 0, half), (radius, radius, half), Role.MUG)
    b.add("box", (radius + 0.02, 0, half * 1.5), (0.02, 0.007, 0.007), Role.MUG)
    b.add("box", (radius + 0.02, 0, half * 0.6), (0.02, 0.007, 0.007), Role.MUG)
    b.add("box", (radius + 0.035, 0, half * 1.05), (0.007, 0.007, half * 0.5), Role.MUG)


def bottle(b: Builder) -> None:
    """A body, a shoulder and a neck, or a round flask."""
    half, radius = b.uniform(0.07, 0.12), b.uniform(0.03, 0.05)
    if b.chance(0.4):
        radius *= 1.5
        b.add("sphere", (0, 0, radius), (radius, radius, radius), Role.BOTTLE)
        b.add("cylinder", (0, 0, 2 * radius + 0.03), (0.02, 0.02, 0.06), Role.BOTTLE)
        return
    b.add("cylinder", (0, 0, half), (radius, radius, half), Role.BOTTLE)
    b.add("cone", (0, 0, 2 * half + 0.03), (radius, radius, 0.05), Role.BOTTLE)
    b.add("cylinder", (0, 0, 2 * half + 0.06), (0.014, 0.014, 0.05), Role.BOTTLE)


def books(b: Builder) -> None:
    """A pile of one to four books."""
    z = 0.0
    for _ in range(int(b.rng.integers(1, 5))):
        half = b.uniform(0.012, 0.03)
        size = (b.uniform(0.09, 0.13), b.uniform(0.07, 0.1), half)
        b.add(
            "box", (b.uniform(-0.01, 0.01), 0, z + half), size, Role.BOOK, rotation(2, b.uniform(-0.4, 0.4))
        )
        z += 2 * half


def box(b: Builder) -> None:
    """A carton, seldom a cube."""
    half = b.uniform(0.05, 0.13)
    size = (half, half * b.uniform(0.6, 1.1), half * b.uniform(0.5, 1.2))
    b.add("box", (0, 0, size[2]), size, Role.BOX)


def ball(b: Builder) -> None:
    """A sphere."""
    radius = b.uniform(0.045, 0.12)
    b.add("sphere", (0, 0, radius), (radius, radius, radius), Role.BALL)


def monitor(b: Builder) -> None:
    """A screen on a foot, with a keyboard before it; the screen looks to -Y."""
    b.add("box", (0, 0, 0.01), (0.12, 0.08, 0.01), Role.MONITOR)
    b.add("box", (0, 0.03, 0.1), (0.02, 0.015, 0.1), Role.MONITOR)
    b.add("box", (0, 0, 0.3), (0.28, 0.02, 0.17), Role.MONITOR)
    b.add("box", (0, -0.021, 0.3), (0.26, 0.004, 0.15), Role.SCREEN)
    b.add("box", (0, -0.25, 0.01), (0.2, 0.06, 0.01), Role.MONITOR)


def desk_lamp(b: Builder) -> None:
    """A stand with a cone shade."""
    b.add("cylinder", (0, 0, 0.012), (0.08, 0.08, 0.012), Role.METAL)
    b.add("cylinder", (0, 0, 0.16), (0.012, 0.012, 0.15), Role.METAL)
    b.add("cone", (0, 0, 0.36), (0.13, 0.13, 0.09), Role.LAMP)


def candle(b: Builder) -> None:
    """A thin candle with a flame, which counts as a lamp."""
    half = b.uniform(0.04, 0.1)
    b.add("cylinder", (0, 0, half), (0.025, 0.025, half), Role.POT)
    b.add("sphere", (0, 0, 2 * half + 0.025), (0.014, 0.014, 0.03), Role.LAMP)


def small_plant(b: Builder) -> None:
    """The big plant at a third of its size."""
    b.scale *= 0.38
    big_plant(b)


def bowl(b: Builder) -> None:
    """An upturned cone with fruit."""
    radius = b.uniform(0.08, 0.12)
    b.add("cone", (0, 0, 0.04), (radius, radius, 0.08), Role.POT, rotation(0, np.pi))
    for _ in range(4):
        b.add(
            "sphere", (b.uniform(-0.04, 0.04), b.uniform(-0.04, 0.04), 0.1), (0.035, 0.035, 0.035), Role.BALL
        )


MAKERS: tuple[Maker, ...] = (
    mug,
    mug,
    bottle,
    books,
    books,
    box,
    box,
    ball,
    ball,
    monitor,
    desk_lamp,
    candle,
    small_plant,
    bowl,
)


def put_one(b: Builder, x: float, y: float, z: float, yaw: float, scale: float = 1.0) -> None:
    """Puts one random small thing at a spot."""
    b.place(x, y, z, yaw, scale)
    MAKERS[int(b.rng.integers(len(MAKERS)))](b)


def scatter(
    b: Builder,
    spot: tuple[float, float, float],
    yaw: float,
    size: tuple[float, float],
    count: int,
    scale: float,
) -> None:
    """Spreads `count` things over a `size` (width, depth) rectangle centred at `spot`, apart from each other."""
    taken: list[tuple[float, float]] = []
    turn = rotation(2, yaw)[:2, :2]
    for _ in range(count * 6):
        if len(taken) >= count:
            return
        x, y = (b.uniform(-edge / 2 + 0.12, edge / 2 - 0.12) for edge in size)
        if all(np.hypot(x - other[0], y - other[1]) > 0.26 * scale for other in taken):
            taken.append((x, y))
            there = turn @ np.array([x, y])
            put_one(b, spot[0] + there[0], spot[1] + there[1], spot[2], yaw + b.uniform(-0.5, 0.5), scale)
