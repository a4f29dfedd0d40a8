# SPDX-License-Identifier: GPL-3.0-or-later
"""Is a camera where a camera can be? Ray casts, before a render is spent."""

from __future__ import annotations

from collections import Counter
from itertools import product

import bpy
from mathutils import Matrix, Vector

DIRECTIONS = tuple(Vector(d).normalized() for d in product((-1, 0, 1), repeat=3) if any(d))
INSIDE_SHARE = 0.5


def blocking_object(
    scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph, camera: Vector, target: Vector
) -> str | None:
    """Return the name of an object that the camera is inside of and the target is not, or None.

    A point is inside of a surface when most rays from it (26 directions) meet the back of that surface first. A box
    that holds camera and target both is a room, not an obstacle.

    Args:
        scene: whose objects may be in the way.
        depsgraph: the scene, evaluated.
        camera: the camera's place, world space.
        target: the point it looks at, world space.
    """
    backs: Counter[str] = Counter()
    met: dict[str, tuple[bpy.types.Object, Matrix]] = {}
    for direction in DIRECTIONS:
        hit, _, normal, _, obj, matrix = scene.ray_cast(depsgraph, camera, direction)
        if hit and normal.dot(direction) > 0.0 and not obj.hide_render:
            backs[obj.name_full] += 1
            met[obj.name_full] = obj, matrix.copy()
    around = sorted(name for name, count in backs.items() if count >= INSIDE_SHARE * len(DIRECTIONS))
    return next((name for name in around if not _is_inside(*met[name], depsgraph, target)), None)


def _is_inside(obj: bpy.types.Object, matrix: Matrix, depsgraph: bpy.types.Depsgraph, point: Vector) -> bool:
    """Tell whether a point is inside of this one object, whatever else is there."""
    evaluated = obj.evaluated_get(depsgraph)
    if evaluated.type != "MESH":
        return False
    to_local = matrix.inverted_safe()
    local = to_local @ point
    backs = 0
    for direction in DIRECTIONS:
        ray = (to_local.to_3x3() @ direction).normalized()
        hit, _, normal, _ = evaluated.ray_cast(local, ray, depsgraph=depsgraph)
        backs += bool(hit and normal.dot(ray) > 0.0)
    return backs >= INSIDE_SHARE * len(DIRECTIONS)
