# SPDX-License-Identifier: GPL-3.0-or-later
"""Independent looks at where things are, without the add-on's code: vertices, trees to overlap, gaps, distances."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

import bpy
import numpy as np
from mathutils import Vector
from mathutils.bvhtree import BVHTree


def vertices(obj: bpy.types.Object) -> np.ndarray:
    """World-space vertices (N, 3) of a mesh object without modifiers."""
    flat = np.empty(3 * len(obj.data.vertices), dtype=np.float32)
    obj.data.vertices.foreach_get("co", flat)
    matrix = np.array(obj.matrix_world)
    return flat.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]


def tree(obj: bpy.types.Object) -> BVHTree:
    """The triangles of a mesh object in world space, as they render."""
    obj.data.calc_loop_triangles()
    triangles = [tuple(triangle.vertices) for triangle in obj.data.loop_triangles]
    return BVHTree.FromPolygons(vertices(obj).tolist(), triangles, all_triangles=True)


def boxes_touch(one: np.ndarray, other: np.ndarray, gap: float = 0.0) -> bool:
    """Whether the boxes of two point sets are nearer than a gap."""
    return bool(np.all(one.min(0) <= other.max(0) + gap) and np.all(other.min(0) <= one.max(0) + gap))


def close_pairs(
    objects: Iterable[bpy.types.Object], gap: float = 0.0
) -> Iterator[tuple[bpy.types.Object, bpy.types.Object]]:
    """All pairs whose boxes are near."""
    objects = list(objects)
    points = [vertices(obj) for obj in objects]
    low = np.array([p.min(0) for p in points])
    high = np.array([p.max(0) for p in points])
    for i, j in combinations(range(len(objects)), 2):
        if np.all(low[i] <= high[j] + gap) and np.all(low[j] <= high[i] + gap):
            yield objects[i], objects[j]


def meeting(objects: Iterable[bpy.types.Object], skip=lambda one, other: False) -> list[tuple[str, str]]:
    """Names of the pairs whose surfaces meet."""
    trees: dict[str, BVHTree] = {}
    found = []
    for one, other in close_pairs(objects):
        if skip(one, other):
            continue
        for obj in (one, other):
            trees.setdefault(obj.name, tree(obj))
        if trees[one.name].overlap(trees[other.name]):
            found.append((one.name, other.name))
    return found


def gap_below(obj: bpy.types.Object, others: Iterable[bpy.types.Object]) -> float:
    """The least way that the object can fall, by rays from its vertices down and from the others' vertices up to it."""
    own_points, own = vertices(obj), tree(obj)
    gaps = [np.inf]
    for other in others:
        points = vertices(other)
        if not boxes_touch(own_points[:, :2], points[:, :2]):
            continue
        below = tree(other)
        for point in own_points:
            hit, *_ = below.ray_cast(Vector(point), Vector((0, 0, -1)))
            if hit is not None:
                gaps.append(point[2] - hit.z)
        under = np.all(
            (points[:, :2] > own_points[:, :2].min(0)) & (points[:, :2] < own_points[:, :2].max(0)), axis=1
        )
        for point in points[under]:
            hit, *_ = own.ray_cast(Vector(point), Vector((0, 0, 1)))
            if hit is not None:
                gaps.append(hit.z - point[2])
    return float(min(gaps))


def distance(one: bpy.types.Object, other: bpy.types.Object) -> float:
    """The least distance from a vertex of either to the surface of the other."""
    gaps = []
    for points, surface in ((vertices(one), tree(other)), (vertices(other), tree(one))):
        gaps += [surface.find_nearest(Vector(point))[3] for point in points]
    return min(gaps)
