# SPDX-License-Identifier: GPL-3.0-or-later
"""A street corner: two streets that cross, a pavement round the corner with its furniture, buildings, parked cars."""

from __future__ import annotations

import numpy as np

from ..modelling import garden, street_things
from ..modelling.model import Model
from ..modelling.shapes import box, extrude
from . import clutter
from .plot import Item, Maker
from .set_pieces import Aim, Site, add_daylight, add_floor

KERB = 0.12
PAVEMENT = 3.2
ROUND = 2.2
"""Radius of the corner."""
STOREY = 3.0
PAINTS = ("red", "blue", "white", "black", "teal", "aluminium", "yellow")


def build(site: Site) -> Aim:
    """Build the crossing about the origin: the pavement's corner is there, its sides run to +X and +Y."""
    width, depth = site.spec.width, site.spec.depth
    add_floor(site, width, depth, "asphalt")
    ends = (width / 2, depth / 2)
    pavement = Model()
    pavement.add("stone", extrude(_corner(ends, 0.0), KERB - 0.004, smooth=False))
    pavement.add("pavement", extrude(_corner(ends, 0.14), 0.0042, smooth=False).at(z=KERB - 0.0042))
    site.stage.put("Pavement", pavement, (0.0, 0.0, 0.0), group="Set", surface="floor")
    _paint_road(site, ends)
    _add_buildings(site, ends)
    _furnish(site, ends)
    _park_cars(site, ends)
    add_daylight(site)
    return Aim((-5.6, -6.6, 2.3), (2.0, 1.6, 1.9), 24.0, 7.5, 14.0, (185.0, 80.0))


def _corner(ends: tuple[float, float], inset: float) -> np.ndarray:
    """Return the outline of the pavement and the blocks on it, round at the corner, ``inset`` from the kerb."""
    middle, radius = ROUND, ROUND - inset
    angles = np.radians(np.linspace(180.0, 270.0, 13))
    arc = np.column_stack((middle + radius * np.cos(angles), middle + radius * np.sin(angles)))
    far = (ends[0] - 0.002, ends[1] - 0.002)
    return np.vstack((arc, [(far[0], inset), far, (inset, far[1])]))


def _paint_road(site: Site, ends: tuple[float, float]) -> None:
    """Paint centre lines and a zebra crossing over either street; paint lies a tenth of a millimetre thick."""
    paint = Model()
    lane = min(3.4, 0.35 * min(ends))
    for number in range(int((ends[0] - 5.0) / 3.0)):
        paint.add("paint", box((1.5, 0.12, 0.0002)).at(6.0 + 3.0 * number, -lane))
    for number in range(int((ends[1] - 5.0) / 3.0)):
        paint.add("paint", box((0.12, 1.5, 0.0002)).at(-lane, 6.0 + 3.0 * number))
    for stripe in range(max(3, int(2 * lane / 0.9))):
        off = -0.5 - 0.9 * stripe
        paint.add("paint", box((2.6, 0.45, 0.0002)).at(3.8, off), box((0.45, 2.6, 0.0002)).at(off, 3.8))
    site.stage.put("Road Paint", paint, (0.0, 0.0, -0.00045), group="Set")


def _add_buildings(site: Site, ends: tuple[float, float]) -> None:
    """Line both streets with houses, the corner house first."""
    walls = ("brick", "plaster", "stone", "accent wall", "wall")
    start = PAVEMENT + 0.02
    corner = min(9.0, ends[0] - start - 0.4, ends[1] - start - 0.4)
    order = [walls[i] for i in site.rng.permutation(len(walls))]
    _add_building(site, (start, start), (corner, corner), order[0])
    for axis in (0, 1):
        at, number = start + corner + 0.02, 1
        while ends[axis] - at > 4.0:
            long = min(float(site.rng.uniform(6.0, 9.5)), ends[axis] - at - 0.3)
            deep = min(8.0, ends[1 - axis] - start - 0.3)
            if axis == 0:
                _add_building(site, (at, start), (long, deep), order[number % 5])
            else:
                _add_building(site, (start, at), (deep, long), order[(number + 2) % 5])
            at, number = at + long + 0.02, number + 1


def _add_building(site: Site, low: tuple[float, float], size: tuple[float, float], material: str) -> None:
    storeys = max(1, round(site.spec.height * float(site.rng.uniform(0.75, 1.15)) / STOREY))
    model = _building(size, storeys, site.spec.openings, material)
    middle = (low[0] + size[0] / 2, low[1] + size[1] / 2, KERB)
    site.stage.put("Building", model, middle, group="Set", category="building", surface="wall")


def _building(size: tuple[float, float], storeys: int, windows: int, material: str) -> Model:
    """A house about the origin: shop windows and a door below, windows above, a cornice and a flat roof."""
    height = storeys * STOREY + 0.4
    model = Model()
    model.add(material, box((size[0], size[1], height)))
    model.add("stone", box((size[0], size[1], 0.25)).at(z=height))
    for turn, across, out in ((0.0, size[0], size[1] / 2), (-90.0, size[1], size[0] / 2)):
        face = Model()
        for storey in range(storeys):
            _add_windows(face, across, out, storey, windows)
        model.pieces += [(tone, part.turned("Z", turn)) for tone, part in face.pieces]
    return model


def _add_windows(face: Model, across: float, out: float, storey: int, windows: int) -> None:
    """Add the windows of a storey to a face that looks to -Y at y = -out; the door is in the ground floor's middle."""
    low = storey * STOREY + (0.55 if storey == 0 else 0.95)
    count = min(windows, int(across / 1.5))
    if storey == 0:
        face.add("walnut", box((1.15, 0.05, 2.25)).at(0.0, -out - 0.02))
        face.add("pane", box((0.75, 0.06, 1.1)).at(0.0, -out - 0.025, 0.95))
        face.add("stone", box((1.6, 0.30, 0.10)).at(0.0, -out - 0.14))
    for number in range(count):
        x = ((number + 0.5) / count - 0.5) * across
        wide = min(1.9 if storey == 0 else 1.1, across / count - 0.35)
        tall = 1.75 if storey == 0 else 1.45
        if storey == 0 and abs(x) < wide / 2 + 0.75:
            continue
        face.add("trim", box((wide + 0.14, 0.04, tall + 0.14)).at(x, -out - 0.015, low - 0.07))
        face.add("pane", box((wide, 0.05, tall)).at(x, -out - 0.022, low))
        face.add("trim", box((0.06, 0.06, tall)).at(x, -out - 0.025, low))
        face.add("stone", box((wide + 0.3, 0.16, 0.07), 0.01).at(x, -out - 0.06, low - 0.15))


def _furnish(site: Site, ends: tuple[float, float]) -> None:
    """Stand street furniture on the pavement: what belongs to the kerb along it, the rest at random."""
    kerbside = {
        "Traffic Light": Item("Traffic Light", "traffic light", street_things.traffic_light()),
        "Stop Sign": Item("Stop Sign", "stop sign", street_things.stop_sign()),
        "Hydrant": Item("Hydrant", "fire hydrant", street_things.hydrant()),
        "Street Lamp": Item("Street Lamp", "street lamp", street_things.street_lamp()),
    }
    bench = Item("Bench", "bench", street_things.bench())
    bollard = Item("Bollard", "bollard", street_things.bollard())
    trees = tuple(Item("Tree", "tree", garden.leafy_tree(site.rng, 4.6 + site.about(0.7))) for _ in range(2))
    density = site.spec.density
    loose: tuple[Maker, ...] = (clutter.cone, clutter.bin_with_lid, clutter.carton, lambda _rng: bollard)
    for axis in (0, 1):
        # Along +X the kerb looks to -Y; along +Y it looks to -X, which is the same, turned by -90 degrees.
        long = ends[axis] - ROUND - 0.2
        at = ROUND + long / 2
        turn = 0.0 if axis == 0 else -90.0
        sign = 1.0 if axis == 0 else -1.0
        place = (at, PAVEMENT / 2, KERB) if axis == 0 else (PAVEMENT / 2, at, KERB)
        strip = site.plot((long, PAVEMENT - 0.3), place, turn, gap=0.12)
        kerb = -PAVEMENT / 2 + 0.55

        def along(way: float, sign: float = sign, long: float = long) -> float:
            return sign * (way - long / 2)

        strip.put(kerbside["Traffic Light" if axis == 0 else "Stop Sign"], along(0.5), kerb)
        strip.put(kerbside["Street Lamp"], along(3.2), kerb, below=1.0)
        strip.put(kerbside["Hydrant"], along(1.9 + 4.0 * axis), kerb)
        if site.rng.random() < 0.3 + density:
            strip.put(bench, along(5.2), PAVEMENT / 2 - 0.75, 0.0)
        for number in range(max(1, site.count(long / 5.0))):
            strip.put(
                trees[(number + axis) % 2],
                along(7.6 + 5.0 * number),
                kerb + 0.1,
                site.about(180.0),
                below=1.0,
            )
        strip.scatter(loose, site.count(0.9 * long))


def _park_cars(site: Site, ends: tuple[float, float]) -> None:
    """Park cars along both kerbs, clear of the zebra crossings."""
    cars = [street_things.car(paint) for paint in PAINTS]
    for axis in (0, 1):
        at = 8.0
        while at + 2.3 < ends[axis]:
            if site.rng.random() < 0.25 + 0.75 * site.spec.density:
                model = cars[int(site.rng.integers(len(cars)))]
                off = -1.25 + site.about(0.08)
                heading = site.about(2.0) + (0.0 if axis == 0 else 90.0)
                place = (at, off, 0.0) if axis == 0 else (off, at, 0.0)
                site.stage.put("Car", model, place, heading, category="car")
            at += float(site.rng.uniform(5.2, 6.4))
