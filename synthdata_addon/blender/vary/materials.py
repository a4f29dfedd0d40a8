# SPDX-License-Identifier: GPL-3.0-or-later
"""Colours, roughness and textures of materials, as a view's draw says. Finished picture only.

Materials get a copy, made once a job, in the slots of the objects in scope; the user's materials themselves are not
touched. Nothing that decides the shape of a surface (opacity, displacement, volume) changes: labels stay true.
"""

from __future__ import annotations

from typing import Any

import bpy

from ...core.draws import MaterialDraw, draw_material, pick
from ...core.variation import MaterialsVariation
from ..categories import CategoryRules
from .changes import Changes
from .files import TEXTURES, pictures_in, remove_picture, show_picture
from .scope import in_scope, shown_objects

PREFIX = "SynthData Varied "
SHIFT, PICTURE, BASE, SIZE = "SynthData Shift", "SynthData Texture", "SynthData Base", "SynthData Size"
COLOURED = frozenset({"BSDF_PRINCIPLED", "BSDF_DIFFUSE", "BSDF_GLOSSY", "BSDF_METALLIC", "BSDF_SHEEN"})


class VariedMaterials:
    """Copies of the user's materials that can be varied; found by name at every use."""

    def __init__(self, spec: MaterialsVariation) -> None:
        """Look at the textures.

        Raises:
            SceneError: ``scene.no_pictures``.
        """
        self._spec = spec
        self._files = pictures_in(spec.textures, TEXTURES) if spec.textures else ()
        self._copies: dict[str, str] = {}
        """Full name of the user's material -> name of the copy."""

    def vary(
        self,
        seed: int,
        view: int,
        layer: bpy.types.ViewLayer,
        rules: CategoryRules,
        changes: Changes,
    ) -> dict[str, Any]:
        """Put varied copies into the slots of the objects in scope; return what the journal says of it.

        Raises:
            SceneError: ``scene.no_pictures``: a texture cannot be loaded.
        """
        said: dict[str, Any] = {}
        for obj in shown_objects(layer):
            if obj.material_slots and in_scope(self._spec, _category(obj, rules)):
                for number, slot in enumerate(obj.material_slots):
                    if slot.material is not None and not slot.material.is_grease_pencil:
                        name = slot.material.name_full
                        copy = self._copy_of(slot.material, obj)
                        if name not in said:
                            said[name] = self._set(copy, draw_material(self._spec, seed, view, name))
                        _put_in(obj, number, copy, changes)
        return said

    def remove(self) -> None:
        """Take the copies and their textures out of the file. Safe to call at any time, twice."""
        for name in self._copies.values():
            material = bpy.data.materials.get((name, None))
            if material is not None:
                bpy.data.materials.remove(material)
            remove_picture(name)
        self._copies.clear()

    def _copy_of(self, material: bpy.types.Material, obj: bpy.types.Object) -> bpy.types.Material:
        known = bpy.data.materials.get((self._copies.get(material.name_full, ""), None))
        if known is not None:
            return known
        copy = material.copy()
        copy.name = PREFIX + material.name
        copy.use_fake_user = False
        if copy.node_tree is not None:
            has_uv = bool(getattr(obj.data, "uv_layers", None))
            for node in [node for node in copy.node_tree.nodes if node.type in COLOURED]:
                _make_adjustable(copy.node_tree, node, has_uv, self._spec.texture_size, bool(self._files))
        self._copies[material.name_full] = copy.name
        return copy

    def _set(self, copy: bpy.types.Material, draw: MaterialDraw) -> dict[str, Any]:
        """Give a copy what is drawn for it; return what the journal says."""
        said: dict[str, Any] = {
            name: round(getattr(draw, name), 6) for name in ("hue", "saturation", "value")
        }
        if copy.node_tree is None:
            return {}
        image = None
        if draw.texture is not None:
            file = pick(draw.texture, self._files)
            image = show_picture(copy.name, self._spec.textures, file)
            said["texture"] = file
        if draw.roughness is not None:
            said["roughness"] = round(draw.roughness, 6)
        for node in copy.node_tree.nodes:
            if node.name.startswith(SHIFT):
                _set_colour(copy.node_tree, node, draw, image)
            elif node.type in COLOURED and draw.roughness is not None and "Roughness" in node.inputs:
                node.inputs["Roughness"].default_value = draw.roughness
        return said


def _set_colour(
    tree: bpy.types.NodeTree, shift: bpy.types.Node, draw: MaterialDraw, image: bpy.types.Image | None
) -> None:
    # By number: 5.x calls the fourth input another name than 4.x.
    for number, value in enumerate((0.5 + draw.hue, draw.saturation, draw.value)):
        shift.inputs[number].default_value = value
    base = tree.nodes[shift["base"]].outputs[shift["base_socket"]]
    if "picture" in shift:
        picture = tree.nodes[shift["picture"]]
        picture.image = image
        base = picture.outputs["Color"] if image is not None else base
    if shift.inputs[4].links[0].from_socket != base:
        tree.links.new(base, shift.inputs[4])


def _make_adjustable(
    tree: bpy.types.NodeTree, node: bpy.types.Node, has_uv: bool, size: float, textured: bool
) -> None:
    """Put a shift of hue, saturation and value before a shader's colour, and a texture beside what gives it now."""
    colour = node.inputs[0]
    shift = tree.nodes.new("ShaderNodeHueSaturation")
    shift.name = SHIFT
    if colour.is_linked:
        source = colour.links[0].from_socket
    else:
        plain = tree.nodes.new("ShaderNodeRGB")
        plain.name = BASE
        plain.outputs[0].default_value = colour.default_value
        source = plain.outputs[0]
    shift["base"] = source.node.name
    shift["base_socket"] = list(source.node.outputs).index(source)
    if textured:
        shift["picture"] = _add_picture(tree, source.node, has_uv, size)
    tree.links.new(source, shift.inputs[4])
    tree.links.new(shift.outputs[0], colour)


def _add_picture(tree: bpy.types.NodeTree, source: bpy.types.Node, has_uv: bool, size: float) -> str:
    """Add a texture, mapped as the one that is there, by the UV map, or from all sides; return its node's name."""
    picture = tree.nodes.new("ShaderNodeTexImage")
    picture.name = PICTURE
    if source.type == "TEX_IMAGE":
        if source.inputs["Vector"].is_linked:
            tree.links.new(source.inputs["Vector"].links[0].from_socket, picture.inputs["Vector"])
    elif not has_uv:
        picture.projection, picture.projection_blend = "BOX", 0.2
        place, scale = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeMapping")
        scale.name = SIZE
        scale.inputs["Scale"].default_value = (1.0 / size,) * 3
        tree.links.new(place.outputs["Object"], scale.inputs["Vector"])
        tree.links.new(scale.outputs[0], picture.inputs["Vector"])
    return str(picture.name)


def _put_in(obj: bpy.types.Object, number: int, copy: bpy.types.Material, changes: Changes) -> None:
    path = f"material_slots[{number}]"
    if changes.set(obj, f"{path}.link", "OBJECT"):
        changes.set(obj, f"{path}.material", copy)


def _category(obj: bpy.types.Object, rules: CategoryRules) -> str:
    group = rules.grouping_of(obj)
    return (rules.category_of_collection(group) if group else "") or rules.category_of(obj)
