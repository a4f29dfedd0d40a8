# SPDX-License-Identifier: GPL-3.0-or-later
"""A room: desk, chair and bookcase at the walls, clutter on desk, shelves and floor."""

from __future__ import annotations

from ..modelling import furniture, surroundings
from ..modelling.desk_things import LAMP_BULB
from ..modelling.furniture import DESK_SIZE, SHELF_BOTTOM, SHELF_MIDDLE, SHELF_SIZE
from ..modelling.stage import CONTACT_GAP
from ..modelling.walls import Opening, spread_openings
from . import clutter
from .plot import Item, Plot
from .set_pieces import SLAB, Aim, Site, add_floor, add_wall, slab

WINDOW = (1.25, 0.92)
"""Width, and height of the sill."""
WALLS = ("Back", "Front", "Left", "Right")
DESK_DEPTH = DESK_SIZE[1]


def build(site: Site) -> Aim:
    """Build the room about the origin; the desk stands at the wall in +Y."""
    spec = site.spec
    width, depth, height = spec.width, spec.depth, spec.height
    add_floor(site, width + 2 * SLAB, depth + 2 * SLAB, seams=0.18)
    ceiling = slab("ceiling", width + 2 * SLAB, depth + 2 * SLAB)
    top = site.stage.put("Ceiling", ceiling, (0.0, 0.0, height + 0.001), group="Set", surface="wall")
    top.display_type = "WIRE"
    openings = _openings(site)
    _add_walls(site, openings)
    floor = site.plot((width - 0.06, depth - 0.06), (0.0, 0.0, 0.0), gap=0.03)
    desk_x = _furnish(site, floor, openings)
    if openings["Front"]:  # one has to get in
        floor.keep_free(openings["Front"][0].centre, -depth / 2, 1.0, 1.4)
    floor.scatter(clutter.FLOOR, site.count(0.9 * width * depth))
    _add_lights(site, openings)
    return _aim(site, desk_x)


def _openings(site: Site) -> dict[str, tuple[Opening, ...]]:
    """Deal out the openings: window, door, windows at the sides, and then more windows."""
    order = ("Back", "Front", "Left", "Right", "Back", "Left", "Right")
    counts = dict.fromkeys(WALLS, 0)
    for number in range(site.spec.openings):
        counts[order[number] if number < len(order) else order[2 + number % 2]] += 1
    width, sill = WINDOW
    lintel = min(2.1, site.spec.height - 0.25)
    sides = {"Back": site.spec.width, "Left": site.spec.depth, "Right": site.spec.depth}
    found = {name: spread_openings(counts[name], side, width, sill, lintel) for name, side in sides.items()}
    doorway = Opening(0.28 * site.spec.width, 0.96, 0.0, min(2.08, site.spec.height - 0.06))
    return {**found, "Front": (doorway,) * counts["Front"]}


def _add_walls(site: Site, openings: dict[str, tuple[Opening, ...]]) -> None:
    width, depth = site.spec.width, site.spec.depth
    places = {
        "Back": (width + 2 * SLAB, (0.0, depth / 2, 0.0), 0.0),
        "Front": (width + 2 * SLAB, (0.0, -depth / 2, 0.0), 180.0),
        "Left": (depth - 0.002, (-width / 2, 0.0, 0.0), 90.0),
        "Right": (depth - 0.002, (width / 2, 0.0, 0.0), -90.0),
    }
    accent = WALLS[int(site.rng.integers(4))]
    for name, (length, at, turn) in places.items():
        material = "accent wall" if name == accent else "wall"
        add_wall(site, name, length, at, turn, openings[name], material)
        if not openings[name] and name != "Back":
            picture = surroundings.poster((0.75, 1.0), ("hills", "rings")[int(site.rng.integers(2))])
            inside = (at[0] * (1 - 0.002 / width), at[1] * (1 - 0.002 / depth), 0.42 * site.spec.height)
            site.stage.put("Poster", picture, inside, turn, group="Set")


def _furnish(site: Site, floor: Plot, openings: dict[str, tuple[Opening, ...]]) -> float:
    """Put desk, chair, rug and bookcase, and what is on them; return where along X the desk is."""
    spec = site.spec
    roam = max(0.0, min(1.2, spec.width / 2 - DESK_SIZE[0] / 2 - 0.5))
    x, y = site.about(roam), spec.depth / 2 - DESK_DEPTH / 2 - 0.10
    floor.put(Item("Desk", "desk", furniture.desk()), x, y, group="Furniture", surface="support")
    seat = y - DESK_DEPTH / 2 - 0.33
    chair = Item("Chair", "chair", furniture.chair())
    floor.put(chair, x - 0.12, seat, 180.0 + site.about(12.0), group="Furniture")
    _fill_desk(site, x, y)
    _add_bookcase(site, floor, openings)
    return x


def _fill_desk(site: Site, x: float, y: float) -> None:
    top = DESK_SIZE[2] + CONTACT_GAP
    desk = site.plot((DESK_SIZE[0] - 0.06, DESK_DEPTH - 0.06), (x, y, top))
    turn = -25.0 + site.about(8.0)
    lamp = clutter.lamp(site.rng)
    if desk.put(lamp, -0.60, 0.18, turn):
        bulb = LAMP_BULB[0]
        site.stage.spot_light(
            "Lamp Light",
            (x - 0.60 + bulb, y + 0.12, top + LAMP_BULB[2] - 0.03),
            (x - 0.3, y, top),
            30.0,
            "#FFD9A0",
        )
    if site.spec.density > 0.2:
        desk.put(clutter.laptop(site.rng), 0.02 + site.about(0.08), 0.06, site.about(10.0))
    desk.scatter(clutter.DESK, site.count(18))


def _add_bookcase(site: Site, floor: Plot, openings: dict[str, tuple[Opening, ...]]) -> None:
    """Stand the bookcase at the side wall with fewer windows, if there is room."""
    width, depth = site.spec.width, site.spec.depth
    side = 1 if len(openings["Right"]) <= len(openings["Left"]) else -1
    x = side * (width / 2 - SHELF_SIZE[1] / 2 - 0.06)
    bookcase = Item("Bookcase", "shelf", furniture.shelf())
    for y in (site.about(0.2) * depth, -0.15 * depth, -0.3 * depth, 0.0):
        if floor.put(bookcase, x, y, -90.0 * side, group="Furniture", surface="support"):
            _fill_bookcase(site, x, y, -90.0 * side)
            return


def _fill_bookcase(site: Site, x: float, y: float, turn: float) -> None:
    inner = (SHELF_SIZE[0] - 0.10, SHELF_SIZE[1] - 0.04)
    for level, headroom in ((SHELF_BOTTOM, 0.28), (SHELF_MIDDLE, 0.36), (SHELF_SIZE[2], 0.8)):
        board = site.plot(inner, (x, y, level + CONTACT_GAP), turn, headroom=headroom)
        if headroom < 0.5:
            ends = -inner[0] / 2 + inner[0] * site.spec.density * float(site.rng.uniform(0.5, 1.0))
            board.row((clutter.standing_book,), -inner[0] / 2, ends)
        board.scatter(clutter.SHELF, site.count(5))


def _add_lights(site: Site, openings: dict[str, tuple[Opening, ...]]) -> None:
    width, depth, height = site.spec.width, site.spec.depth, site.spec.height
    light = site.stage.area_light
    size = (0.4 * width, 0.4 * depth)
    light("Ceiling Light", (0.0, 0.0, height - 0.02), (0.0, 0.0, 0.0), size, 6.5 * width * depth, "#FFF3E0")
    for hole in openings["Back"][:3]:
        at = (hole.centre, depth / 2 - 0.05, hole.sill + hole.height / 2)
        aim = (hole.centre, 0.0, 0.5)
        light("Daylight", at, aim, (hole.width - 0.2, hole.height - 0.2), 60.0, "#E6F1FF")


def _aim(site: Site, desk_x: float) -> Aim:
    width, depth, height = site.spec.width, site.spec.depth, site.spec.height
    target = (desk_x, depth / 2 - DESK_DEPTH, 0.72)
    camera = (-width / 2 + 0.25, -depth / 2 + 0.25, min(1.75, height - 0.4))
    reach = min(depth - DESK_DEPTH - 0.35, width / 2 - abs(desk_x) - 0.2, 3.0)
    radius = max(1.1, reach)
    return Aim(camera, target, 22.0, radius, 26.0, (205.0, 130.0))
