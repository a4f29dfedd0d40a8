# SPDX-License-Identifier: GPL-3.0-or-later
"""Open ground: hilly grass with a path and a level clearing, trees, rocks, bushes, a fence and a picnic table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..modelling import garden
from ..modelling.model import Model
from ..modelling.shapes import Part, Points
from . import clutter
from .plot import Item, Maker, Plot
from .set_pieces import Aim, Site, add_daylight

CLEARING = 3.2
"""Radius of the level ground in the middle."""
CELL = 0.35
MAX_CELLS = 160
PATH_HALF = 0.6
PATH_MIDDLE = -2.6


@dataclass(frozen=True)
class Hills:
    """The height of the ground: a few waves that fade out towards the clearing."""

    waves: Points
    """(N, 3): direction times wave number in 1/m (x, y), phase."""
    relief: float

    def height(self, x: Points, y: Points) -> Points:
        """Return the height in metres at places."""
        total = np.zeros(np.shape(x))
        for wave_x, wave_y, phase in self.waves:
            total = total + np.sin(x * wave_x + y * wave_y + phase)
        away = np.clip((np.hypot(x, y) - CLEARING) / 3.0, 0.0, 1.0)
        return 0.5 * self.relief * total / len(self.waves) * away * away * (3.0 - 2.0 * away)

    def at(self, x: float, y: float) -> float:
        """Return the height in metres at a place."""
        return float(self.height(np.array(x), np.array(y)))


def build(site: Site) -> Aim:
    """Build the ground about the origin, at z = 0 in the middle."""
    width, depth, relief = site.spec.width, site.spec.depth, site.spec.height
    ways = site.rng.uniform(0.0, 2 * np.pi, 5)
    numbers = np.array([0.28, 0.36, 0.47, 0.61, 0.75])
    phases = site.rng.uniform(0.0, 2 * np.pi, 5)
    hills = Hills(np.column_stack((numbers * np.cos(ways), numbers * np.sin(ways), phases)), relief)
    bend = float(site.rng.uniform(-1.2, 1.2))
    ground = _ground(hills, width, depth, bend)
    site.stage.put("Ground", ground, (0.0, 0.0, -0.0002), group="Set", surface="floor")
    meadow = Plot(
        site.stage, site.rng, (width - 1.0, depth - 1.0), (0.0, 0.0, -0.0004), 0.0, 0.25, level=hills.at
    )
    _lay_out_clearing(site)
    meadow.keep_free(0.0, 0.0, 2 * CLEARING, 2 * CLEARING)
    _add_fence(site, meadow)
    for step in np.arange(-width / 2, width / 2, 0.8):
        meadow.keep_free(float(step), _path(float(step), bend), 0.8, 2 * PATH_HALF + 0.5)
    # The camera's view of the clearing stays free.
    for way in (0.45, 0.65, 0.85):
        meadow.keep_free(-0.36 * depth * way, -0.5 * depth * way, 3.0, 3.0)
    _plant(site, meadow)
    add_daylight(site)
    reach = min(0.42 * min(width, depth), 7.0)
    camera = (-0.5 * reach, -0.86 * reach, hills.at(-0.5 * reach, -0.86 * reach) + 1.9)
    return Aim(camera, (0.0, 0.4, 0.8), 26.0, min(reach, CLEARING + 1.6), 22.0)


def _path(x: float | Points, bend: float) -> float | Points:
    return PATH_MIDDLE + bend * np.sin(0.22 * x)


def _steps(low: float, high: float) -> Points:
    """Return even steps from ``low`` to ``high``, about a cell apart."""
    return np.linspace(low, high, min(MAX_CELLS, max(3, round((high - low) / CELL))) + 1)


def _rows(depth: float) -> Points:
    """Return where rows of the ground run along Y, two of them on the path's edges."""
    edges = (PATH_MIDDLE - PATH_HALF, PATH_MIDDLE + PATH_HALF)
    return np.concatenate((_steps(-depth / 2, edges[0]), _steps(*edges)[1:-1], _steps(edges[1], depth / 2)))


def _ground(hills: Hills, width: float, depth: float, bend: float) -> Model:
    """A grid of squares, those of the path in the colour of earth."""
    x, y = np.meshgrid(_steps(-width / 2, width / 2), _rows(depth))
    # Rows near the path bend with it, so that its edges are smooth.
    fade = np.clip(1.0 - (np.abs(y - PATH_MIDDLE) - PATH_HALF) / 2.0, 0.0, 1.0)
    on_path = np.abs(y - PATH_MIDDLE) <= PATH_HALF + 1e-9
    y = y + fade * (_path(x, bend) - PATH_MIDDLE)
    rows, columns = (count - 1 for count in x.shape)
    vertices = np.column_stack((x.ravel(), y.ravel(), hills.height(x, y).ravel()))
    model = Model()
    first = (np.arange(rows)[:, None] * (columns + 1) + np.arange(columns)).ravel()
    faces = np.column_stack((first, first + 1, first + columns + 2, first + columns + 1))
    is_path = on_path.ravel()[faces].all(axis=1)
    for material, chosen in (("grass", faces[~is_path]), ("earth", faces[is_path])):
        used, corners = np.unique(chosen, return_inverse=True)
        squares = tuple(map(tuple, corners.reshape(-1, 4).tolist()))
        model.add(material, Part(vertices[used], squares, smooth=True))
    return model


def _lay_out_clearing(site: Site) -> None:
    clearing = site.plot((1.38 * CLEARING, 1.38 * CLEARING), (0.0, 0.0, 0.0), gap=0.1)
    table = Item("Picnic Table", "dining table", garden.picnic_table())
    clearing.put(table, 0.3 + site.about(0.3), 0.5 + site.about(0.3), site.about(20.0), group="Furniture",
                 surface="support")  # fmt: skip
    log = Item("Log", "log", garden.log(1.5 + site.about(0.3)))
    clearing.put(log, -1.2, -0.9, 30.0 + site.about(25.0), surface="support")
    loose: tuple[Maker, ...] = (clutter.ball, clutter.crate, clutter.carton, clutter.apple, clutter.bottle)
    clearing.scatter(loose, site.count(12))


def _add_fence(site: Site, meadow: Plot) -> None:
    """Run a fence along the back as far as the ground goes."""
    panel = Item("Fence", "fence", garden.fence())
    y = meadow.size[1] / 2 - 0.3
    count = int(meadow.size[0] // 2.3)
    for number in range(count):
        meadow.put(panel, (number - (count - 1) / 2) * 2.3, y, group="Furniture")


def _plant(site: Site, meadow: Plot) -> None:
    """Plant trees, rocks, bushes and grass; a few models of each are put again and again."""
    rng = site.rng
    trees = [Item("Tree", "tree", garden.leafy_tree(rng, float(rng.uniform(3.8, 5.6)))) for _ in range(3)]
    trees += [Item("Fir", "tree", garden.fir_tree(rng, float(rng.uniform(3.2, 5.2)))) for _ in range(2)]
    rocks = [Item("Rock", "rock", garden.rock(rng, float(rng.uniform(0.4, 1.3)))) for _ in range(5)]
    bushes = [Item("Bush", "bush", garden.bush(rng, float(rng.uniform(0.7, 1.3)))) for _ in range(3)]
    grass = [Item("Grass", "", garden.tussock(rng)) for _ in range(3)]
    area = meadow.size[0] * meadow.size[1]
    for items, share in ((trees, 0.055), (rocks, 0.05), (bushes, 0.05), (grass, 0.22)):
        makers: list[Maker] = [lambda _rng, item=item: item for item in items]
        meadow.scatter(makers, site.count(share * area))
