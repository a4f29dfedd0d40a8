# SPDX-License-Identifier: GPL-3.0-or-later
"""What objects say about where cameras stand: the line of a curve, the box of a volume, a point."""

from __future__ import annotations

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ..core.errors import SceneError
from ..core.sweeps.facts import Point

Line = tuple[Point, ...]
"""Corners of a polyline; the last is the first where it is closed."""
BARE = {"bevel_depth": 0.0, "extrude": 0.0, "offset": 0.0, "bevel_object": None, "taper_object": None}
"""Curve settings that would make a tube or a band of the line."""


def place_object(scene: bpy.types.Scene, name: str) -> bpy.types.Object:
    """Return the object that says where cameras stand.

    Raises:
        SceneError: ``scene.no_place``.
    """
    obj = scene.objects.get(name)
    if obj is None:
        raise SceneError(
            "scene.no_place", f"The place '{name}' is not in '{scene.name}'.", "Choose another object."
        )
    return obj


def line_of(obj: bpy.types.Object) -> tuple[Line, ...]:
    """Return the splines of a curve object as polylines, without modifiers, world space.

    Raises:
        SceneError: ``scene.no_place``: it is no curve, or one without length.
    """
    lines: list[Line] = []
    if obj.type == "CURVE":
        bare = obj.copy()
        bare.data = obj.data.copy()
        curve = bare.data
        try:
            for name, value in BARE.items():
                setattr(bare.data, name, value)
            lines = _polylines(bare.to_mesh(), obj.matrix_world)
            bare.to_mesh_clear()
        finally:
            bpy.data.objects.remove(bare)
            bpy.data.curves.remove(curve)
    if not lines:
        raise SceneError(
            "scene.no_place", f"'{obj.name}' is not a curve that cameras could follow.", "Choose a curve."
        )
    return tuple(lines)


def _polylines(mesh: bpy.types.Mesh, matrix: Matrix) -> list[Line]:
    """Return the chains of a mesh of edges; Blender numbers the vertices of a spline one after the other."""
    edges = {tuple(sorted(edge.vertices)) for edge in mesh.edges}
    places = [_point(matrix @ vertex.co) for vertex in mesh.vertices]
    chains: list[list[int]] = []
    for number in range(len(places)):
        if number and (number - 1, number) in edges:
            chains[-1].append(number)
        else:
            chains.append([number])
    lines = []
    for chain in chains:
        if len(chain) > 2 and (chain[0], chain[-1]) in edges:
            chain.append(chain[0])
        # Points on one another have no direction between them.
        kept = [number for i, number in enumerate(chain) if not i or places[number] != places[chain[i - 1]]]
        if len(kept) > 1:
            lines.append(tuple(places[number] for number in kept))
    return lines


def box_of(obj: bpy.types.Object) -> tuple[Point, Point, Point, Point]:
    """Return a corner of an object's box and its three edges, world space; an empty's is its cube as displayed."""
    if obj.type == "EMPTY":
        half = obj.empty_display_size
        low, high = np.full(3, -half), np.full(3, half)
    else:
        corners = np.array(obj.bound_box)
        low, high = corners.min(axis=0), corners.max(axis=0)
    turn = obj.matrix_world.to_3x3()
    edges = [
        turn @ (Vector(axis) * width) for axis, width in zip(np.eye(3).tolist(), high - low, strict=True)
    ]
    first, second, third = (_point(edge) for edge in edges)
    return _point(obj.matrix_world @ Vector(low)), first, second, third


def point_of(obj: bpy.types.Object) -> Point:
    """Return where an object's origin is, world space."""
    return _point(obj.matrix_world.translation)


def _point(place: Vector) -> Point:
    return float(place[0]), float(place[1]), float(place[2])
