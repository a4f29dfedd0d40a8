# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets things fall by Blender's rigid bodies, in a scene of our own that is removed again; the user's has no part.

Only transforms come back. A thing falls as its convex hull; afterwards it is let down onto what is below its mesh.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product

import bpy
import numpy as np
from mathutils import Matrix

from ...core.arrays import Matrix4
from .bodies import Body, Points
from .placer import Found
from .space import meets
from .surfaces import GAP

NAME = "SynthData Drop"
FRAMES = 120
COARSE, FINE = 96, 600
"""Directions in which a thing's corners are kept, and in which they are compared with all of it."""
MOST_SWELL = 1.08
MARGIN = 0.002
"""Bullet's collision margin, inside of the hull: without one, things that touch never come to rest."""
STILL_FRAMES = 12
STILL = 2e-5
"""What moves less than this from frame to frame, scene units, has come to rest."""
LIFTS = (0.0, 0.0002, 0.0005, 0.0008)
"""How far a thing is lifted out of what it sank into; Bullet's contacts are soft."""
SINK = 0.02
"""How far below its support a thing's lowest corner may be before it counts as fallen off."""


@dataclass(frozen=True)
class Dropped:
    """Where a thing came to rest, or why it is not kept ("")."""

    found: Found | None
    reason: str = ""


def drop(things: Sequence[Found], solids: Sequence[Body], bottoms: Sequence[float]) -> list[Dropped]:
    """Let things fall from where they are until they rest; return what became of each.

    Args:
        things: what falls, with the places it falls from.
        solids: what it falls onto.
        bottoms: for each thing, the height of its support; what ends below it fell off.
    """
    rested = [
        Found(turn @ thing.matrix, thing.body.moved(turn), thing.region)
        for thing, turn in zip(things, _simulate(things, solids), strict=True)
    ]
    settled: list[Body] = []
    kept: dict[int, Dropped] = {}
    for number in sorted(range(len(rested)), key=lambda item: float(rested[item].body.low[2])):
        if float(rested[number].body.low[2]) < bottoms[number] - SINK:
            kept[number] = Dropped(None, "it fell off")
            continue
        kept[number] = _let_down(rested[number], [*solids, *settled])
        found = kept[number].found
        if found is not None:
            settled.append(found.body)
    return [kept[number] for number in range(len(rested))]


def _let_down(found: Found, below: Sequence[Body]) -> Dropped:
    """Lift a thing out of what it sank into, or lower it onto what is below it."""
    near = [body for body in below if _over(found.body, body)]
    for lift in LIFTS:
        moved = _shifted(found, lift)
        if any(meets(moved.body, body) for body in near):
            continue
        gap = _gap_below(moved.body, near)
        if gap > GAP:
            lowered = _shifted(moved, GAP - gap)
            if not any(meets(lowered.body, body) for body in near):
                return Dropped(lowered)
        return Dropped(moved)
    return Dropped(None, "it did not come free of what it fell onto")


def _over(body: Body, other: Body) -> bool:
    low, high = body.low - 0.01, body.high + 0.01
    return bool(
        np.all(other.low[:2] <= high[:2]) and np.all(other.high[:2] >= low[:2]) and other.low[2] <= high[2]
    )


def _shifted(found: Found, lift: float) -> Found:
    up = np.eye(4)
    up[2, 3] = lift
    return Found(up @ found.matrix, found.body.moved(up), found.region)


def _gap_below(body: Body, below: Sequence[Body]) -> float:
    """Return how far a body can be lowered: the least of the vertical ways from its corners down and to it from below.

    0 where nothing is below it.
    """
    gaps = []
    for other in below:
        for corner in body.vertices:
            place, *_ = other.tree.ray_cast(corner, (0.0, 0.0, -1.0))
            if place is not None:
                gaps.append(float(corner[2] - place.z))
        points = other.vertices
        under = np.all((points[:, :2] >= body.low[:2]) & (points[:, :2] <= body.high[:2]), axis=1)
        for corner in points[under & (points[:, 2] <= body.high[2])]:
            place, *_ = body.tree.ray_cast(corner, (0.0, 0.0, 1.0))
            if place is not None:
                gaps.append(float(place.z - corner[2]))
    return min(gaps, default=0.0)


def _simulate(things: Sequence[Found], solids: Sequence[Body]) -> list[Matrix4]:
    """Return, for each thing, the (4, 4) rigid move from its start to where it rests."""
    with _world() as scene:
        for number, solid in enumerate(solids):
            _add_body(scene, f"{NAME} Solid {number}", solid, np.zeros(3), active=False)
        middles = [(thing.body.low + thing.body.high) / 2 for thing in things]
        names = [
            _add_body(scene, f"{NAME} {number}", _rounded_off(thing.body, middle), middle, active=True)
            for number, (thing, middle) in enumerate(zip(things, middles, strict=True))
        ]
        ends = _run(scene, names)
    moves = []
    for end, middle in zip(ends, middles, strict=True):
        back = np.eye(4)
        back[:3, 3] = -middle
        moves.append(end @ back)
    return moves


def _rounded_off(body: Body, middle: Points) -> Body:
    """Return the corners of a body that matter for how it falls: Bullet's effort grows with their number.

    They are swollen until they enclose the rest, so that things that come to rest side by side do not meet.
    """
    points = body.vertices - middle
    ways = _directions(COARSE)
    chosen = points[np.unique((points @ ways.T).argmax(axis=0))]
    fine = _directions(FINE)
    swell = float(((points @ fine.T).max(axis=0) / (chosen @ fine.T).max(axis=0)).max())
    fan = [(0, side, side + 1) for side in range(1, len(chosen) - 1)]
    return Body(middle + chosen * min(swell + 0.002, MOST_SWELL), np.array(fan, dtype=np.int32))


def _directions(count: int) -> Points:
    """Return unit vectors (count + 26, 3): a Fibonacci lattice, and the axes and diagonals, along which corners lie."""
    number = np.arange(count)
    z = 1.0 - (2.0 * number + 1.0) / count
    around, flat = number * np.pi * (3.0 - np.sqrt(5.0)), np.sqrt(1.0 - z * z)
    lattice = np.column_stack((flat * np.cos(around), flat * np.sin(around), z))
    steps = np.array(list(product((-1.0, 0.0, 1.0), repeat=3)))
    steps = steps[np.any(steps != 0.0, axis=1)]
    return np.vstack((lattice, steps / np.linalg.norm(steps, axis=1, keepdims=True)))


@contextmanager
def _world() -> Iterator[bpy.types.Scene]:
    """Give a scene with rigid bodies of its own, and remove every trace of it."""
    scene = bpy.data.scenes.new(NAME)
    name = scene.name
    bodies = bpy.data.collections.new(NAME)
    group = bodies.name
    try:
        scene.use_gravity, scene.gravity = True, (0.0, 0.0, -9.81)
        scene.render.fps, scene.render.fps_base = 24, 1.0
        with _in_scene(scene):
            bpy.ops.rigidbody.world_add()
        world = scene.rigidbody_world
        world.collection = bodies
        world.substeps_per_frame, world.solver_iterations = 10, 12
        world.point_cache.frame_start, world.point_cache.frame_end = 1, FRAMES + 1
        yield scene
    finally:
        _remove(name, group)


@contextmanager
def _in_scene(scene: bpy.types.Scene, **more: object) -> Iterator[None]:
    with bpy.context.temp_override(scene=scene, view_layer=scene.view_layers[0], **more):
        yield


def _remove(name: str, group: str) -> None:
    scene = bpy.data.scenes[name]
    meshes = [obj.data for obj in scene.objects]
    with _in_scene(scene):
        if scene.rigidbody_world is not None:
            bpy.ops.rigidbody.world_remove()
    for mesh in meshes:
        bpy.data.meshes.remove(mesh)  # takes the object with it
    bpy.data.batch_remove([bpy.data.scenes[name], bpy.data.collections[group]])


def _add_body(scene: bpy.types.Scene, name: str, body: Body, middle: Points, *, active: bool) -> str:
    """Add a body with its centre of mass in ``middle``; return the object's name."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata((body.vertices - middle).tolist(), [], body.triangles.tolist())
    obj = bpy.data.objects.new(name, mesh)
    obj.location = middle
    scene.collection.objects.link(obj)
    scene.rigidbody_world.collection.objects.link(obj)
    if obj.rigid_body is None:
        with _in_scene(scene, object=obj, active_object=obj, selected_objects=[obj]):
            bpy.ops.rigidbody.object_add()
    physics = obj.rigid_body
    physics.type = "ACTIVE" if active else "PASSIVE"
    physics.collision_shape = "CONVEX_HULL" if active else "MESH"
    smallest = float((body.high - body.low).min())
    physics.use_margin = True
    physics.collision_margin = min(MARGIN, 0.05 * smallest) if active else 0.0
    physics.friction, physics.restitution = 0.7, 0.0
    physics.linear_damping, physics.angular_damping = 0.2, 0.9
    # What hardly moves goes to sleep, so that the end comes soon.
    physics.use_deactivation = True
    physics.deactivate_linear_velocity, physics.deactivate_angular_velocity = 0.05, 0.2
    return str(obj.name)


def _run(scene: bpy.types.Scene, names: Sequence[str]) -> list[Matrix4]:
    """Step until nothing moves any more, or the time is up; return where everything is."""
    places = [np.eye(4) for _ in names]
    still = 0
    for frame in range(1, FRAMES + 1):
        scene.frame_set(frame)
        with _in_scene(scene):
            depsgraph = bpy.context.evaluated_depsgraph_get()
        now = [_matrix(scene.objects[name].evaluated_get(depsgraph).matrix_world) for name in names]
        moved = max((float(np.abs(a - b).max()) for a, b in zip(now, places, strict=True)), default=0.0)
        still = still + 1 if moved < STILL and frame > 2 else 0
        places = now
        if still >= STILL_FRAMES:
            break
    return places


def _matrix(matrix: Matrix) -> Matrix4:
    return np.array(matrix, dtype=np.float64)
