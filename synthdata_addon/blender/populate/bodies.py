# SPDX-License-Identifier: GPL-3.0-or-later
"""Shapes of what is placed and of what is in the way: evaluated meshes as triangles in plain arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import bpy
import numpy as np
from mathutils.bvhtree import BVHTree
from numpy.typing import NDArray

from ...core.arrays import Matrix4

Points = NDArray[np.float64]
Triangles = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Body:
    """A surface of triangles: ``vertices`` (V, 3), ``triangles`` (T, 3) vertex numbers, counter-clockwise outside."""

    vertices: Points
    triangles: Triangles

    @property
    def low(self) -> Points:
        """The lowest corner of its box (3,)."""
        return self.vertices.min(axis=0)

    @property
    def high(self) -> Points:
        """The highest corner of its box (3,)."""
        return self.vertices.max(axis=0)

    @cached_property
    def tree(self) -> BVHTree:
        """Its triangles to cast rays at and to overlap with."""
        return BVHTree.FromPolygons(self.vertices.tolist(), self.triangles.tolist(), all_triangles=True)

    @cached_property
    def outline(self) -> Points:
        """The convex hull of its footprint, (H, 2), counter-clockwise."""
        return convex_hull(self.vertices[:, :2])

    def moved(self, matrix: Matrix4) -> Body:
        """Return the body under a (4, 4) transform."""
        return Body(self.vertices @ matrix[:3, :3].T + matrix[:3, 3], self.triangles)

    def contains(self, point: Iterable[float]) -> bool:
        """Tell whether a point is inside, by counting how often a ray to the sky leaves and enters."""
        x, y, z = point
        # Not straight up, so that it meets no edge of what is modelled on a grid.
        way = (0.01302, 0.00717, 1.0)
        crossings, origin = 0, np.array((x, y, z))
        for _ in range(64):
            place, _, _, distance = self.tree.ray_cast(origin, way)
            if place is None:
                break
            crossings += 1
            origin = origin + np.array(way) * (distance + 1e-6)
        return crossings % 2 == 1


def joined(bodies: Iterable[Body]) -> Body | None:
    """Return several bodies as one, or None without any."""
    parts = [body for body in bodies if len(body.triangles)]
    if not parts:
        return None
    starts = np.cumsum([0, *(len(body.vertices) for body in parts)])
    triangles = [body.triangles + start for body, start in zip(parts, starts, strict=False)]
    return Body(np.vstack([body.vertices for body in parts]), np.vstack(triangles).astype(np.int32))


def evaluated(scene: bpy.types.Scene, layer: bpy.types.ViewLayer) -> bpy.types.Depsgraph:
    """Return a view layer as the viewport shows it, with everything that was just moved."""
    layer.update()
    with bpy.context.temp_override(scene=scene, view_layer=layer):
        return bpy.context.evaluated_depsgraph_get()


def shown_bodies(
    depsgraph: bpy.types.Depsgraph, wanted: Callable[[bpy.types.Object], bool]
) -> dict[str, Body]:
    """Return what an evaluated scene shows, in world space: one body for each wanted object by its full name.

    What an object instances is part of its body. Texts, curves and metaballs come as the meshes that they render as.
    """
    found: dict[str, list[Body]] = {}
    meshes: dict[int, Body] = {}
    for item in depsgraph.object_instances:
        owner = (item.parent if item.is_instance else item.object).original
        if item.object.type != "MESH" or not item.show_self or not wanted(owner):
            continue
        pointer = item.object.data.as_pointer()
        if pointer not in meshes:
            meshes[pointer] = _mesh(item.object.data)
        matrix = np.array(item.matrix_world, dtype=np.float64)
        found.setdefault(str(owner.name_full), []).append(meshes[pointer].moved(matrix))
    bodies = {name: joined(parts) for name, parts in found.items()}
    return {name: body for name, body in bodies.items() if body is not None}


def _mesh(mesh: bpy.types.Mesh) -> Body:
    vertices = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", vertices)
    mesh.calc_loop_triangles()
    triangles = np.empty(3 * len(mesh.loop_triangles), np.int32)
    mesh.loop_triangles.foreach_get("vertices", triangles)
    return Body(vertices.reshape(-1, 3).astype(np.float64), triangles.reshape(-1, 3))


def convex_hull(points: Points) -> Points:
    """Return the convex hull of points (N, 2), counter-clockwise (Andrew's monotone chain)."""
    ordered = np.unique(points, axis=0)
    if len(ordered) < 3:
        return ordered
    return np.array(_half(ordered.tolist())[:-1] + _half(ordered[::-1].tolist())[:-1])


def _half(points: list[list[float]]) -> list[list[float]]:
    hull: list[list[float]] = []
    for point in points:
        while len(hull) > 1 and _turn(hull[-2], hull[-1], point) <= 0.0:
            hull.pop()
        hull.append(point)
    return hull


def _turn(a: list[float], b: list[float], c: list[float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def outline_distance(one: Points, other: Points) -> float:
    """Return the distance of two convex outlines (H, 2), 0 where they meet."""
    if not _are_apart(one, other):
        return 0.0
    return min(_to_edges(one, other), _to_edges(other, one))


def _are_apart(one: Points, other: Points) -> bool:
    """Tell whether a line along an edge of either outline has the two on different sides."""
    for shape, rest in ((one, other), (other, one)):
        edges = np.roll(shape, -1, axis=0) - shape
        across = np.column_stack((edges[:, 1], -edges[:, 0]))  # points out of a counter-clockwise outline
        beyond = ((rest[None] - shape[:, None]) * across[:, None]).sum(axis=2)
        if np.any(np.all(beyond > 0.0, axis=1)):
            return True
    return False


def _to_edges(points: Points, outline: Points) -> float:
    nearest = np.inf
    for start, end in pairwise(np.vstack((outline, outline[:1]))):
        along = end - start
        length = float(along @ along) or 1.0
        share = np.clip((points - start) @ along / length, 0.0, 1.0)
        gaps = np.linalg.norm(points - start - share[:, None] * along, axis=1)
        nearest = min(nearest, float(gaps.min()))
    return nearest
