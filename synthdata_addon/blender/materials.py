# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether one flat material may stand in for all: only where none can be transparent, displaced or a volume.

A single emission material makes a label render four to six times cheaper, but it would close the holes of a leaf cut
out by alpha, flatten displacement and turn fog into a solid block.
"""

from __future__ import annotations

import bpy

SEE_THROUGH_NODES = frozenset({"BSDF_TRANSPARENT", "HOLDOUT", "BSDF_RAY_PORTAL", "SCRIPT"})


def override_is_exact(depsgraph: bpy.types.Depsgraph) -> bool:
    """Tell whether a flat material on everything gives the same masks, depth and normals as the real materials.

    Conservative: reads every material on the evaluated objects, so that materials set by geometry nodes count.
    """
    seen: set[str] = set()
    objects: set[str] = set()
    for instance in depsgraph.object_instances:
        obj = instance.object
        if obj.name_full in objects:
            continue
        objects.add(obj.name_full)
        if obj.type == "VOLUME":
            return False
        for material in _materials(obj):
            if material.name_full in seen:
                continue
            seen.add(material.name_full)
            if _changes_shape(material):
                return False
    return True


def _materials(obj: bpy.types.Object) -> list[bpy.types.Material]:
    slots = [slot.material for slot in obj.material_slots]
    data = list(getattr(obj.data, "materials", None) or [])
    return [material for material in slots + data if material is not None]


def _changes_shape(material: bpy.types.Material) -> bool:
    tree = material.node_tree
    return tree is not None and _tree_changes_shape(tree, set())


def _tree_changes_shape(tree: bpy.types.NodeTree, visited: set[str]) -> bool:
    if tree.name_full in visited:
        return False
    visited.add(tree.name_full)
    return any(_node_changes_shape(node, visited) for node in tree.nodes)


def _node_changes_shape(node: bpy.types.Node, visited: set[str]) -> bool:
    if node.mute:
        return False
    if node.type in SEE_THROUGH_NODES:
        return True
    if node.type == "GROUP":
        return node.node_tree is not None and _tree_changes_shape(node.node_tree, visited)
    if node.type == "OUTPUT_MATERIAL":
        return any(node.inputs[name].is_linked for name in ("Volume", "Displacement") if name in node.inputs)
    if node.type in {"BSDF_PRINCIPLED", "EEVEE_SPECULAR"}:
        alpha = node.inputs.get("Alpha") or node.inputs.get("Transparency")
        return alpha is not None and (alpha.is_linked or _is_see_through(node.type, alpha.default_value))
    return False


def _is_see_through(node_type: str, value: float) -> bool:
    return value < 1.0 if node_type == "BSDF_PRINCIPLED" else value > 0.0
