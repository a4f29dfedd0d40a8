# SPDX-License-Identifier: GPL-3.0-or-later
"""The six styles the quick look knows: wordings, palette by role, light. Values only. No torch here.

Light directions are in camera axes (X right, Y up, Z towards the camera), so that a surface's shade can be read from
the normal control image: a small model learns such a style to the pixel; a light fixed in the world stays a guess.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..roles import Role

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Light:
    """A far light: where it comes from (camera axes, any length), sRGB colour, strength."""

    direction: Vector
    colour: str
    strength: float


@dataclass(frozen=True)
class Style:
    """One look. Colours are sRGB hex. `palette` lists roles in lower case; `default` serves the rest."""

    name: str
    wordings: tuple[str, ...]
    palette: dict[str, str]
    default: str
    background: str
    key: Light
    fill: Light
    sky: str
    ground: str
    ambient: float
    glow: tuple[str, float] = ("#ffd9a0", 0.0)
    emission: tuple[tuple[Role, float], ...] = ((Role.LAMP, 1.2), (Role.WINDOW, 0.8), (Role.SCREEN, 0.7))
    fog: tuple[str, float] = ("#ffffff", 0.0)
    rim: tuple[str, float] = ("#ffffff", 0.0)
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
    palette={
        "wall": "#d3dce4",
        "floor": "#6b7a87",
        "ceiling": "#f4f5f5",
        "desk": "#d8b083",
        "chair": "#2b66ad",
        "shelf": "#eceae4",
        "book": "#3f86c4",
        "mug": "#e0493d",
        "lamp": "#fff6df",
        "ball": "#f0803a",
        "plant": "#4c9a46",
        "pot": "#b9bec4",
        "box": "#c2935a",
        "rug": "#46627f",
        "bed": "#9fb3c8",
        "bottle": "#7cc4e8",
        "monitor": "#2b2f36",
        "screen": "#6db9f5",
        "picture": "#7fb0d8",
        "window": "#dcecfa",
        "metal": "#5a6068",
        "ground": "#9aa1a6",
        "sofa": "#3d5574",
    },
    default="#c8ccd0",
    background="#dbe8f1",
    key=Light((-0.5, 0.8, 0.6), "#fff8ee", 0.75),
    fill=Light((0.9, 0.1, 0.4), "#dfeaff", 0.25),
    sky="#eaf1f8",
    ground="#a9a39b",
    ambient=0.62,
    glow=("#fff0d0", 0.35),
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
    palette={
        "wall": "#cbb6f4",
        "floor": "#ebca9f",
        "ceiling": "#fff2f7",
        "desk": "#fff0e0",
        "chair": "#ff5fa6",
        "shelf": "#74d6cc",
        "book": "#ffac33",
        "mug": "#ffd63f",
        "lamp": "#fff0b8",
        "ball": "#ff5050",
        "plant": "#63cc62",
        "pot": "#ff955e",
        "box": "#7d6cf0",
        "rug": "#ff98c8",
        "bed": "#ff74b0",
        "bottle": "#4fcbff",
        "monitor": "#4d4075",
        "screen": "#ff86de",
        "picture": "#ffe25c",
        "window": "#fff6fb",
        "metal": "#b3a0e0",
        "ground": "#f3cfe2",
        "sofa": "#6f83ff",
    },
    default="#ffd0e4",
    background="#ffd6ea",
    key=Light((-0.4, 0.8, 0.7), "#fff4e6", 0.75),
    fill=Light((0.9, -0.1, 0.4), "#ffc0e8", 0.35),
    sky="#fff0fa",
    ground="#e8bcd8",
    ambient=0.62,
    glow=("#ffe0a0", 0.5),
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
    palette={
        "wall": "#6b4f96",
        "floor": "#55704f",
        "ceiling": "#44356a",
        "desk": "#8a5636",
        "chair": "#a03c7e",
        "shelf": "#6b4128",
        "book": "#c9473f",
        "mug": "#a9c23c",
        "lamp": "#ffb54a",
        "ball": "#4dff74",
        "plant": "#58b03c",
        "pot": "#777f92",
        "box": "#ab7440",
        "rug": "#8f2d68",
        "bed": "#78308c",
        "bottle": "#5cff58",
        "monitor": "#3d3352",
        "screen": "#8dff5c",
        "picture": "#cf973c",
        "window": "#a58aff",
        "metal": "#9c8a4c",
        "ground": "#4f6b49",
        "sofa": "#6d3385",
    },
    default="#6a5580",
    background="#32225a",
    key=Light((-0.6, 0.7, 0.5), "#cdb4ff", 0.95),
    fill=Light((0.9, -0.2, 0.5), "#7dff8a", 0.3),
    sky="#8a6ad0",
    ground="#3f6a44",
    ambient=0.45,
    glow=("#ff9a35", 2.0),
    emission=(
        (Role.LAMP, 1.8),
        (Role.WINDOW, 0.6),
        (Role.SCREEN, 0.7),
        (Role.BOTTLE, 0.45),
        (Role.BALL, 0.3),
    ),
    fog=("#3b2a68", 0.3),
    rim=("#b07cff", 0.35),
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
    palette={
        "wall": "#8fabcb",
        "floor": "#eaf3fb",
        "ceiling": "#b9cee4",
        "desk": "#7d6250",
        "chair": "#5c4a42",
        "shelf": "#6d574a",
        "book": "#a04f44",
        "mug": "#c8574a",
        "lamp": "#ffdf9f",
        "ball": "#b8483e",
        "plant": "#3c6a50",
        "pot": "#7f8ea0",
        "box": "#93785f",
        "rug": "#8499b3",
        "bed": "#b7c9dd",
        "bottle": "#8fc3ea",
        "monitor": "#48525e",
        "screen": "#b4d8f2",
        "picture": "#7b9bc0",
        "window": "#e3f1fd",
        "metal": "#66727f",
        "ground": "#eef5fc",
        "sofa": "#5d7590",
    },
    default="#a9b8c8",
    background="#d9e7f5",
    key=Light((-0.7, 0.6, 0.5), "#fff0d6", 0.7),
    fill=Light((0.8, 0.2, 0.4), "#bcd6ff", 0.3),
    sky="#cfe2fb",
    ground="#93acd0",
    ambient=0.62,
    glow=("#ffcf80", 0.5),
    fog=("#dbe7f5", 0.25),
    snow=0.9,
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
    palette={
        "wall": "#b57c42",
        "floor": "#94592d",
        "ceiling": "#7d4e2c",
        "desk": "#deae6a",
        "chair": "#7d4520",
        "shelf": "#a0652f",
        "book": "#b0402c",
        "mug": "#4f7f95",
        "lamp": "#ffd68f",
        "ball": "#cc3a2a",
        "plant": "#64943a",
        "pot": "#c9683a",
        "box": "#e8c78f",
        "rug": "#9c2b26",
        "bed": "#bf4637",
        "bottle": "#3a8050",
        "monitor": "#3d2c20",
        "screen": "#ffe4ae",
        "picture": "#e6c98c",
        "window": "#fff1d2",
        "metal": "#54493f",
        "ground": "#957d45",
        "sofa": "#6a803f",
    },
    default="#b08a5a",
    background="#f1d6a4",
    key=Light((-0.5, 0.7, 0.6), "#ffe3b5", 0.9),
    fill=Light((0.9, -0.1, 0.4), "#ff9a50", 0.3),
    sky="#ffe6c0",
    ground="#7a4d2a",
    ambient=0.5,
    glow=("#ffb45a", 1.1),
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
    palette={},
    default="#d9d4cc",
    background="#e6e4e0",
    key=Light((-0.6, 0.7, 0.5), "#fff6ea", 0.8),
    fill=Light((0.9, 0.0, 0.4), "#dfe6f5", 0.15),
    sky="#f4f4f4",
    ground="#7d766f",
    ambient=0.45,
    emission=(),
)
STYLES: tuple[Style, ...] = (OFFICE, TEENAGER, WITCH, SNOW, CABIN, CLAY)
