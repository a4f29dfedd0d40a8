# SPDX-License-Identifier: GPL-3.0-or-later
"""The lights of the scene, and lights of our own, as a view's draw says. Finished picture only."""

from __future__ import annotations

import math
from typing import Any

import bpy
from mathutils import Matrix, Vector

from ...core.blackbody import blackbody
from ...core.draws import ExtraLight, draw_extra_lights, draw_light, draw_sun
from ...core.variation import LightsVariation
from .changes import Changes
from .moving import move

NAME = "SynthData Light"
SOFTNESS = 0.1
"""Radius of a light of our own as a share of its distance: shadows as of a small softbox."""


def vary_lights(
    spec: LightsVariation,
    seed: int,
    view: int,
    layer: bpy.types.ViewLayer,
    depsgraph: bpy.types.Depsgraph,
    changes: Changes,
) -> dict[str, Any]:
    """Change the lights of a view layer; return what the journal says of it."""
    lamps = sorted((obj for obj in layer.objects if obj.type == "LIGHT"), key=lambda obj: str(obj.name_full))
    said: dict[str, Any] = {}
    for data in dict.fromkeys(obj.data for obj in lamps):
        draw = draw_light(spec, seed, view, data.name_full)
        changes.set(data, "energy", data.energy * draw.energy)
        said[data.name_full] = {"energy": round(draw.energy, 6)}
        if draw.temperature is not None:
            _set_temperature(data, draw.temperature, changes)
            said[data.name_full]["temperature"] = round(draw.temperature, 3)
    for obj in lamps:
        draw = draw_light(spec, seed, view, obj.name_full)
        transform = Matrix.Translation(draw.shift)
        entry = said.setdefault(obj.name_full, {})
        if spec.use_sun and obj.data.type == "SUN":
            elevation, azimuth = draw_sun(spec, seed, view, obj.name_full)
            transform = transform @ _sun_turn(obj.evaluated_get(depsgraph).matrix_world, elevation, azimuth)
            entry |= {"elevation": round(elevation, 4), "azimuth": round(azimuth, 4)}
        if transform != Matrix.Identity(4):
            move(obj, transform, depsgraph, changes)
        if not draw.on:
            changes.set(obj, "hide_render", True)
            entry["on"] = False
    return said


def _set_temperature(data: bpy.types.Light, temperature: float, changes: Changes) -> None:
    if getattr(data, "use_temperature", False):  # Blender's own, since 4.5; it multiplies the colour
        changes.set(data, "temperature", temperature)
    else:
        changes.set(data, "color", blackbody(temperature))


def _sun_turn(matrix: Matrix, elevation: float, azimuth: float) -> Matrix:
    """Return the world transform that turns a sun so that its light comes from a direction, in degrees."""
    up, around = math.radians(elevation), math.radians(azimuth)
    source = Vector((math.cos(up) * math.cos(around), math.cos(up) * math.sin(around), math.sin(up)))
    place, turn, _ = matrix.decompose()
    # A light shines along its -Z.
    wanted = source.to_track_quat("Z", "Y") @ turn.inverted()
    return Matrix.Translation(place) @ wanted.to_matrix().to_4x4() @ Matrix.Translation(-place)


class ExtraLights:
    """Point lights of our own in a scene of ours, made once a job; found by name at every use."""

    def __init__(self, spec: LightsVariation) -> None:
        self._spec = spec
        self._names: list[str] = []

    def show(
        self, scene: bpy.types.Scene, seed: int, view: int, target: tuple[float, float, float]
    ) -> list[dict[str, Any]]:
        """Put as many as the view has into a scene, the others out; return what the journal says of it."""
        drawn = draw_extra_lights(self._spec, seed, view)
        for number, obj in enumerate(self._objects(scene)):
            obj.hide_render = number >= len(drawn)
            if number < len(drawn):
                _place(obj, drawn[number], Vector(target))
        return [
            {
                "energy": round(light.energy, 4),
                "distance": round(light.distance, 4),
                "direction": [round(value, 6) for value in light.direction],
                **({"temperature": round(light.temperature, 3)} if light.temperature is not None else {}),
            }
            for light in drawn
        ]

    def remove(self) -> None:
        """Take them out of the file. Safe to call at any time, twice."""
        for name in self._names:
            obj = bpy.data.objects.get(name)
            if obj is not None:
                bpy.data.lights.remove(obj.data)  # takes the object with it
        self._names = []

    def _objects(self, scene: bpy.types.Scene) -> list[bpy.types.Object]:
        if len(self._names) < self._spec.extra[1] or any(
            name not in bpy.data.objects for name in self._names
        ):
            self.remove()
            for _ in range(self._spec.extra[1]):
                obj = bpy.data.objects.new(NAME, bpy.data.lights.new(NAME, "POINT"))
                self._names.append(obj.name)
        objects = [bpy.data.objects[name] for name in self._names]
        for obj in objects:
            if obj.name not in scene.collection.objects:
                scene.collection.objects.link(obj)
        return objects


def _place(obj: bpy.types.Object, light: ExtraLight, target: Vector) -> None:
    obj.location = target + Vector(light.direction) * light.distance
    obj.data.energy = light.energy
    obj.data.shadow_soft_size = light.distance * SOFTNESS
    obj.data.color = blackbody(light.temperature) if light.temperature is not None else (1.0, 1.0, 1.0)
