# SPDX-License-Identifier: GPL-3.0-or-later
"""A bookcase at a wall, its compartments filled with books and other things."""

from __future__ import annotations

from collections.abc import Sequence

from ..modelling.stage import CONTACT_GAP
from ..modelling.storage import shelving
from . import clutter
from .plot import Item, Maker, Plot
from .set_pieces import SLAB, Aim, Site, add_floor, slab

SPACING = 0.36
BOARD = 0.024
PLINTH = 0.09
BOOKS = 40


def build(site: Site) -> Aim:
    """Build the bookcase about the origin, its open side to -Y."""
    width, depth, height = site.spec.width, site.spec.depth, site.spec.height
    levels, bays = _levels(height), max(1, round(width / 0.85))
    room = width + 4.4
    add_floor(site, room, 10.4, seams=0.18)
    wall = slab("wall", room, SLAB, max(2.6, height + 0.5))
    site.stage.put("Wall", wall, (0.0, depth / 2 + SLAB / 2 + 0.02, 0.0), group="Set", surface="wall")
    wood = ("white", "oak", "walnut")[int(site.rng.integers(3))]
    bookcase = Item("Bookcase", "shelf", shelving((width, depth, height), levels, bays, wood=wood))
    floor = site.plot((room - 0.1, 4.6), (0.0, -2.3 + depth / 2, 0.0), gap=0.03)
    floor.put(bookcase, 0.0, 2.3 - depth / 2, group="Furniture", surface="support")
    _fill(site, levels, bays)
    floor.keep_free(0.0, -0.4, width, 3.6)  # a clear view of the bookcase
    floor.scatter(clutter.FLOOR, site.count(4.0 * room))
    light = site.stage.area_light
    light(
        "Key Light",
        (-0.3 * width, -2.2, height + 0.9),
        (0.0, 0.0, 0.5 * height),
        (1.6, 1.0),
        32 * room,
        "#FFF3E0",
    )
    light("Fill Light", (0.45 * width, -2.4, 0.8), (0.0, 0.0, 0.4 * height), (1.2, 1.2), 10 * room, "#E6F1FF")
    away = 1.2 + 1.05 * max(width, 1.3 * height)
    target = (0.0, 0.0, 0.5 * height)
    camera = (-0.32 * away, -0.92 * away, 0.62 * height + 0.2)
    return Aim(camera, target, 35.0, min(away, 4.2), 12.0, (235.0, 70.0))


def _levels(height: float) -> tuple[float, ...]:
    """Return the heights of the boards' upper sides, evenly from the plinth to the top."""
    count = max(1, round((height - PLINTH) / SPACING))
    return tuple(PLINTH + (height - PLINTH) * number / count for number in range(count + 1))


def _fill(site: Site, levels: tuple[float, ...], bays: int) -> None:
    step = (site.spec.width - BOARD) / bays
    inner = step - BOARD - 0.006
    deep = site.spec.depth - 0.05
    gap = levels[1] - levels[0] - BOARD - 0.01
    # A few books that stand again and again, so that they share their meshes.
    pool = [clutter.standing_book(site.rng) for _ in range(BOOKS)]
    books: list[Maker] = [lambda _rng, book=book: book for book in pool]
    for level in levels:
        headroom = gap if level != levels[-1] else 0.5
        for bay in range(bays):
            x = (bay + 0.5) * step - (site.spec.width - BOARD) / 2
            board = site.plot((inner, deep), (x, -0.012, level + CONTACT_GAP), headroom=headroom)
            _fill_compartment(site, board, books, inner, headroom)


def _fill_compartment(site: Site, board: Plot, books: Sequence[Maker], inner: float, headroom: float) -> None:
    """Fill a compartment with books, with other things, or with both; some stay empty."""
    density = site.spec.density
    if site.rng.random() > 0.45 + density:
        return
    start = -inner / 2
    if site.rng.random() < 0.6 and headroom > 0.25:
        end = start + inner * min(1.0, float(site.rng.uniform(0.4, 1.3)) * (0.3 + density))
        board.row(books, start, end)
    board.scatter(clutter.SHELF, max(1, site.count(float(site.rng.integers(4, 14)))))
