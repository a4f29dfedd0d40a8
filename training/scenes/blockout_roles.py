# SPDX-License-Identifier: GPL-3.0-or-later
"""Which role the objects of the extension's own blockouts play: by category, else by name. No bpy here."""

from __future__ import annotations

from ..roles import Role

BY_CATEGORY: dict[str, Role] = {
    "desk": Role.DESK,
    "dining table": Role.DESK,
    "chair": Role.CHAIR,
    "bench": Role.CHAIR,
    "shelf": Role.SHELF,
    "pallet rack": Role.SHELF,
    "fence": Role.SHELF,
    "door": Role.WALL,
    "window": Role.WINDOW,
    "building": Role.WALL,
    "book": Role.BOOK,
    "laptop": Role.MONITOR,
    "cell phone": Role.MONITOR,
    "clock": Role.METAL,
    "scissors": Role.METAL,
    "fork": Role.METAL,
    "knife": Role.METAL,
    "pallet": Role.BOX,
    "box": Role.BOX,
    "crate": Role.BOX,
    "forklift": Role.BOX,
    "pallet jack": Role.BOX,
    "car": Role.BOX,
    "stop sign": Role.METAL,
    "traffic light": Role.METAL,
    "street lamp": Role.METAL,
    "lamp": Role.LAMP,
    "cup": Role.MUG,
    "bowl": Role.MUG,
    "vase": Role.MUG,
    "plate": Role.MUG,
    "can": Role.MUG,
    "barrel": Role.POT,
    "trash can": Role.POT,
    "bollard": Role.POT,
    "fire hydrant": Role.POT,
    "traffic cone": Role.POT,
    "rock": Role.POT,
    "bottle": Role.BOTTLE,
    "apple": Role.BALL,
    "orange": Role.BALL,
    "banana": Role.BALL,
    "sports ball": Role.BALL,
    "potted plant": Role.PLANT,
    "tree": Role.PLANT,
    "bush": Role.PLANT,
}
BY_NAME: tuple[tuple[str, Role], ...] = (
    ("Floor", Role.FLOOR),
    ("Rug", Role.RUG),
    ("Ceiling", Role.CEILING),
    ("Roof", Role.CEILING),
    ("Hall Lamp", Role.LAMP),
    ("Grass", Role.PLANT),
    ("Ground", Role.GROUND),
    ("Path", Role.GROUND),
    ("Road", Role.GROUND),
    ("Pavement", Role.GROUND),
    ("Poster", Role.PICTURE),
    ("Cube", Role.BOX),
    ("Sphere", Role.BALL),
)


def role_of(name: str, category: str) -> Role:
    """The role of a blockout's object. What nobody names (walls, window boards, trim) counts as wall."""
    if category in BY_CATEGORY:
        return BY_CATEGORY[category]
    return next((role for start, role in BY_NAME if name.startswith(start)), Role.WALL)
