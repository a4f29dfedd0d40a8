# SPDX-License-Identifier: GPL-3.0-or-later
"""How opaque a material's surface is, as a number or as a socket of its own node tree, read off its shader nodes.

Opacity is one less the share of light that goes straight through: what Cycles writes into alpha. Refraction bends light
and is opaque in this sense: a pane of glass is a thing to label. Node groups are followed into copies of themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import bpy

from .own import MARK

Opacity: TypeAlias = "float | bpy.types.NodeSocket"
GROUP_SOCKET = "SynthData Opacity"


def opacity_of_output(tree: bpy.types.NodeTree, output: bpy.types.Node | None) -> Opacity:
    """Return the opacity of what a material output shows; 0 for a material that is a volume only.

    Adds nodes to the tree, and replaces node groups by copies: give it a copy of the user's material.
    """
    if output is None:
        return 1.0
    surface = output.inputs["Surface"]
    if not surface.is_linked:
        return 0.0 if output.inputs["Volume"].is_linked else 1.0
    return _of_socket(tree, surface)


def _of_socket(tree: bpy.types.NodeTree, socket: bpy.types.NodeSocket) -> Opacity:
    """Return the opacity of the shader that comes in by a socket; nothing there is black, which is opaque."""
    if not socket.is_linked:
        return 1.0
    link = socket.links[0]
    return _of_node(tree, link.from_node, link.from_socket)


def _of_node(tree: bpy.types.NodeTree, node: bpy.types.Node, socket: bpy.types.NodeSocket) -> Opacity:
    if node.mute:
        passed = [link for link in node.internal_links if link.to_socket == socket]
        return _of_socket(tree, passed[0].from_socket) if passed else 1.0
    if node.type == "GROUP":
        return _of_group(node, socket) if node.node_tree is not None else 1.0
    rule = _RULES.get(node.type)
    return rule(tree, node) if rule is not None else 1.0


def _of_mix(tree: bpy.types.NodeTree, node: bpy.types.Node) -> Opacity:
    first, second = (_of_socket(tree, node.inputs[number]) for number in (1, 2))
    return _mix(tree, _value(node.inputs[0]), first, second)


def _of_sum(tree: bpy.types.NodeTree, node: bpy.types.Node) -> Opacity:
    # What goes through adds up, so that of the opacities only what exceeds one remains.
    both = _add(tree, _of_socket(tree, node.inputs[0]), _of_socket(tree, node.inputs[1]))
    return _subtract(tree, both, 1.0)


def _of_transparent(tree: bpy.types.NodeTree, node: bpy.types.Node) -> Opacity:
    colour = node.inputs["Color"]
    if not colour.is_linked:
        return 1.0 - min(1.0, sum(colour.default_value[:3]) / 3.0)
    split = tree.nodes.new("ShaderNodeSeparateColor")
    tree.links.new(colour.links[0].from_socket, split.inputs[0])
    total = _add(tree, _add(tree, split.outputs[0], split.outputs[1]), split.outputs[2])
    return _subtract(tree, 1.0, _multiply(tree, total, 1.0 / 3.0))


_RULES: Final[dict[str, Callable[[bpy.types.NodeTree, bpy.types.Node], Opacity]]] = {
    "REROUTE": lambda tree, node: _of_socket(tree, node.inputs[0]),
    "BSDF_PRINCIPLED": lambda _, node: _value(node.inputs["Alpha"]),
    "EEVEE_SPECULAR": lambda tree, node: _subtract(tree, 1.0, _value(node.inputs["Transparency"])),
    "BSDF_TRANSPARENT": _of_transparent,
    "MIX_SHADER": _of_mix,
    "ADD_SHADER": _of_sum,
}
"""Shader nodes that may let light through; every other one is opaque."""


def _of_group(node: bpy.types.Node, socket: bpy.types.NodeSocket) -> Opacity:
    """Carry the opacity out of a node group by an output of its own; the group becomes a copy of itself."""
    inner = node.node_tree.copy()
    inner[MARK] = True
    number = list(node.outputs).index(socket)
    name = f"{GROUP_SOCKET} {number}"
    node.node_tree = inner
    outputs = [item for item in inner.nodes if item.type == "GROUP_OUTPUT" and item.is_active_output]
    if not outputs:
        return 1.0
    opacity = _of_socket(inner, outputs[0].inputs[number])
    if isinstance(opacity, float):
        return opacity
    inner.interface.new_socket(name, in_out="OUTPUT", socket_type="NodeSocketFloat")
    inner.links.new(opacity, outputs[0].inputs[name])
    return node.outputs[name]


def remove_group_copies() -> None:
    """Remove the copies of node groups that no material uses any more."""
    while left := [tree for tree in bpy.data.node_groups if MARK in tree and tree.users == 0]:
        for tree in left:
            bpy.data.node_groups.remove(tree)


def _value(socket: bpy.types.NodeSocket) -> Opacity:
    return socket.links[0].from_socket if socket.is_linked else float(socket.default_value)


def _mix(tree: bpy.types.NodeTree, factor: Opacity, first: Opacity, second: Opacity) -> Opacity:
    """Return ``first + factor * (second - first)``, with the factor held between 0 and 1 as Cycles does."""
    if isinstance(first, float) and isinstance(second, float) and first == second:
        return first
    is_known = isinstance(factor, float)
    share = min(1.0, max(0.0, factor)) if is_known else _math(tree, "ADD", factor, 0.0, clamp=True)
    return _add(tree, first, _multiply(tree, share, _subtract(tree, second, first)))


def _add(tree: bpy.types.NodeTree, first: Opacity, second: Opacity) -> Opacity:
    if isinstance(first, float) and isinstance(second, float):
        return first + second
    return _math(tree, "ADD", first, second)


def _subtract(tree: bpy.types.NodeTree, first: Opacity, second: Opacity) -> Opacity:
    if isinstance(first, float) and isinstance(second, float):
        return first - second
    return _math(tree, "SUBTRACT", first, second)


def _multiply(tree: bpy.types.NodeTree, first: Opacity, second: Opacity) -> Opacity:
    if isinstance(first, float) and isinstance(second, float):
        return first * second
    return _math(tree, "MULTIPLY", first, second)


def _math(
    tree: bpy.types.NodeTree, operation: str, first: Opacity, second: Opacity, clamp: bool = False
) -> bpy.types.NodeSocket:
    node = tree.nodes.new("ShaderNodeMath")
    node.operation, node.use_clamp = operation, clamp
    for socket, value in zip(node.inputs, (first, second), strict=False):
        if isinstance(value, float):
            socket.default_value = value
        else:
            tree.links.new(value, socket)
    return node.outputs[0]
