# SPDX-License-Identifier: GPL-3.0-or-later
"""The world of the finished picture: the scene's own, an HDRI of a folder or a procedural sky, turned and dimmed.

It is a datablock of ours in a scene of ours: the user's world is not touched.
"""

from __future__ import annotations

import math
from typing import Any

import bpy

from ...core.draws import WorldDraw, draw_world, pick
from ...core.variation import WorldVariation
from .. import compat
from .files import HDRI, pictures_in, remove_picture, show_picture

NAME = "SynthData World"
HDRI_OF_VIEW = "HDRI"
STRENGTH, ROTATION, SKY, PICTURE = (
    "SynthData Strength",
    "SynthData Rotation",
    "SynthData Sky",
    "SynthData Picture",
)
SUN = "synthdata_sun"
"""Custom property of a sky: where its sun stood, radians."""
TURNED = frozenset({"TEX_ENVIRONMENT", "TEX_SKY"})


class VariedWorld:
    """The job's world, made once; found by name at every use."""

    def __init__(self, spec: WorldVariation, source: str) -> None:
        """Take the name of the user's scene.

        Raises:
            SceneError: ``scene.no_pictures``.
        """
        self._spec = spec
        self._source = source
        self._files = pictures_in(spec.folder, HDRI) if spec.source == "HDRI" else ()
        self._name = ""

    @property
    def warning(self) -> str:
        """What the user should know, or ""."""
        own = bpy.data.scenes[self._source].world
        if self._spec.source == "SCENE" and own is None:
            return "The scene has no world to vary; use an HDRI folder or the procedural sky."
        return ""

    def show(self, scene: bpy.types.Scene, seed: int, view: int) -> dict[str, Any]:
        """Give a scene of ours the world of a view; return what the journal says of it.

        Raises:
            SceneError: ``scene.no_pictures``: a picture cannot be loaded.
        """
        world = self._ensure()
        if world is None:
            return {}
        draw = draw_world(self._spec, seed, view)
        said: dict[str, Any] = {"strength": round(draw.strength, 6), "rotation": round(draw.rotation, 4)}
        if self._spec.source == "HDRI":
            file = pick(draw.choice, self._files)
            world.node_tree.nodes[PICTURE].image = show_picture(HDRI_OF_VIEW, self._spec.folder, file)
            said["file"] = file
        elif self._spec.source == "SKY":
            world.node_tree.nodes[SKY].sun_elevation = math.radians(draw.sun_elevation)
            said["sun_elevation"] = round(draw.sun_elevation, 4)
        self._set(world, draw)
        if scene.world != world:
            scene.world = world
        return said

    def remove(self) -> None:
        """Take the world and its picture out of the file. Safe to call at any time, twice."""
        world = bpy.data.worlds.get(self._name) if self._name else None
        if world is not None:
            bpy.data.worlds.remove(world)
        remove_picture(HDRI_OF_VIEW)
        self._name = ""

    def _set(self, world: bpy.types.World, draw: WorldDraw) -> None:
        source = bpy.data.scenes[self._source].world
        if source is not None and self._spec.source == "SCENE" and not _has_nodes(source):
            world.color = [value * draw.strength for value in source.color]
            return
        for node in world.node_tree.nodes:
            if node.name.startswith(STRENGTH):
                node.inputs[1].default_value = draw.strength
            elif node.name.startswith(ROTATION):
                node.inputs["Rotation"].default_value[2] = math.radians(draw.rotation)
            elif SUN in node:
                node.sun_rotation = (node[SUN] + math.radians(draw.rotation)) % math.tau

    def _ensure(self) -> bpy.types.World | None:
        world = bpy.data.worlds.get(self._name) if self._name else None
        if world is None:
            world = self._made()
            if world is not None:
                self._name = world.name
        return world

    def _made(self) -> bpy.types.World | None:
        if self._spec.source == "SCENE":
            source = bpy.data.scenes[self._source].world
            if source is None:
                return None
            world = source.copy()
            world.name = NAME
            if _has_nodes(world):
                _make_adjustable(world.node_tree)
            return world
        world = bpy.data.worlds.new(NAME)
        world.use_nodes = True
        tree = world.node_tree
        tree.nodes.clear()
        picture = tree.nodes.new(
            "ShaderNodeTexEnvironment" if self._spec.source == "HDRI" else "ShaderNodeTexSky"
        )
        picture.name = PICTURE
        if self._spec.source == "SKY":
            picture.name, picture.sky_type = SKY, compat.SKY
        background, output = tree.nodes.new("ShaderNodeBackground"), tree.nodes.new("ShaderNodeOutputWorld")
        tree.links.new(picture.outputs[0], background.inputs["Color"])
        tree.links.new(background.outputs[0], output.inputs["Surface"])
        _make_adjustable(tree)
        return world


def _has_nodes(world: bpy.types.World) -> bool:
    return world.node_tree is not None and bool(world.use_nodes)


def _make_adjustable(tree: bpy.types.NodeTree) -> None:
    """Put a factor before the strength of every background, and a rotation before every picture of the surroundings."""
    for node in list(tree.nodes):
        if node.type == "BACKGROUND":
            _add_factor(tree, node.inputs["Strength"])
        elif node.type in TURNED:
            vector = node.inputs.get("Vector")
            if vector is not None:
                _add_rotation(tree, vector)
            else:  # a sky with a sun of its own
                node[SUN] = node.sun_rotation


def _add_factor(tree: bpy.types.NodeTree, strength: bpy.types.NodeSocket) -> None:
    factor = tree.nodes.new("ShaderNodeMath")
    factor.name, factor.operation = STRENGTH, "MULTIPLY"
    factor.inputs[0].default_value = strength.default_value
    if strength.is_linked:
        tree.links.new(strength.links[0].from_socket, factor.inputs[0])
    tree.links.new(factor.outputs[0], strength)


def _add_rotation(tree: bpy.types.NodeTree, vector: bpy.types.NodeSocket) -> None:
    rotation = tree.nodes.new("ShaderNodeMapping")
    rotation.name = ROTATION
    if vector.is_linked:
        tree.links.new(vector.links[0].from_socket, rotation.inputs["Vector"])
    else:
        place = tree.nodes.new("ShaderNodeTexCoord")
        tree.links.new(place.outputs["Generated"], rotation.inputs["Vector"])
    tree.links.new(rotation.outputs[0], vector)
