# SPDX-License-Identifier: GPL-3.0-or-later
"""A table with places laid and things strewn about, chairs, and a plain backdrop."""

from __future__ import annotations

from ..modelling import desk_things, furniture, kitchen
from ..modelling.model import Model
from ..modelling.stage import CONTACT_GAP
from . import clutter
from .plot import Item, Plot
from .set_pieces import SLAB, Aim, Site, add_floor, slab

CHAIR_REACH = 0.36


def build(site: Site) -> Aim:
    """Build the table about the origin."""
    width, depth, height = site.spec.width, site.spec.depth, site.spec.height
    room = 5.0 + 1.5 * max(width, depth)
    add_floor(site, room, room, "backdrop")
    back, side = slab("backdrop", room, SLAB, 3.2), slab("backdrop", SLAB, room, 3.2)
    away = room / 2 - SLAB / 2 - 0.001
    site.stage.put("Back Wall", back, (0.0, away + SLAB, 0.0), group="Set", surface="wall")
    for name, x in (("Left Wall", -away), ("Right Wall", away)):
        site.stage.put(name, side, (x, 0.0, 0.0), group="Set", surface="wall")
    floor = site.plot((room - 0.4, room - 0.4), (0.0, 0.0, 0.0))
    wood = ("oak", "walnut", "white", "pallet")[int(site.rng.integers(4))]
    model = kitchen.table((width, depth, height), wood)
    table = Item("Table", "dining table", model)
    floor.put(table, 0.0, 0.0, group="Furniture", surface="support")
    _add_chairs(site, floor)
    top = site.plot((width - 0.05, depth - 0.05), (0.0, 0.0, height + CONTACT_GAP))
    _lay(site, top)
    top.scatter(clutter.TABLE, site.count(26.0 * width * depth))
    light = site.stage.area_light
    light(
        "Key Light", (-1.4, -1.2, height + 1.9), (0.0, 0.0, height), (1.2, 1.2), 55.0 + 30 * width, "#FFF3E0"
    )
    light(
        "Fill Light", (1.8, -0.6, height + 1.3), (0.0, 0.0, height), (1.5, 1.0), 25.0 + 15 * width, "#E6F1FF"
    )
    reach = 0.9 + 0.65 * max(width, depth)
    camera = (-0.55 * reach, -0.95 * reach, height + 0.75 * reach)
    return Aim(camera, (0.0, 0.0, height), 35.0, reach, 35.0)


def _add_chairs(site: Site, floor: Plot) -> None:
    """Stand chairs at both long sides, those at the back first."""
    width, depth = site.spec.width, site.spec.depth
    places = max(1, int(width / 0.65))
    chair = Item("Chair", "chair", furniture.chair())
    for side, turn in ((1, 0.0), (-1, 180.0)):
        for place in range(places):
            if side < 0 and site.rng.random() > site.spec.density:
                continue
            x = ((place + 0.5) / places - 0.5) * width
            y = side * (depth / 2 + CHAIR_REACH + site.about(0.05))
            floor.put(chair, x, y, turn + site.about(9.0), group="Furniture")


def _lay(site: Site, top: Plot) -> None:
    """Lay places along both long sides: a plate, with fork, knife and spoon beside it."""
    width, depth = site.spec.width, site.spec.depth
    places = max(1, int(width / 0.65))
    glaze = ("white", "teal", "blue")[int(site.rng.integers(3))]
    models: dict[str, Model] = {kind: kitchen.cutlery(kind) for kind in ("fork", "knife", "spoon")}
    plate = kitchen.plate(glaze)
    for side in (-1, 1):
        for place in range(places):
            if site.rng.random() > site.spec.density:
                continue
            x, y = ((place + 0.5) / places - 0.5) * width, side * (depth / 2 - 0.17)
            if top.put(Item("Plate", "plate", plate), x, y):
                for kind, off in (("fork", -0.17), ("knife", 0.16), ("spoon", 0.20)):
                    turn = 90.0 * -side + site.about(3.0)
                    top.put(Item(kind.title(), kind, models[kind]), x - off * side, y, turn)
                mug = desk_things.mug(glaze)
                top.put(Item("Mug", "cup", mug), x - 0.19 * side, y - 0.16 * side, site.about(180.0))
