# SPDX-License-Identifier: GPL-3.0-or-later
"""Blockouts: furnished, lit and labelled sets, built by script from a size, a density and a seed.

Rule: adds to a scene and changes nothing that is there; bpy.data only, no operators, no assets from disk.
"""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np

from ..modelling.stage import Stage
from . import outdoor, room, shelves, street, tabletop, warehouse
from .set_pieces import GROUPS, Aim, Site, add_sky
from .spec import KINDS, BlockoutSpec

__all__ = ["Blockout", "add_blockout"]

BUILDERS = {
    "ROOM": room.build,
    "TABLETOP": tabletop.build,
    "SHELVES": shelves.build,
    "WAREHOUSE": warehouse.build,
    "STREET": street.build,
    "OUTDOOR": outdoor.build,
}
UNDER_THE_SKY = ("STREET", "OUTDOOR")


@dataclass(frozen=True)
class Blockout:
    """Names of what was added (objects may be moved in memory by Blender), and the orbit that suits it."""

    collection: str
    camera: str
    target: str
    objects: dict[str, tuple[str, ...]]
    """Object names by category."""
    aim: Aim


def add_blockout(scene: bpy.types.Scene, spec: BlockoutSpec) -> Blockout:
    """Build a blockout round the world origin, in one new top collection, in metres, Z up.

    The scene's camera is set only if it has none; an outdoor one gives a scene without a world a plain sky. Needs the
    add-on to be registered: categories are written to ``object.synthdata.category``.

    Raises:
        SpecError: ``spec.blockout``: before anything is added.
    """
    spec = spec.resolved()
    title = KINDS[spec.kind].title
    stage = Stage(scene, title, GROUPS, title)
    kinds = tuple(KINDS)
    rng = np.random.default_rng(np.random.SeedSequence(spec.seed, spawn_key=(kinds.index(spec.kind),)))
    aim = BUILDERS[spec.kind](Site(stage, spec, rng))
    if spec.kind in UNDER_THE_SKY:
        add_sky(scene, f"{title} Sky")
    target = stage.empty(f"{title} Target", aim.target)
    camera = stage.camera(f"{title} Camera", aim.camera, aim.target, aim.lens)
    if scene.camera is None:
        scene.camera = camera
    objects = {category: tuple(names) for category, names in stage.names.items()}
    return Blockout(stage.collection, camera.name, target.name, objects, aim)
