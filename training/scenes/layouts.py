# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole scenes: a room (x in -w..w, y in -d..d, floor at z = 0), a table top, an outdoor ground. No bpy here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..roles import Role
from . import furniture, small_things
from .builder import Builder, rotation

Kind = Literal["room", "table", "outdoor"]


@dataclass(frozen=True)
class Layout:
    """What the cameras need: kind, half width, half depth, height (metres), whether walls close it, and the focus."""

    kind: Kind
    half_width: float
    half_depth: float
    height: float
    closed: bool
    focus: tuple[float, float, float]


def make_scene(rng: np.random.Generator) -> tuple[Builder, Layout]:
    """One random scene."""
    b = Builder(rng)
    kind = ("room", "room", "room", "table", "table", "outdoor")[int(rng.integers(6))]
    if kind == "room":
        return b, _room(b)
    return b, (_table(b) if kind == "table" else _outdoor(b))


def _floor(b: Builder, role: Role) -> None:
    b.place(0, 0, 0)
    b.add("box", (0, 0, -0.1), (14, 14, 0.1), role)


def _walls(b: Builder, width: float, depth: float, height: float, closed: bool) -> None:
    """Back and left wall always; a closed room also has the right and front walls and a ceiling."""
    b.place(0, 0, 0)
    b.add("box", (0, depth + 0.1, height / 2), (width + 0.2, 0.1, height / 2), Role.WALL)
    b.add("box", (-width - 0.1, 0, height / 2), (0.1, depth + 0.2, height / 2), Role.WALL)
    if closed or b.chance(0.3):
        b.add("box", (width + 0.1, 0, height / 2), (0.1, depth + 0.2, height / 2), Role.WALL)
    if closed:
        b.add("box", (0, -depth - 2.5, height / 2), (width + 0.2, 0.1, height / 2), Role.WALL)
        b.add("box", (0, 0, height + 0.1), (14, 14, 0.1), Role.CEILING)
    _wall_things(b, width, depth)


def _wall_things(b: Builder, width: float, depth: float) -> None:
    if b.chance(0.5):
        x, z, half_w, half_h = (
            b.uniform(-0.6, 0.6) * width,
            b.uniform(1.3, 1.7),
            b.uniform(0.4, 0.7),
            b.uniform(0.4, 0.6),
        )
        b.add("box", (x, depth, z), (half_w + 0.06, 0.03, half_h + 0.06), Role.SHELF)
        b.add("box", (x, depth - 0.02, z), (half_w, 0.03, half_h), Role.WINDOW)
        b.add("box", (x, depth - 0.04, z), (0.025, 0.03, half_h), Role.SHELF)
        b.add("box", (x, depth - 0.04, z), (half_w, 0.03, 0.025), Role.SHELF)
    for _ in range(int(b.rng.integers(0, 3))):
        half = b.uniform(0.15, 0.4)
        b.add(
            "box",
            (b.uniform(-0.8, 0.8) * width, depth, b.uniform(1.2, 1.9)),
            (half, 0.03, half * b.uniform(0.7, 1.3)),
            Role.PICTURE,
        )
    if b.chance(0.5):
        half = b.uniform(0.2, 0.5)
        b.add(
            "box",
            (-width, b.uniform(-0.5, 0.8) * depth, b.uniform(1.2, 1.8)),
            (0.03, half, half * b.uniform(0.7, 1.2)),
            Role.PICTURE,
        )


def _desk_with_things(b: Builder, x: float, y: float, yaw: float) -> None:
    width, depth, height = b.uniform(0.9, 1.7), b.uniform(0.5, 0.85), b.uniform(0.6, 0.85)
    b.place(x, y, 0, yaw)
    furniture.desk(b, width, depth, height)
    small_things.scatter(
        b, (x, y, height), yaw, (width, depth), int(b.rng.integers(2, 7)), b.uniform(1.0, 1.5)
    )
    if b.chance(0.7):
        forward = rotation(2, yaw) @ np.array([b.uniform(-0.2, 0.2), -b.uniform(0.45, 0.65), 0.0])
        b.place(x + forward[0], y + forward[1], 0, yaw + np.pi + b.uniform(-0.5, 0.5))
        furniture.chair(b)


def _stand(b: Builder, what: str, x: float, y: float, yaw: float) -> None:
    """Puts one piece of furniture, named by the layout's draw, at a spot."""
    if what == "desk":
        _desk_with_things(b, x, y, yaw)
        return
    if what == "small":
        small_things.put_one(b, x, y, 0, yaw, b.uniform(1.8, 3.0))
        return
    b.place(x, y, 0, yaw)
    if what == "cabinet":
        height = furniture.cabinet(b)
        small_things.put_one(b, x, y, height, yaw, 1.3)
        return
    makers = {
        "shelf": furniture.shelf,
        "bed": furniture.bed,
        "sofa": furniture.sofa,
        "lamp": furniture.floor_lamp,
        "plant": furniture.big_plant,
        "chair": furniture.chair,
    }
    makers[what](b)


def _room(b: Builder) -> Layout:
    width, depth, height = b.uniform(1.6, 2.7), b.uniform(1.6, 2.7), b.uniform(2.3, 3.0)
    closed = b.chance(0.45)
    _floor(b, Role.FLOOR)
    _walls(b, width, depth, height, closed)
    if b.chance(0.5):
        b.place(b.uniform(-0.5, 0.5), b.uniform(-0.3, 0.6), 0, b.uniform(-0.2, 0.2))
        radius = b.uniform(0.7, 1.2)
        b.add("cylinder" if b.chance(0.5) else "box", (0, 0, 0.01), (radius, radius * 0.8, 0.012), Role.RUG)
    along_wall = (
        "desk",
        "desk",
        "desk",
        "shelf",
        "shelf",
        "bed",
        "sofa",
        "lamp",
        "plant",
        "cabinet",
        "chair",
        "small",
    )
    free = ("desk", "chair", "chair", "lamp", "plant", "small", "small", "sofa")
    third = 2 * width / 3
    for slot in range(7):
        if b.chance(0.2):
            continue
        if slot < 3:
            spot = (-width + third * (slot + 0.5), depth - b.uniform(0.35, 0.6), b.uniform(-0.1, 0.1))
        elif slot == 3:
            spot = (-width + 0.5, b.uniform(-0.9, 0.3), np.pi / 2)
        else:
            spot = (b.uniform(-0.6, 0.6) * width, b.uniform(-0.8, 0.3) * depth, b.uniform(-3, 3))
        names = along_wall if slot < 4 else free
        _stand(b, names[int(b.rng.integers(len(names)))], *spot)
    return Layout("room", width, depth, height, closed, (0.0, depth * 0.25, 0.6))


def _table(b: Builder) -> Layout:
    height, width, depth = b.uniform(0.6, 0.85), b.uniform(1.1, 2.0), b.uniform(0.65, 1.1)
    room = b.uniform(0.8, 1.8)
    _floor(b, Role.FLOOR)
    closed = False
    if b.chance(0.7):
        _walls(b, 2.2, room, 2.6, closed)
        if b.chance(0.6):
            names = ("shelf", "plant", "lamp", "cabinet", "chair")
            _stand(b, names[int(b.rng.integers(len(names)))], b.uniform(-1.4, 1.4), room - 0.3, 0.0)
    b.place(0, 0, 0, b.uniform(-0.15, 0.15))
    furniture.desk(b, width, depth, height)
    small_things.scatter(
        b, (0, 0, height), 0, (width, depth), int(b.rng.integers(4, 10)), b.uniform(1.0, 1.5)
    )
    if b.chance(0.4):
        b.place(b.uniform(-0.4, 0.4), -depth / 2 - 0.2, 0, np.pi + b.uniform(-0.6, 0.6))
        furniture.chair(b)
    return Layout("table", width, depth, height, closed, (0.0, 0.0, height + 0.08))


def _outdoor(b: Builder) -> Layout:
    _floor(b, Role.GROUND)
    shapes = (
        ("box", Role.BOX),
        ("box", Role.BOX),
        ("sphere", Role.BALL),
        ("cylinder", Role.POT),
        ("cone", Role.POT),
    )
    for _ in range(int(b.rng.integers(4, 14))):
        x, y, size = b.uniform(-1.8, 1.8), b.uniform(-1.8, 1.8), b.uniform(0.1, 0.45)
        shape, role = shapes[int(b.rng.integers(len(shapes)))]
        tall = size if shape == "sphere" else size * b.uniform(0.5, 1.6)
        b.place(x, y, 0, b.uniform(0, 6.28))
        b.add(shape, (0, 0, tall), (size, size if shape != "box" else size * b.uniform(0.5, 1.1), tall), role)  # type: ignore[arg-type]
        if shape in ("box", "cylinder") and b.chance(0.4):
            small_things.put_one(b, x, y, 2 * tall, b.uniform(0, 6.28), b.uniform(1.0, 2.0))
    for what in ("plant", "chair", "small"):
        if b.chance(0.4):
            _stand(b, what, b.uniform(-1.8, 1.8), b.uniform(-1.8, 1.8), b.uniform(0, 6.28))
    return Layout("outdoor", 2.0, 2.0, 1.0, False, (0.0, 0.0, 0.3))
