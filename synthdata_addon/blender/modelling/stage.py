# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts models into a scene: meshes, objects, collections, lights. bpy.data only, so it runs in any context."""

from __future__ import annotations

from collections.abc import Sequence
from math import radians
from typing import Literal

import bpy
import numpy as np
from mathutils import Euler, Vector

from .materials import Palette
from .model import Model

SURFACE = "synthdata_surface"
"""The custom property that says what an object's surface is for."""
Surface = Literal["", "support", "wall", "floor"]
SHARP_ANGLE = radians(40.0)
# Things rest this far above their support: too little to see, enough to keep the two surfaces apart.
CONTACT_GAP = 0.0002

Place = tuple[float, float, float]


class Stage:
    """A fresh collection tree in a scene, and what was put into it.

    ``names`` are the objects' names by category; materials' names begin with ``prefix``.
    """

    def __init__(self, scene: bpy.types.Scene, name: str, groups: Sequence[str], prefix: str) -> None:
        self.palette = Palette(prefix)
        self.collection: str = _new_collection(name, scene.collection)
        top = bpy.data.collections[self.collection]
        self._groups = {group: _new_collection(group, top) for group in groups}
        self._meshes: dict[int, tuple[Model, str]] = {}
        self.names: dict[str, list[str]] = {}

    def put(
        self,
        name: str,
        model: Model,
        at: Place,
        turn: float = 0.0,
        *,
        group: str = "Objects",
        category: str = "",
        surface: Surface = "",
    ) -> bpy.types.Object:
        """Add the model as one object, its origin a hair above ``at``, turned by ``turn`` degrees about Z.

        A model that is put again shares the mesh of the first time.
        """
        if id(model) not in self._meshes:  # kept with the model, so that no other gets its id
            self._meshes[id(model)] = model, build_mesh(name, model, self.palette).name
        mesh = bpy.data.meshes[self._meshes[id(model)][1], None]  # not one of a library
        thing = self._link(bpy.data.objects.new(name, mesh), group)
        thing.location = (at[0], at[1], at[2] + CONTACT_GAP)
        thing.rotation_euler = (0.0, 0.0, radians(turn))
        if category:
            thing.synthdata.category = category
            self.names.setdefault(category, []).append(thing.name)
        if surface:
            thing[SURFACE] = surface
        return thing

    def area_light(
        self, name: str, at: Place, aim: Place, size: tuple[float, float], watts: float, colour: str
    ) -> None:
        """Add a rectangular light that cameras do not see."""
        light = bpy.data.lights.new(name, "AREA")
        light.shape = "RECTANGLE"
        light.size, light.size_y = size
        self._lit(name, light, at, aim, watts, colour).visible_camera = False

    def spot_light(self, name: str, at: Place, aim: Place, watts: float, colour: str) -> None:
        """Add a wide soft spot."""
        light = bpy.data.lights.new(name, "SPOT")
        light.spot_size = radians(120.0)
        light.spot_blend = 0.6
        light.shadow_soft_size = 0.03
        self._lit(name, light, at, aim, watts, colour)

    def sun(self, name: str, aim: Place, strength: float, colour: str, *, shadow: bool = True) -> None:
        """Add a sun that shines along ``aim``, in W/m2."""
        light = bpy.data.lights.new(name, "SUN")
        light.angle = radians(1.0)
        light.use_shadow = shadow
        away = (-8.0 * aim[0], -8.0 * aim[1], -8.0 * aim[2])
        self._lit(name, light, away, (0.0, 0.0, 0.0), strength, colour)

    def _lit(
        self, name: str, light: bpy.types.Light, at: Place, aim: Place, watts: float, colour: str
    ) -> bpy.types.Object:
        light.energy = watts
        light.color = Vector(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        lamp = self._link(bpy.data.objects.new(name, light), "Lights")
        _look(lamp, at, aim)
        return lamp

    def camera(self, name: str, at: Place, aim: Place, lens: float) -> bpy.types.Object:
        """Add a camera at ``at`` that looks at ``aim``; ``lens`` in millimetres."""
        optics = bpy.data.cameras.new(name)
        optics.lens = lens
        camera = bpy.data.objects.new(name, optics)
        bpy.data.collections[self.collection].objects.link(camera)
        _look(camera, at, aim)
        return camera

    def empty(self, name: str, at: Place) -> bpy.types.Object:
        """Add a cross-shaped empty."""
        marker = bpy.data.objects.new(name, None)
        marker.empty_display_size = 0.15
        marker.location = at
        bpy.data.collections[self.collection].objects.link(marker)
        return marker

    def _link(self, thing: bpy.types.Object, group: str) -> bpy.types.Object:
        bpy.data.collections[self._groups[group]].objects.link(thing)
        return thing


def build_mesh(name: str, model: Model, palette: Palette) -> bpy.types.Mesh:
    """Join a model's parts into one mesh with one slot a material."""
    materials = list(dict.fromkeys(material for material, _ in model.pieces))
    vertices, faces, slots, smooth = [], [], [], []
    start = 0
    for material, part in model.pieces:
        vertices.append(part.vertices)
        faces += [tuple(start + i for i in face) for face in part.faces]
        slots += [materials.index(material)] * len(part.faces)
        smooth += [part.smooth] * len(part.faces)
        start += len(part.vertices)
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(np.vstack(vertices).tolist(), [], faces)
    mesh.polygons.foreach_set("material_index", slots)
    mesh.polygons.foreach_set("use_smooth", smooth)
    for material in materials:
        mesh.materials.append(palette.material(material))
    mesh.update()
    mesh.set_sharp_from_angle(angle=SHARP_ANGLE)
    return mesh


def _new_collection(name: str, parent: bpy.types.Collection) -> str:
    collection = bpy.data.collections.new(name)
    parent.children.link(collection)
    return str(collection.name)


def _look(thing: bpy.types.Object, at: Place, aim: Place) -> None:
    thing.location = at
    direction = Vector(aim) - Vector(at)
    turn: Euler = direction.to_track_quat("-Z", "Y").to_euler()
    thing.rotation_euler = turn
