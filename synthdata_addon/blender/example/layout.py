# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things stand. Random draws stay small, so that nothing meets and the desk is in sight for every seed."""

from __future__ import annotations

from math import cos, radians, sin

import numpy as np

from ..modelling import desk_things, furniture, surroundings
from ..modelling.furniture import DESK_SIZE, SHELF_BOTTOM, SHELF_MIDDLE, SHELF_SIZE
from ..modelling.stage import CONTACT_GAP, Place, Stage
from .room import DEPTH, RUG_THICKNESS, WIDTH

RUG_TOP = RUG_THICKNESS + CONTACT_GAP
DESK_TOP = RUG_TOP + CONTACT_GAP + DESK_SIZE[2]  # height of the desk top above the floor
SHELF_AT = (1.55, DEPTH / 2 - SHELF_SIZE[1] / 2 - 0.03)
CAMERA = (-1.50, -2.27, 1.73)
CAMERA_AIM = (0.12, 0.05, 0.57)
CAMERA_LENS = 32.0
TARGET: Place = (0.0, 0.0, DESK_TOP)

COVERS = (
    ("red", "gold"),
    ("blue", "paper"),
    ("green", "gold"),
    ("yellow", "black"),
    ("purple", "paper"),
    ("teal", "gold"),
)


class Layout:
    """Places every thing of one room; ``rng`` draws colours and small turns."""

    def __init__(self, stage: Stage, rng: np.random.Generator) -> None:
        self.stage = stage
        self.rng = rng
        self._covers = [COVERS[i] for i in rng.permutation(len(COVERS))]
        self._books = 0

    def fill(self) -> None:
        """Add furniture, desk things, surroundings and distractors."""
        self._furniture()
        self._desk_things()
        self._desk_books()
        self._shelf_things()
        self._floor_things()
        self._distractors()

    def _furniture(self) -> None:
        put = self.stage.put
        put("Desk", furniture.desk(), (0.0, 0.0, RUG_TOP), group="Furniture", category="desk")
        turn = 180.0 + 24.0 + self._about(6.0)
        put("Chair", furniture.chair(), (-0.22, -0.82, RUG_TOP), turn, group="Furniture", category="chair")
        put("Shelf", furniture.shelf(), (*SHELF_AT, 0.0), group="Furniture", category="shelf")

    def _desk_things(self) -> None:
        put = self.stage.put
        scissors = desk_things.scissors(28.0 + self._about(4.0))
        put("Scissors", scissors, (-0.42, -0.20, DESK_TOP), 25.0 + self._about(15.0), category="scissors")
        put(
            "Mug", desk_things.mug("teal"), (0.30, -0.16, DESK_TOP), -40.0 + self._about(25.0), category="cup"
        )
        put("Laptop", desk_things.laptop(), (-0.04, 0.07, DESK_TOP), self._about(4.0), category="laptop")
        self._lamp((-0.60, 0.20, DESK_TOP), -22.0 + self._about(6.0))

    def _lamp(self, at: Place, turn: float) -> None:
        self.stage.put("Desk Lamp", desk_things.lamp("lamp"), at, turn, category="lamp")
        bulb, aim = (_turned(point, turn, at) for point in (desk_things.LAMP_BULB, desk_things.LAMP_AIM))
        self.stage.spot_light("Example Lamp Light", bulb, aim, 40.0, "#FFD9A0")

    def _desk_books(self) -> None:
        """A stack of three, a short standing row and an open one."""
        level = DESK_TOP
        for size in ((0.25, 0.18, 0.034), (0.23, 0.165, 0.028), (0.20, 0.14, 0.022)):
            book = desk_things.book(*self._next_cover(), size)
            self._put_book(book, (0.57, -0.08, level), self._about(9.0))
            level += size[2] + desk_things.BOOK_RELIEF + CONTACT_GAP
        self._standing_row(0.36, 0.25, DESK_TOP, (0.034, 0.026, 0.040, 0.030))
        self._put_book(desk_things.open_book("red"), (-0.04, -0.235, DESK_TOP), self._about(5.0))

    def _standing_row(self, x: float, y: float, z: float, thicknesses: tuple[float, ...]) -> None:
        for thick in thicknesses:
            height, depth = 0.20 + self._about(0.02), 0.155 + self._about(0.01)
            book = desk_things.standing_book(*self._next_cover(), (height, depth, thick))
            self._put_book(book, (x + thick / 2, y, z), 0.0)
            x += thick + 0.0015

    def _put_book(self, model: desk_things.Model, at: Place, turn: float) -> None:
        self.stage.put("Book", model, at, turn, category="book")

    def _next_cover(self) -> tuple[str, str]:
        self._books += 1
        return self._covers[self._books % len(self._covers)]

    def _shelf_things(self) -> None:
        x, y = SHELF_AT
        top = SHELF_SIZE[2] + CONTACT_GAP
        middle, bottom = SHELF_MIDDLE + CONTACT_GAP, SHELF_BOTTOM + CONTACT_GAP
        self._standing_row(x - 0.60, y, middle, (0.03, 0.042, 0.026, 0.036, 0.03, 0.048, 0.034))
        self._standing_row(x + 0.20, y, middle, (0.04, 0.03, 0.046, 0.028, 0.036))
        self._standing_row(x - 0.50, y, bottom, (0.044, 0.03, 0.036, 0.03))
        small = surroundings.potted_plant(self.rng, scale=0.48, leaves=14, pot="white")
        self.stage.put("Plant", small, (x + 0.42, y, top), category="potted plant")
        carton = surroundings.closed_box((0.34, 0.24, 0.20))
        self.stage.put("Cardboard Box", carton, (x + 0.25, y, bottom), category="box")

    def _floor_things(self) -> None:
        put, around = self.stage.put, surroundings
        ball_at = (0.72 + self._about(0.1), -1.02 + self._about(0.1), RUG_TOP)
        put("Ball", around.football().changed(lambda part: part.turned("X", 20.0)).grounded(), ball_at,
            self._about(180.0), category="sports ball")  # fmt: skip
        plant = around.potted_plant(self.rng, scale=1.35, leaves=20)
        put("Plant", plant, (-0.02, DEPTH / 2 - 0.56, 0.0), category="potted plant")
        corner = (WIDTH / 2 - 0.55, 0.75)
        put("Cardboard Box", around.closed_box((0.62, 0.48, 0.42)), (*corner, 0.0), -82.0, category="box")
        put("Cardboard Box", around.closed_box((0.36, 0.30, 0.26)), (*corner, 0.42 + 2 * CONTACT_GAP),
            -70.0 + self._about(10.0), category="box")  # fmt: skip
        put("Cardboard Box", around.open_box((0.46, 0.36, 0.32), (118.0, 105.0, 125.0, 112.0)),
            (1.70, 1.75, 0.0), 24.0 + self._about(10.0), category="box")  # fmt: skip

    def _distractors(self) -> None:
        balls = (("red", 0.16, (-2.3, 0.9, 0.0)), ("green", 0.035, (0.68, -0.26, DESK_TOP)))
        cubes = (("blue", 0.26, (2.2, -0.35, 0.0)), ("purple", 0.07, (-0.68, -0.12, DESK_TOP)))
        for colour, radius, at in balls:
            self.stage.put("Sphere", surroundings.toy_ball(colour, radius), at, group="Distractors")
        for colour, edge, at in cubes:
            self.stage.put(
                "Cube", surroundings.toy_cube(colour, edge), at, self._about(30.0), group="Distractors"
            )

    def _about(self, spread: float) -> float:
        return float(self.rng.uniform(-spread, spread))


def _turned(point: Place, degrees: float, at: Place) -> Place:
    """Turn a local point about Z and move it to a thing's place."""
    c, s = cos(radians(degrees)), sin(radians(degrees))
    return (at[0] + c * point[0] - s * point[1], at[1] + s * point[0] + c * point[1], at[2] + point[2])
