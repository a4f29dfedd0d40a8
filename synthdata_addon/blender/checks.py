# SPDX-License-Identifier: GPL-3.0-or-later
"""Is a camera where a camera can be? Ray casts, before a render is spent."""

from __future__ import annotations

from collections import Counter

from mathutils import Vector

from .rays import DIRECTIONS, FAR, Hit, Rays, hits

INSIDE_SHARE = 0.5


def blocking_object(rays: Rays, camera: Vector, target: Vector, thing: int = -1) -> str | None:
    """Return the name of an object that the camera is inside of and the target is not, or None.

    A point is inside of a surface when most rays from it (26 directions) meet the back of that surface first. A box
    that holds camera and target both is a room, not an obstacle, unless it is what is looked at.

    Args:
        rays: the scene.
        camera: the camera's place, world space.
        target: the point it looks at, world space.
        thing: number of the labelled thing that it looks at, -1 for none.
    """
    if not _may_be_inside(rays, camera, target, thing):
        return None
    backs: Counter[object] = Counter()
    met: dict[object, Hit] = {}
    for done, direction in enumerate(DIRECTIONS, start=1):
        hit = rays.cast(camera, direction)
        if hit is not None and hit.back:
            backs[hit.owner] += 1
            met[hit.owner] = hit
        if done - sum(backs.values()) > (1.0 - INSIDE_SHARE) * len(DIRECTIONS):
            return None
    around = [met[owner] for owner, count in backs.items() if count >= INSIDE_SHARE * len(DIRECTIONS)]
    for hit in sorted(around, key=lambda item: item.name):
        if 0 <= thing == hit.thing or not _is_inside(rays, hit.owner, target):
            return hit.name
    return None


def _may_be_inside(rays: Rays, camera: Vector, target: Vector, thing: int) -> bool:
    """Tell, mostly by one ray, whether the 26 are worth while.

    On the way to the target, who is inside of a closed surface leaves it once more often than it enters it.
    """
    way = target - camera
    if way.length < 1e-9:
        return True
    direction = way.normalized()
    left: Counter[object] = Counter()
    for hit in hits(rays, camera, direction, way.length):
        left[hit.owner] += 1 if hit.back else -1
    if any(count > 0 for count in left.values()):
        return True
    if thing < 0:
        return False
    first = rays.cast(camera, direction)
    return first is not None and first.back and first.thing == thing


def _is_inside(rays: Rays, owner: object, point: Vector) -> bool:
    """Tell whether a point is inside of this one object, whatever else is there."""
    backs = 0
    for direction in DIRECTIONS:
        own = next((hit for hit in hits(rays, point, direction, FAR) if hit.owner == owner), None)
        backs += own is not None and own.back
    return backs >= INSIDE_SHARE * len(DIRECTIONS)
