# SPDX-License-Identifier: GPL-3.0-or-later
"""A warehouse: pallet racks along aisles, laden pallets, a fork-lift truck and what stands about."""

from __future__ import annotations

from dataclasses import dataclass

from ..modelling import storage
from ..modelling.model import Model
from ..modelling.shapes import box
from ..modelling.stage import CONTACT_GAP
from ..modelling.surroundings import closed_box
from ..modelling.walls import Opening, wall
from . import clutter
from .plot import Item, Maker, Plot
from .set_pieces import SLAB, Aim, Site, add_floor, slab

RACK_DEPTH = 1.05
BAY = 2.80
AISLE = 3.20
MODULE = 2 * RACK_DEPTH + AISLE + 0.15
"""From aisle to aisle; racks stand back to back with a gap."""
LEVEL = 1.65
"""Height from deck to deck; the first is the floor."""
LOAD_HEIGHT = LEVEL - 0.145 - 0.12
DOCK = (2.6, 3.0)
"""Width and height of a dock door."""


def build(site: Site) -> Aim:
    """Build the hall about the origin; aisles run along Y, dock doors are in +Y."""
    width, depth = site.spec.width, site.spec.depth
    add_floor(site, width + 2 * SLAB, depth + 2 * SLAB, "concrete")
    _add_shell(site)
    aisles = max(1, int((width - 0.3) // MODULE))
    bays = max(1, int((depth - 3.2) // BAY))
    start = -depth / 2 + 0.4
    goods = _Goods.of(site)
    for aisle in range(aisles):
        x = (aisle - (aisles - 1) / 2) * MODULE
        for side in (-1, 1):
            _add_row(site, goods, x + side * (AISLE + RACK_DEPTH) / 2, start, bays)
        _fill_aisle(site, x, start, bays * BAY)
    _add_yard(site, start + bays * BAY)
    _add_lights(site, aisles)
    middle = (aisles - 1) / 2 - (aisles - 1) // 2
    x = middle * MODULE
    return Aim(
        (x - 0.75, -depth / 2 + 0.35, 1.75),
        (x, start + 0.5 * bays * BAY, 1.2),
        22.0,
        3.4,
        16.0,
        (248.0, 44.0),
    )


def _add_shell(site: Site) -> None:
    width, depth, height = site.spec.width, site.spec.depth, site.spec.height
    put = site.stage.put
    lintel = min(DOCK[1], height - 0.4)
    count = min(site.spec.openings, int((width - 0.4) // (DOCK[0] + 0.5)))
    step = width / max(1, count)
    docks = [Opening(step * (i + 0.5) - width / 2, DOCK[0], 0.0, lintel) for i in range(count)]
    shell = {
        "Back Wall": (wall("plaster", width + 2 * SLAB, height, SLAB, docks), (0.0, depth / 2, 0.0), 0.0),
        "Front Wall": (wall("plaster", width + 2 * SLAB, height, SLAB), (0.0, -depth / 2, 0.0), 180.0),
        "Left Wall": (wall("plaster", depth - 0.002, height, SLAB), (-width / 2, 0.0, 0.0), 90.0),
        "Right Wall": (wall("plaster", depth - 0.002, height, SLAB), (width / 2, 0.0, 0.0), -90.0),
        "Roof": (slab("concrete", width + 2 * SLAB, depth + 2 * SLAB), (0.0, 0.0, height + 0.001), 0.0),
    }
    for name, (model, at, turn) in shell.items():
        put(name, model, at, turn, group="Set", surface="wall").display_type = "WIRE"
    for dock in docks:
        put("Dock Door", _dock_door(dock), (0.0, depth / 2, 0.0), group="Set", category="door")


def _dock_door(hole: Opening) -> Model:
    """A rolling door of grey sheets in a yellow frame."""
    model = Model()
    width, height = hole.width - 0.004, hole.height - 0.004
    for side in (-1, 1):
        model.add("yellow", box((0.10, 0.10, height)).at(hole.centre + side * (width - 0.10) / 2, 0.05))
    model.add("yellow", box((width - 0.2, 0.10, 0.12)).at(hole.centre, 0.05, height - 0.12))
    rows = round((height - 0.12) / 0.5)
    tall = (height - 0.12) / rows
    for row in range(rows):
        sheet = box((width - 0.2, 0.04, tall - 0.004), 0.012)
        model.add("aluminium", sheet.at(hole.centre, 0.05, row * tall))
    return model


@dataclass(frozen=True)
class _Goods:
    """Models that are put again and again, so that they share their meshes."""

    rack: Item
    pallet: Item
    cartons: tuple[Item, ...]
    barrels: tuple[Item, ...]
    crates: tuple[Item, ...]

    @classmethod
    def of(cls, site: Site) -> _Goods:
        height = site.spec.height
        levels = max(1, int((height - 1.2) // LEVEL))
        decks = tuple(LEVEL * (number + 1) for number in range(levels))
        rack = storage.pallet_rack(BAY - 0.02, RACK_DEPTH, decks[-1] + 0.9, decks)
        sizes = ((0.56, 0.37, 0.30), (0.56, 0.37, 0.42), (0.38, 0.37, 0.30), (0.78, 0.56, 0.40))
        return cls(
            Item("Pallet Rack", "pallet rack", rack),
            Item("Pallet", "pallet", storage.pallet()),
            tuple(Item("Cardboard Box", "box", closed_box(size)) for size in sizes),
            tuple(Item("Barrel", "barrel", storage.barrel(colour)) for colour in ("blue", "green")),
            tuple(Item("Crate", "crate", storage.crate(colour)) for colour in ("red", "blue")),
        )

    @property
    def decks(self) -> tuple[float, ...]:
        """Where pallets stand in a rack: the floor and the upper sides of its decks."""
        count = max(0, round((self.rack.model.height() - 0.9) / LEVEL))
        return (0.0, *(LEVEL * (number + 1) + CONTACT_GAP for number in range(count)))


def _add_row(site: Site, goods: _Goods, x: float, start: float, bays: int) -> None:
    decks = goods.decks
    for bay in range(bays):
        y = start + (bay + 0.5) * BAY
        site.stage.put(
            goods.rack.name, goods.rack.model, (x, y, 0.0), 90.0, group="Furniture", category=goods.rack.category,
            surface="support",
        )  # fmt: skip
        for level in decks:
            for place in (-0.64, 0.64):
                if site.rng.random() < 0.25 + 0.65 * site.spec.density:
                    _add_load(site, goods, (x, y + place, level))


def _add_load(site: Site, goods: _Goods, at: tuple[float, float, float]) -> None:
    """Put a pallet, long side along the aisle, with cartons in layers, barrels or crates on it."""
    turn = 90.0 + site.about(1.5)
    site.stage.put("Pallet", goods.pallet.model, at, turn, category="pallet", surface="support")
    width, depth, top = storage.PALLET
    base = at[2] + CONTACT_GAP + top
    kind = site.rng.random()
    if kind < 0.18:
        plot = site.plot((width, depth), (at[0], at[1], base), turn)
        drum = goods.barrels[int(site.rng.integers(len(goods.barrels)))]
        for x in (-0.30, 0.31):
            plot.put(drum, x, 0.0)
        return
    pool = goods.crates if kind < 0.36 else goods.cartons
    item = pool[int(site.rng.integers(len(pool)))]
    high = item.model.height()
    layers = int(site.rng.integers(1, max(2, int((LOAD_HEIGHT - top) / (high + CONTACT_GAP)) + 1)))
    for layer in range(layers):
        level = base + layer * (high + CONTACT_GAP)
        plot = site.plot((width + 0.02, depth + 0.02), (at[0], at[1], level), turn, gap=0.0)
        if not _fill_layer(site, plot, item, whole=layer + 1 < layers):
            return


def _fill_layer(site: Site, plot: Plot, item: Item, *, whole: bool) -> bool:
    """Fill a layer of a load; return whether nothing is missing, so that another can stand on it."""
    points = item.model.points()
    wide, deep = (float(points[:, axis].max() - points[:, axis].min()) + 0.01 for axis in (0, 1))
    across, along = int(plot.size[0] // wide), int(plot.size[1] // deep)
    full = True
    for i in range(across):
        for j in range(along):
            if not whole and site.rng.random() > 0.45 + 0.5 * site.spec.density:
                full = False
                continue
            x, y = (i - (across - 1) / 2) * wide, (j - (along - 1) / 2) * deep
            full &= plot.put(item, x, y)
    return full


def _fill_aisle(site: Site, x: float, start: float, length: float) -> None:
    """Paint the aisle's edges and stand a truck and loose things in it."""
    for side in (-1, 1):
        line = slab("paint yellow", 0.08, length, 0.0002)
        site.stage.put(
            "Floor Line", line, (x + side * (AISLE / 2 - 0.12), start + length / 2, -0.0003), group="Set"
        )
    aisle = site.plot((AISLE - 0.5, length - 0.4), (x, start + length / 2, 0.0), gap=0.06)
    aisle.keep_free(-0.55, -0.5 * length + 1.6, 1.4, 3.4)  # where the camera stands
    if site.spec.density > 0.1:
        truck = Item("Forklift", "forklift", storage.forklift())
        aisle.put(truck, 0.45 + site.about(0.15), 0.16 * length, site.about(8.0), group="Furniture")
        jack = Item("Pallet Jack", "pallet jack", storage.pallet_jack())
        aisle.put(jack, 0.9, -0.18 * length, 180.0 + site.about(20.0))
    loose: tuple[Maker, ...] = (clutter.cone, clutter.carton, clutter.crate, clutter.barrel)
    aisle.scatter(loose, site.count(0.5 * length))


def _add_yard(site: Site, start: float) -> None:
    """Strew things over the free strip before the dock doors."""
    end = site.spec.depth / 2
    strip = site.plot((site.spec.width - 0.6, end - start - 0.9), (0.0, (start + end) / 2, 0.0), gap=0.1)
    pallet = storage.pallet()
    loose: tuple[Maker, ...] = (
        clutter.barrel, clutter.crate, clutter.carton, clutter.cone, lambda _rng: Item("Pallet", "pallet", pallet),
    )  # fmt: skip
    strip.scatter(loose, site.count(0.9 * site.spec.width))


def _add_lights(site: Site, aisles: int) -> None:
    depth, height = site.spec.depth, site.spec.height
    lamps = max(2, round(depth / 4.5))
    shade = slab("lamp light", 1.4, 0.22, 0.06)
    for aisle in range(aisles):
        x = (aisle - (aisles - 1) / 2) * MODULE
        for lamp in range(lamps):
            y = ((lamp + 0.5) / lamps - 0.5) * depth
            site.stage.put("Hall Lamp", shade, (x, y, height - 0.12), 90.0, group="Set")
            at = (x, y, height - 0.16)
            watts = 22.0 * height * 4.5
            site.stage.area_light("Hall Light", at, (x, y, 0.0), (0.5, 1.6), watts, "#FFF8EC")
