# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand-ins for the user's materials while labels render: as see-through as the real ones, and otherwise flat.

Each material gets a copy that is solid where its opacity reaches a threshold and not there elsewhere, keeps its
displacement, and tells the copies of an object apart. The copies take the materials' places in the whole file and give
them back; the user's materials themselves are not touched.
"""

from __future__ import annotations

import bpy

from ..core import aov
from .opacity import opacity_of_output, remove_group_copies
from .own import MARK

PREFIX = "SynthData Label "
FLAT_NAME = "SynthData Flat"


def make_flat_material(tell_copies_apart: bool) -> bpy.types.Material:
    """Return a new emission material that Cycles does not treat as a light."""
    material = bpy.data.materials.new(FLAT_NAME)
    material[MARK] = True
    material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    output = tree.nodes.new("ShaderNodeOutputMaterial")
    emission = tree.nodes.new("ShaderNodeEmission")
    tree.links.new(emission.outputs[0], output.inputs["Surface"])
    material.cycles.emission_sampling = "NONE"
    if tell_copies_apart:
        _add_random(tree)
    return material


class LabelMaterials:
    """Puts label materials in the place of the user's and back; :meth:`put_back` is safe at any time, twice."""

    def __init__(self, threshold: float, indices: dict[str, int]) -> None:
        """Take the opacity that counts as solid, and the Material Index of materials by their full names."""
        self._threshold = threshold
        self._indices = indices
        self._copies: dict[str, str] = {}
        """Name of the copy -> name of the user's material."""

    def put_in(self) -> None:
        """Replace every material of the file; after undo or file load only what is not replaced."""
        for material in list(bpy.data.materials):
            is_ours = MARK in material or material.library is not None or material.is_grease_pencil
            if not is_ours and material.users > material.use_fake_user:
                material.user_remap(self._copy_of(material))

    def original(self, name: str) -> str:
        """Return the name of the material that a copy stands for, or the name itself."""
        return self._copies.get(name, name)

    def put_back(self) -> None:
        """Give the user's materials their places back and remove the copies."""
        for name, original in self._copies.items():
            copy = bpy.data.materials.get((name, None))
            material = bpy.data.materials.get((original, None))
            if copy is None:
                continue
            if material is not None:
                copy.user_remap(material)
            bpy.data.materials.remove(copy)
        self._copies.clear()
        remove_group_copies()

    def _copy_of(self, material: bpy.types.Material) -> bpy.types.Material:
        for name, original in self._copies.items():
            if original == material.name and (known := bpy.data.materials.get((name, None))) is not None:
                return known
        copy = material.copy()
        copy.name = PREFIX + material.name
        copy[MARK] = True
        copy.use_fake_user = False
        copy.pass_index = self._indices.get(material.name_full, 0)
        copy.cycles.emission_sampling = "NONE"
        if copy.node_tree is None:
            copy.use_nodes = True
            copy.node_tree.nodes.clear()
        _flatten(copy.node_tree, self._threshold)
        self._copies[copy.name] = material.name
        return copy


def _flatten(tree: bpy.types.NodeTree, threshold: float) -> None:
    """Give a material's tree an output of our own: solid or nothing, with the displacement it had."""
    old = tree.get_output_node("CYCLES")
    output = tree.nodes.new("ShaderNodeOutputMaterial")
    emission = tree.nodes.new("ShaderNodeEmission")
    opacity = opacity_of_output(tree, old)
    if isinstance(opacity, float):
        closure = emission if opacity >= threshold else tree.nodes.new("ShaderNodeBsdfTransparent")
        tree.links.new(closure.outputs[0], output.inputs["Surface"])
    else:
        is_gap, mix = tree.nodes.new("ShaderNodeMath"), tree.nodes.new("ShaderNodeMixShader")
        is_gap.operation = "LESS_THAN"
        is_gap.inputs[1].default_value = threshold
        tree.links.new(opacity, is_gap.inputs[0])
        tree.links.new(is_gap.outputs[0], mix.inputs[0])
        tree.links.new(emission.outputs[0], mix.inputs[1])
        tree.links.new(tree.nodes.new("ShaderNodeBsdfTransparent").outputs[0], mix.inputs[2])
        tree.links.new(mix.outputs[0], output.inputs["Surface"])
    if old is not None and old.inputs["Displacement"].is_linked:
        link = old.inputs["Displacement"].links[0]
        tree.links.new(link.from_socket, output.inputs["Displacement"])
    for node in [node for node in tree.nodes if node.type == "OUTPUT_MATERIAL" and node != output]:
        tree.nodes.remove(node)
    output.is_active_output = True
    _add_random_by_depth(tree)


def _add_random(tree: bpy.types.NodeTree) -> None:
    info = tree.nodes.new("ShaderNodeObjectInfo")
    tree.links.new(info.outputs["Random"], _aov(tree, aov.RANDOM).inputs["Value"])


def _add_random_by_depth(tree: bpy.types.NodeTree) -> None:
    """Write the random number into the channel of the number of see-through surfaces before this one."""
    info, path = tree.nodes.new("ShaderNodeObjectInfo"), tree.nodes.new("ShaderNodeLightPath")
    for layer, name in enumerate(aov.RANDOM_LAYERS):
        colour = tree.nodes.new("ShaderNodeCombineXYZ")
        for channel in range(3):
            is_here, value = tree.nodes.new("ShaderNodeMath"), tree.nodes.new("ShaderNodeMath")
            is_here.operation, value.operation = "COMPARE", "MULTIPLY"
            is_here.inputs[1].default_value = 3 * layer + channel
            is_here.inputs[2].default_value = 0.5
            tree.links.new(path.outputs["Transparent Depth"], is_here.inputs[0])
            tree.links.new(info.outputs["Random"], value.inputs[0])
            tree.links.new(is_here.outputs[0], value.inputs[1])
            tree.links.new(value.outputs[0], colour.inputs[channel])
        tree.links.new(colour.outputs[0], _aov(tree, name).inputs["Color"])


def _aov(tree: bpy.types.NodeTree, name: str) -> bpy.types.Node:
    node = tree.nodes.new("ShaderNodeOutputAOV")
    node.aov_name = name
    return node
