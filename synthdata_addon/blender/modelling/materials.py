# SPDX-License-Identifier: GPL-3.0-or-later
"""Finishes of what we model: opaque Principled materials, so that every pass sees solid things."""

from __future__ import annotations

from dataclasses import dataclass

import bpy


@dataclass(frozen=True)
class Finish:
    """sRGB colour as hex, roughness and metal 0..1, emission strength in Blender's units."""

    colour: str
    roughness: float = 0.5
    metallic: float = 0.0
    emission: float = 0.0


FINISHES: dict[str, Finish] = {
    "wall": Finish("#DDD3C2", 0.9),
    "accent wall": Finish("#6F8F8C", 0.9),
    "ceiling": Finish("#F0EDE6", 0.9),
    "floor": Finish("#A47C56", 0.5),
    "floor seam": Finish("#74543A", 0.7),
    "trim": Finish("#F4F1EA", 0.5),
    "sky": Finish("#BFE0FF", 1.0, 0.0, 4.0),
    "rug": Finish("#5F8FA8", 0.95),
    "rug border": Finish("#D9C9A3", 0.95),
    "oak": Finish("#DCC49A", 0.5),
    "oak light": Finish("#D2B384", 0.5),
    "walnut": Finish("#5D3A22", 0.45),
    "chair wood": Finish("#8A4B26", 0.4),
    "cushion": Finish("#D8483A", 0.9),
    "steel": Finish("#C9CDD2", 0.28, 0.85),
    "dark steel": Finish("#3A3D42", 0.4, 0.6),
    "black": Finish("#16171A", 0.4),
    "rubber": Finish("#1D1D1F", 0.8),
    "white": Finish("#F2F0EA", 0.35),
    "orange": Finish("#F26A1B", 0.35),
    "red": Finish("#C8202B", 0.35),
    "green": Finish("#2E9E4F", 0.4),
    "blue": Finish("#1F5FBF", 0.35),
    "yellow": Finish("#F2B81C", 0.4),
    "purple": Finish("#7B3FA0", 0.4),
    "teal": Finish("#128C8A", 0.3),
    "paper": Finish("#EFE6CE", 0.85),
    "gold": Finish("#D9A93B", 0.35, 0.6),
    "coffee": Finish("#2C160A", 0.15),
    "lamp": Finish("#E0B020", 0.3),
    "bulb": Finish("#FFE2A8", 0.5, 0.0, 8.0),
    "leaf": Finish("#2F8A3A", 0.45),
    "leaf light": Finish("#57AB45", 0.45),
    "terracotta": Finish("#B9582F", 0.7),
    "soil": Finish("#2B1B10", 1.0),
    "cardboard": Finish("#B98A56", 0.85),
    "cardboard inside": Finish("#9A6F41", 0.9),
    "tape": Finish("#E3C891", 0.3),
    "ink": Finish("#3A2A1C", 0.8),
    "aluminium": Finish("#B4B8BE", 0.32, 0.7),
    "screen": Finish("#2456A8", 0.4, 0.0, 0.6),
    "screen light": Finish("#EAF1FA", 0.4, 0.0, 0.9),
    "screen warm": Finish("#F2994A", 0.4, 0.0, 0.7),
    "apple": Finish("#B3242A", 0.3),
    "banana": Finish("#E8C63A", 0.45),
    "bottle": Finish("#1F6B45", 0.15),
    "brick": Finish("#9A5040", 0.85),
    "plaster": Finish("#D9C7A3", 0.9),
    "stone": Finish("#8C8A84", 0.9),
    "rock": Finish("#77736B", 0.95),
    "concrete": Finish("#9C9B97", 0.85),
    "asphalt": Finish("#3B3C40", 0.95),
    "pavement": Finish("#A9A69E", 0.9),
    "paint": Finish("#EDEBE3", 0.8),
    "paint yellow": Finish("#E3B320", 0.8),
    "pane": Finish("#31465A", 0.12),
    "beam": Finish("#E06A1B", 0.45, 0.2),
    "upright": Finish("#1D4F91", 0.45, 0.2),
    "pallet": Finish("#C29A63", 0.85),
    "lamp light": Finish("#FFF4DC", 0.5, 0.0, 4.0),
    "tail light": Finish("#9E1015", 0.3),
    "grass": Finish("#5E7F3A", 0.95),
    "earth": Finish("#7A5C3C", 0.95),
    "bark": Finish("#5B4330", 0.95),
    "cut wood": Finish("#D3B183", 0.9),
    "foliage": Finish("#4C7A34", 0.95),
    "foliage light": Finish("#6C9440", 0.95),
    "fir": Finish("#2F5A38", 0.95),
    "bush": Finish("#47703A", 0.95),
    "backdrop": Finish("#C9CCD0", 0.9),
}


class Palette:
    """Makes each finish once, the first time it is asked for; ``prefix`` begins the materials' names."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._names: dict[str, str] = {}

    def material(self, finish: str) -> bpy.types.Material:
        """Return the material of a finish named in `FINISHES`."""
        if finish not in self._names:
            self._names[finish] = _make_material(f"{self._prefix} {finish.title()}", FINISHES[finish]).name
        return bpy.data.materials[self._names[finish]]


def _make_material(name: str, finish: Finish) -> bpy.types.Material:
    material = bpy.data.materials.new(name)
    if material.node_tree is None:  # always there from 5.0, where use_nodes is deprecated
        material.use_nodes = True
    shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    colour = linear_colour(finish.colour)
    shader.inputs["Base Color"].default_value = colour
    shader.inputs["Roughness"].default_value = finish.roughness
    shader.inputs["Metallic"].default_value = finish.metallic
    shader.inputs["Emission Color"].default_value = colour
    shader.inputs["Emission Strength"].default_value = finish.emission
    material.diffuse_color = colour
    material.roughness = finish.roughness
    material.metallic = finish.metallic
    return material


def linear_colour(code: str) -> tuple[float, float, float, float]:
    """Return opaque linear RGBA of an sRGB hex code such as "#F26A1B" (IEC 61966-2-1)."""
    channels = (int(code[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return (red, green, blue, 1.0)
