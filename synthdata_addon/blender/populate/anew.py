# SPDX-License-Identifier: GPL-3.0-or-later
"""What *Populate* placed, placed anew for other views: transforms alone change, and all of them are put back.

Where things go depends on the job's seed and the view's number only: the scene is read once, as the user left it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Matrix

from ...core.errors import SceneError
from ...core.populate import PlacementSpec
from ...core.seeds import Purpose, generator
from ..job_scene import JobScene
from ..vary.changes import Changes
from .bodies import Body, joined, shown_bodies
from .ground import Ground, read_ground
from .population import BASE, NUMBER, placement_of, populated_collections, transform


@dataclass(frozen=True)
class _Thing:
    """A placed thing: the names of its objects, the root first, and its shape about the root's origin."""

    objects: tuple[str, ...]
    base: Matrix
    body: Body


class PlacedAnew:
    """Places things for one view after the other; :meth:`close` puts them back, :meth:`place` can follow again."""

    def __init__(self, job_scene: JobScene, frame: int) -> None:
        """Find out how the things were placed.

        Args:
            job_scene: of the job.
            frame: in which the scene is read, the user's own.

        Raises:
            SceneError: ``scene.not_populated``, ``scene.dropped`` or ``scene.placement``: they cannot be placed anew.
        """
        self._job_scene = job_scene
        self._frame = frame
        self._every = job_scene.spec.populate.every
        self.changes = Changes()
        self._group = -1
        self._things: tuple[_Thing, ...] = ()
        self._ground: Ground | None = None
        self.left_out = 0
        """How many things found no place in the view at hand and are hidden."""
        if self._every:
            self._placement = _placement(bpy.data.scenes[job_scene.source])

    @property
    def use(self) -> bool:
        """Whether the job places anything anew."""
        return self._every > 0

    def place(self, view: int) -> bool:
        """Put things where a view has them; return whether any may have moved since the view before."""
        if not self.use or view // self._every == self._group:
            return False
        ground = self._ground or self._read()
        self._group = view // self._every
        placer = ground.placer(self._placement)
        seed, self.left_out = self._job_scene.spec.seed, 0
        for number, thing in enumerate(self._things):
            found = placer.place(thing.body, generator(seed, self._group, Purpose.POPULATE, number))
            self.left_out += found is None
            self._move(thing, None if found is None else found.matrix)
        return True

    def close(self) -> None:
        """Put everything back where the user had it. Safe to call at any time, twice."""
        self.changes.put_back()
        self._group = -1

    def _read(self) -> Ground:
        """Read the scene as the user left it."""
        scene = self._job_scene.ensure()
        self._job_scene.set_frame(scene, self._frame)
        depsgraph = self._job_scene.depsgraph()
        collection = populated_collections(scene)[0]
        bodies = shown_bodies(depsgraph, lambda _: True)
        groups = _groups(collection.objects)
        things = [_thing(root, members, bodies) for root, members in groups]
        # Large things first, as when they were placed.
        found = sorted((thing for thing in things if thing is not None), key=_size, reverse=True)
        self._things = tuple(found)
        leave_out = {str(obj.name_full) for obj in collection.objects}
        self._ground = read_ground(scene, depsgraph, self._placement, leave_out)
        return self._ground

    def _move(self, thing: _Thing, matrix: np.ndarray | None) -> None:
        objects = [bpy.data.objects.get((name, None)) for name in thing.objects]
        for obj in objects:
            if obj is not None:
                self.changes.set(obj, "hide_render", matrix is None)
        root = objects[0]
        if root is None or matrix is None:
            return
        location, rotation, scale = transform(thing.base, matrix)
        for path, value in (("location", location), ("rotation_quaternion", rotation), ("scale", scale)):
            self.changes.set(root, path, tuple(value))


def _placement(scene: bpy.types.Scene) -> PlacementSpec:
    collections = populated_collections(scene)
    if not collections:
        raise SceneError(
            "scene.not_populated",
            f"Nothing was placed in '{scene.name}' that could be placed anew.",
            "Press Populate first, or set Anew Every to 0.",
        )
    placement = placement_of(collections[0])
    if placement.where == "DROP":
        raise SceneError(
            "scene.dropped",
            "Dropped things are not placed anew for each view: letting them fall takes too long.",
            "Place them on surfaces or in a box, or set Anew Every to 0.",
        )
    return placement


def _groups(objects: Sequence[bpy.types.Object]) -> list[tuple[bpy.types.Object, list[bpy.types.Object]]]:
    """Return each root with what it carries, in the order in which they were placed."""
    roots = sorted((obj for obj in objects if NUMBER in obj), key=lambda obj: int(obj[NUMBER]))
    inside = set(objects)
    return [
        (root, [root, *(child for child in root.children_recursive if child in inside)]) for root in roots
    ]


def _thing(
    root: bpy.types.Object, members: Sequence[bpy.types.Object], bodies: dict[str, Body]
) -> _Thing | None:
    body = joined(bodies[obj.name_full] for obj in members if obj.name_full in bodies)
    if body is None or root.rotation_mode != "QUATERNION":
        return None
    base = Matrix([root[BASE][4 * row : 4 * row + 4] for row in range(4)])
    back = np.array(base @ root.matrix_world.inverted(), dtype=np.float64)
    return _Thing(tuple(str(obj.name) for obj in members), base, body.moved(back))


def _size(thing: _Thing) -> float:
    return round(float(np.linalg.norm(thing.body.high - thing.body.low)), 5)
