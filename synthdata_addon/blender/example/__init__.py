# SPDX-License-Identifier: GPL-3.0-or-later
"""The example room: a desk, a chair, scissors and the like, modelled by script, labelled and lit.

Rule: adds to a scene and changes nothing that is there; bpy.data only, no operators, no assets from disk.
"""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np

from ..modelling.stage import Stage
from .layout import CAMERA, CAMERA_AIM, CAMERA_LENS, TARGET, Layout
from .room import add_lights, add_room

__all__ = ["ExampleRoom", "add_example_room"]

GROUPS = ("Room", "Furniture", "Objects", "Distractors", "Lights")


@dataclass(frozen=True)
class ExampleRoom:
    """Names of what was added; names, as objects may be moved in memory by Blender."""

    collection: str
    camera: str
    target: str
    objects: dict[str, tuple[str, ...]]
    """Object names by category."""


def add_example_room(scene: bpy.types.Scene, *, seed: int = 0) -> ExampleRoom:
    """Add the room around the world origin, in one new top collection, in metres, Z up.

    ``seed`` (>= 0) draws colours, leaves and small turns. The scene's camera is set only if it has none.
    Needs the add-on to be registered: categories are written to ``object.synthdata.category``.
    """
    stage = Stage(scene, "Example Room", GROUPS, "Example")
    add_room(stage)
    Layout(stage, np.random.default_rng(seed)).fill()
    add_lights(stage)
    target = stage.empty("Example Target", TARGET)
    camera = stage.camera("Example Camera", CAMERA, CAMERA_AIM, CAMERA_LENS)
    if scene.camera is None:
        scene.camera = camera
    objects = {category: tuple(names) for category, names in stage.names.items()}
    return ExampleRoom(stage.collection, camera.name, target.name, objects)
