# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluated meshes as plain arrays: read while a render engine holds them, made into meshes of our own afterwards.

Blender's data must not grow while a render is evaluated (4.2 crashes), and what is evaluated is gone after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import bpy
import numpy as np
from numpy.typing import NDArray

FIELDS: Final = {
    "FLOAT": ("value", np.float32, 1),
    "INT": ("value", np.int32, 1),
    "BOOLEAN": ("value", np.bool_, 1),
    "FLOAT_VECTOR": ("vector", np.float32, 3),
    "FLOAT2": ("vector", np.float32, 2),
    "FLOAT_COLOR": ("color", np.float32, 4),
    "BYTE_COLOR": ("color", np.float32, 4),
}
"""Attribute types that shaders can read: the property that holds the values, their dtype and how many there are."""


@dataclass(frozen=True, eq=False)
class Geometry:
    """One evaluated mesh: corners (V, 3), faces as runs of corner numbers, attributes by name, material names."""

    vertices: NDArray[np.float32]
    corner_vertices: NDArray[np.int32]
    face_starts: NDArray[np.int32]
    attributes: tuple[tuple[str, str, str, NDArray[np.generic]], ...]
    """Name, type, domain and values."""
    materials: tuple[str, ...]
    """Names, "" for an empty slot."""


def read_geometry(obj: bpy.types.Object) -> Geometry:
    """Read the mesh of an evaluated object."""
    mesh = obj.data
    return Geometry(
        vertices=_values(mesh.vertices, "co", np.float32, 3),
        corner_vertices=_values(mesh.loops, "vertex_index", np.int32, 1),
        face_starts=_values(mesh.polygons, "loop_start", np.int32, 1),
        attributes=tuple(
            (item.name, item.data_type, item.domain, _values(item.data, *FIELDS[item.data_type]))
            for item in mesh.attributes
            if item.data_type in FIELDS and item.domain != "EDGE" and not _is_shape(item.name)
        ),
        materials=tuple(
            slot.material.original.name_full if slot.material else "" for slot in obj.material_slots
        ),
    )


def make_mesh(name: str, geometry: Geometry) -> bpy.types.Mesh:
    """Make a mesh of our own with this geometry."""
    mesh = bpy.data.meshes.new(name)
    mesh.vertices.add(len(geometry.vertices))
    mesh.loops.add(len(geometry.corner_vertices))
    mesh.polygons.add(len(geometry.face_starts))
    mesh.vertices.foreach_set("co", geometry.vertices.ravel())
    mesh.loops.foreach_set("vertex_index", geometry.corner_vertices)
    mesh.polygons.foreach_set("loop_start", geometry.face_starts)
    mesh.update(calc_edges=True)
    known = {material.name_full: material for material in bpy.data.materials}
    for material in geometry.materials:
        mesh.materials.append(known.get(material))
    for attribute, kind, domain, values in geometry.attributes:
        own = mesh.attributes.get(attribute) or mesh.attributes.new(attribute, kind, domain)
        if own.data_type == kind and len(own.data) == len(values):
            own.data.foreach_set(FIELDS[kind][0], values.ravel())
    return mesh


def _values(items: bpy.types.bpy_prop_collection, name: str, dtype: type, width: int) -> NDArray[np.generic]:
    values = np.empty(len(items) * width, dtype)
    items.foreach_get(name, values)
    return values.reshape(-1, width) if width > 1 else values


def _is_shape(name: str) -> bool:
    """Tell whether an attribute is the mesh's own layout, which is read by itself."""
    return name.startswith(".") or name == "position"
