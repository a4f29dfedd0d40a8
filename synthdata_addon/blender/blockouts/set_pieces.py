# SPDX-License-Identifier: GPL-3.0-or-later
"""What several blockouts share: floors, walls with their openings, skies, and where the sweep goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import bpy
import numpy as np

from ..modelling.materials import linear_colour
from ..modelling.model import Model
from ..modelling.shapes import box
from ..modelling.stage import Place, Stage
from ..modelling.walls import Opening, door, wall, window, window_board
from .plot import Plot
from .spec import BlockoutSpec

SLAB = 0.12
SKY = "#A9CBEB"
GROUPS = ("Set", "Furniture", "Objects", "Lights")


@dataclass(frozen=True)
class Aim:
    """A camera, and the orbit that suits a blockout: ``arc`` is start and range of the azimuth, in degrees."""

    camera: Place
    target: Place
    lens: float
    radius: float
    elevation: float
    arc: tuple[float, float] = (0.0, 360.0)


@dataclass(frozen=True)
class Site:
    """Where a blockout is built."""

    stage: Stage
    spec: BlockoutSpec
    rng: np.random.Generator

    def plot(
        self,
        size: tuple[float, float],
        at: Place,
        turn: float = 0.0,
        *,
        gap: float = 0.015,
        headroom: float = inf,
    ) -> Plot:
        """Return a level rectangle to put things onto."""
        return Plot(self.stage, self.rng, size, at, turn, gap, headroom)

    def count(self, most: float) -> int:
        """Return how many of ``most`` things the density asks for."""
        return round(most * self.spec.density)

    def about(self, spread: float) -> float:
        """Return a random number from -spread to spread."""
        return float(self.rng.uniform(-spread, spread))


def slab(material: str, width: float, depth: float, height: float = SLAB) -> Model:
    """A plain block."""
    model = Model()
    model.add(material, box((width, depth, height)))
    return model


def add_floor(site: Site, width: float, depth: float, material: str = "floor", seams: float = 0.0) -> None:
    """Add a floor about the origin with its upper side at z = 0, with seams every ``seams`` metres along Y."""
    model = slab(material, width, depth)
    put = site.stage.put
    put("Floor", model, (0.0, 0.0, -SLAB - 0.0004), group="Set", surface="floor")
    if seams:
        lines = Model()
        for number in range(1, int(depth / seams)):
            lines.add("floor seam", box((width - 0.02, 0.005, 0.0001)).at(0.0, number * seams - depth / 2))
        put("Floor Seams", lines, (0.0, 0.0, -0.00035), group="Set")


def add_wall(
    site: Site,
    name: str,
    length: float,
    at: Place,
    turn: float,
    openings: Sequence[Opening] = (),
    material: str = "wall",
) -> None:
    """Add a wall whose inner side looks to -Y before it is turned, with windows and doors in its openings.

    In the viewport it shows as wires, so that one sees what stands behind it.
    """
    height = site.spec.height
    model = wall(material, length, height, SLAB, openings)
    site.stage.put(f"{name} Wall", model, at, turn, group="Set", surface="wall").display_type = "WIRE"
    for hole in openings:
        if hole.is_door:
            site.stage.put(f"{name} Door", door(hole, SLAB), at, turn, group="Set", category="door")
            continue
        site.stage.put(f"{name} Window", window(hole, SLAB), at, turn, group="Set", category="window")
        site.stage.put(f"{name} Window Board", window_board(hole), at, turn, group="Set")


def add_sky(scene: bpy.types.Scene, name: str) -> None:
    """Give a scene that has no world a plain bright one."""
    if scene.world is not None:
        return
    world = bpy.data.worlds.new(name)
    if world.node_tree is None:  # always there from 5.0, where use_nodes is deprecated
        world.use_nodes = True
    colour = linear_colour(SKY)
    world.color = colour[:3]
    background = next(node for node in world.node_tree.nodes if node.type == "BACKGROUND")
    background.inputs["Color"].default_value = colour
    background.inputs["Strength"].default_value = 0.8
    scene.world = world


def add_daylight(site: Site) -> None:
    """Add a sun, and a fainter one from the other side in place of the light of the sky."""
    site.stage.sun("Sun", (0.45, 0.55, -0.9), 3.2, "#FFF1DA")
    site.stage.sun("Sky Light", (-0.5, -0.3, -0.8), 0.5, "#CFE3FF", shadow=False)
