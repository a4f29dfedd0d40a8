# SPDX-License-Identifier: GPL-3.0-or-later
"""The eight styles the quick look knows: wordings, colours by group of roles, light. Values only. No torch here.

Every colour follows from what a small model can read off the controls. Light directions are in camera axes (X right, Y
up, Z towards the camera), so that a surface's shade stands in the normal picture. Colours go by groups that differ in
shape (flat things, round things, furniture), not by what a thing is called: whether a box is a book or a monitor
cannot be seen, and a model that has to guess paints the mean of both.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..roles import Role

Vector = tuple[float, float, float]
GROUPS: dict[str, tuple[Role, ...]] = {
    "wall": (Role.WALL, Role.WINDOW, Role.PICTURE),
    "floor": (Role.FLOOR, Role.GROUND, Role.RUG),
    "ceiling": (Role.CEILING,),
    "furniture": (Role.DESK, Role.CHAIR, Role.SHELF, Role.BED, Role.SOFA),
    "flat": (Role.BOOK, Role.BOX, Role.MONITOR, Role.SCREEN),
    "round": (Role.MUG, Role.BALL, Role.BOTTLE, Role.POT),
    "thin": (Role.METAL,),
    "plant": (Role.PLANT,),
    "lamp": (Role.LAMP,),
}
"""Which roles share a colour."""


@dataclass(frozen=True)
class Light:
    """A far light: where it comes from (camera axes, any length), sRGB colour, strength."""

    direction: Vector
    colour: str
    strength: float


@dataclass(frozen=True)
class Style:
    """One look. Colours are sRGB hex; `palette` has one for each of `GROUPS`, in that order.

    `fog` and `rim` are a colour and a strength: distance fades into the first, edges that turn away shine in the
    second. `lamp` is how strongly lamps shine by themselves, `snow` how white the tops of things are (0..1).
    """

    name: str
    wordings: tuple[str, ...]
    palette: tuple[str, str, str, str, str, str, str, str, str]
    background: str
    key: Light
    fill: Light
    sky: str
    ground: str
    ambient: float
    fog: tuple[str, float] = ("#ffffff", 0.0)
    rim: tuple[str, float] = ("#ffffff", 0.0)
    lamp: float = 0.6
    snow: float = 0.0


OFFICE = Style(
    name="office",
    wordings=(
        "an office",
        "a modern office",
        "an office room",
        "a bright business office",
        "a meeting room",
        "a desk in an office building",
        "a clean workplace",
    ),
    palette=(
        "#c9d6e0",
        "#5f7488",
        "#eef1f3",
        "#c98f55",
        "#2f73c0",
        "#e0603a",
        "#5a6068",
        "#3f9a46",
        "#fff2c8",
    ),
    background="#dbe8f1",
    key=Light((-0.5, 0.8, 0.6), "#fff8ee", 0.8),
    fill=Light((0.9, 0.1, 0.4), "#d0e2ff", 0.25),
    sky="#eaf1f8",
    ground="#a9a39b",
    ambient=0.55,
)
TEENAGER = Style(
    name="teenager's room",
    wordings=(
        "a teenager's room",
        "a teenage girl's room",
        "a pink bedroom",
        "a colourful kid's room",
        "a cute bedroom of a teenager",
        "a girl's bedroom",
        "a bright playful room",
    ),
    palette=(
        "#dba6f0",
        "#ffc9a0",
        "#ffe6f4",
        "#ff5fa6",
        "#3fc4e8",
        "#ffd23f",
        "#a07ae0",
        "#54cc62",
        "#fff0b8",
    ),
    background="#ffd6ea",
    key=Light((-0.4, 0.8, 0.7), "#fff4e6", 0.8),
    fill=Light((0.9, -0.1, 0.4), "#ffb0e8", 0.35),
    sky="#fff0fa",
    ground="#e8bcd8",
    ambient=0.55,
)
WITCH = Style(
    name="witch's lair",
    wordings=(
        "a witch's lair",
        "a witch's kitchen",
        "a dark magic laboratory",
        "a wizard's dungeon",
        "a spooky witch hut",
        "an enchanted alchemist's den",
        "a witch house with green potions",
    ),
    palette=(
        "#5c3f94",
        "#465c44",
        "#35285c",
        "#b0683a",
        "#b03a78",
        "#58f05c",
        "#b09a4c",
        "#7cc83c",
        "#ffb54a",
    ),
    background="#2c1d54",
    key=Light((-0.6, 0.7, 0.5), "#cdb4ff", 1.0),
    fill=Light((0.9, -0.2, 0.5), "#7dff8a", 0.4),
    sky="#8a6ad0",
    ground="#3f6a44",
    ambient=0.4,
    fog=("#3b2a68", 0.3),
    rim=("#b07cff", 0.35),
    lamp=1.4,
)
SNOW = Style(
    name="snowy winter",
    wordings=(
        "a snowy winter scene",
        "snow",
        "everything covered in snow",
        "a frozen winter landscape",
        "deep winter",
        "a snowy day",
        "ice and snow everywhere",
    ),
    palette=(
        "#7f9fc8",
        "#eef5fc",
        "#a9c2e0",
        "#6a4c3a",
        "#a04f44",
        "#3c6aa0",
        "#56626f",
        "#2f6a50",
        "#ffdf9f",
    ),
    background="#d9e7f5",
    key=Light((-0.7, 0.6, 0.5), "#fff0d6", 0.75),
    fill=Light((0.8, 0.2, 0.4), "#a8ccff", 0.35),
    sky="#cfe2fb",
    ground="#7fa0d0",
    ambient=0.55,
    fog=("#dbe7f5", 0.2),
    snow=0.95,
)
CABIN = Style(
    name="wooden cabin",
    wordings=(
        "a wooden cabin",
        "a rustic log cabin",
        "a cosy wooden hut",
        "a carpenter's workshop",
        "a wooden workshop",
        "a warm cottage of wood",
        "a farmhouse made of timber",
    ),
    palette=(
        "#b5763a",
        "#8a4a22",
        "#6d4224",
        "#eec07a",
        "#a8321f",
        "#3f7f88",
        "#3f342a",
        "#6f9a34",
        "#ffd68f",
    ),
    background="#f1d6a4",
    key=Light((-0.5, 0.7, 0.6), "#ffe3b5", 0.95),
    fill=Light((0.9, -0.1, 0.4), "#ff9a50", 0.3),
    sky="#ffe6c0",
    ground="#7a4d2a",
    ambient=0.45,
    lamp=1.0,
)
CLAY = Style(
    name="white clay",
    wordings=(
        "a white clay model",
        "a plaster model",
        "grey clay render",
        "unpainted plaster",
        "a white paper model",
        "a model made of white clay",
        "everything is white plaster",
    ),
    palette=("#d9d4cc",) * 9,
    background="#e6e4e0",
    key=Light((-0.6, 0.7, 0.5), "#fff6ea", 0.85),
    fill=Light((0.9, 0.0, 0.4), "#dfe6f5", 0.15),
    sky="#f4f4f4",
    ground="#7d766f",
    ambient=0.4,
    lamp=0.0,
)
UNDERWATER = Style(
    name="underwater",
    wordings=(
        "an underwater reef",
        "under water",
        "at the bottom of the sea",
        "a sunken room in the ocean",
        "a coral reef under the sea",
        "deep blue sea water",
        "a flooded place full of water",
    ),
    palette=(
        "#2f8f9c",
        "#d8cf96",
        "#1f6f8f",
        "#f0804a",
        "#f2c84a",
        "#e84a78",
        "#cfe6dc",
        "#38c878",
        "#fff6c0",
    ),
    background="#0b5c86",
    key=Light((-0.2, 1.0, 0.3), "#d8fff4", 0.95),
    fill=Light((0.7, -0.3, 0.5), "#3fb8ff", 0.4),
    sky="#8ff0ea",
    ground="#0f5c88",
    ambient=0.45,
    fog=("#12789c", 0.6),
)
NEON = Style(
    name="neon night",
    wordings=(
        "a neon night city",
        "neon lights",
        "a cyberpunk place at night",
        "a futuristic neon room",
        "pink and blue neon light",
        "a night club",
        "a science fiction city at night",
    ),
    palette=(
        "#4a4a78",
        "#383868",
        "#26264a",
        "#8080a8",
        "#a8a8d0",
        "#d8d8f0",
        "#9090b0",
        "#5fa088",
        "#fff4a8",
    ),
    background="#14103a",
    key=Light((-1.0, 0.25, 0.25), "#ff2f9c", 2.2),
    fill=Light((1.0, 0.35, 0.25), "#1fd0ff", 2.2),
    sky="#5a3fb0",
    ground="#2a1f70",
    ambient=0.35,
    rim=("#ff5fd0", 0.25),
    lamp=1.6,
)
STYLES: tuple[Style, ...] = (OFFICE, TEENAGER, WITCH, SNOW, CABIN, CLAY, UNDERWATER, NEON)
