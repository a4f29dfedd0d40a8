# SPDX-License-Identifier: GPL-3.0-or-later
"""Keypoints of labelled things: where they are in the evaluated scene, where in the picture, and whether they show.

A keypoint is an empty that says so, the head of a bone, or a group of vertices; the first of these that has its name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ..core.categories import Category
from ..core.records import KeypointRecord, SeenInstance
from .facts import object_by_full_name
from .sight import Part, Sight

PROPERTY = "keypoint"
"""Custom property of an empty or a bone that names the keypoint it is."""
DIGITS = 3
"""Thousandths of a pixel are written."""
Body: TypeAlias = tuple[Sequence[Part], Iterable[bpy.types.Object]]
"""The rendered parts of an instance, its body first, and further objects that belong to it."""
NOT_THERE = KeypointRecord(0.0, 0.0, 0)


class KeypointFinder:
    """Finds the keypoints of one evaluated frame. Holds references: make it once a frame."""

    def __init__(self, depsgraph: bpy.types.Depsgraph) -> None:
        self._depsgraph = depsgraph
        self._children: dict[str, list[bpy.types.Object]] = defaultdict(list)
        for obj in bpy.data.objects:
            if obj.parent is not None:
                self._children[obj.parent.name_full].append(obj)

    def positions(
        self, body: Sequence[Part], names: Iterable[str], group: Iterable[bpy.types.Object] = ()
    ) -> dict[str, Vector]:
        """Return the places of the keypoints that an instance has, world space, scene units.

        Looked for on the objects of its parts, on what is parented to them, on the armatures that move them and, for a
        collection that is one instance, on all objects of the collection. What is parented to them but has a category
        of its own keeps its keypoints for itself.

        Args:
            body: its rendered parts, the first being the one whose copy it is.
            names: of the keypoints.
            group: further objects that belong to it.
        """
        own = [object_by_full_name(part.name) for part in body]
        objects = list(dict.fromkeys([*own, *group]))
        armatures = list(dict.fromkeys(armature for obj in objects for armature in _armatures(obj)))
        wanted = set(names)
        found: dict[str, Vector] = {}
        for name, place in self._all_places([*objects, *armatures], objects, wanted):
            if name in wanted:
                found.setdefault(name, place)
        to_copy = Matrix(body[0].matrix_world) @ self._matrix(own[0]).inverted_safe()
        return {name: to_copy @ place for name, place in found.items()}

    def _all_places(
        self, roots: list[bpy.types.Object], objects: list[bpy.types.Object], wanted: set[str]
    ) -> Iterator[tuple[str, Vector]]:
        """Yield names and places, the ones that win first; names may be empty or not wanted."""
        for obj in self._family(roots):
            if obj.type == "EMPTY":
                named = str(obj.synthdata.keypoint).strip() or _text(obj)
                yield named, self._matrix(obj).translation.copy()
        bones = [bone for obj in roots if obj.type == "ARMATURE" for bone in self._bones(obj)]
        yield from ((named, place) for named, _, place in bones)
        yield from ((name, place) for _, name, place in bones)
        for obj in objects:
            yield from self._vertex_groups(obj, wanted)

    def _family(self, roots: list[bpy.types.Object]) -> Iterator[bpy.types.Object]:
        """Yield objects and what is parented to them, nearest first."""
        ways = list(roots)
        seen = set(ways)
        for obj in ways:
            yield obj
            for child in self._children[obj.name_full]:
                if child not in seen and not str(child.synthdata.category).strip():
                    seen.add(child)
                    ways.append(child)

    def _bones(self, armature: bpy.types.Object) -> Iterator[tuple[str, str, Vector]]:
        """Yield the keypoint that a bone's custom property names, the bone's own name and the place of its head."""
        matrix = self._matrix(armature)
        posed = armature.evaluated_get(self._depsgraph).pose.bones
        for bone in armature.pose.bones:
            yield _text(bone) or _text(bone.bone), bone.name, matrix @ posed[bone.name].head

    def _vertex_groups(self, obj: bpy.types.Object, wanted: set[str]) -> Iterator[tuple[str, Vector]]:
        """Yield vertex groups and the means of their vertices, by weight, as modifiers leave them."""
        names = {group.index: group.name for group in obj.vertex_groups if group.name in wanted}
        evaluated = obj.evaluated_get(self._depsgraph)
        if not names or evaluated.type != "MESH":
            return
        sums = {index: np.zeros(4) for index in names}
        for vertex in evaluated.data.vertices:
            for member in vertex.groups:
                if member.group in sums:
                    sums[member.group] += np.array((*vertex.co, 1.0)) * member.weight
        for index, (*place, weight) in sums.items():
            if weight > 0.0:
                yield names[index], self._matrix(obj) @ (Vector(place) / weight)

    def _matrix(self, obj: bpy.types.Object) -> Matrix:
        """Return where an object is; one that is hidden in the viewport is not evaluated and follows its parent."""
        evaluated = obj.evaluated_get(self._depsgraph)
        if evaluated.is_evaluated or obj.parent is None:
            return evaluated.matrix_world.copy()
        parent = self._matrix(obj.parent)
        if obj.parent_type == "BONE":
            bone = obj.parent.evaluated_get(self._depsgraph).pose.bones[obj.parent_bone]
            parent = parent @ bone.matrix @ Matrix.Translation((0.0, bone.length, 0.0))
        return parent @ obj.matrix_parent_inverse @ obj.matrix_basis


def with_keypoints(
    seen: Iterable[SeenInstance],
    bodies: Iterable[Body],
    categories: Iterable[Category],
    sight: Sight,
) -> tuple[SeenInstance, ...]:
    """Return the records of a view's instances with their keypoints; costs nothing where no category has any.

    Args:
        seen: the records.
        bodies: in the same order, the parts of each instance and what else belongs to it.
        categories: all of the job.
        sight: of the view.
    """
    names = {category.id: category.keypoints for category in categories if category.keypoints}
    if not names:
        return tuple(seen)
    finder = KeypointFinder(sight.depsgraph)
    return tuple(
        replace(item, keypoints=view_keypoints(finder.positions(parts, wanted, group), wanted, parts, sight))
        if (wanted := names.get(item.category_id, ()))
        else item
        for item, (parts, group) in zip(seen, bodies, strict=True)
    )


def view_keypoints(
    positions: dict[str, Vector], names: Iterable[str], body: Sequence[Part], sight: Sight
) -> tuple[KeypointRecord, ...]:
    """Return an instance's keypoints in the picture, in the order of ``names``.

    Args:
        positions: of :meth:`KeypointFinder.positions`.
        names: the category's keypoints.
        body: the instance's rendered parts.
        sight: the view's.

    Returns:
        ``v`` 0 for one that the instance does not have or that is outside of the picture, 1 for one that something
        hides, 2 for one in sight.
    """
    return tuple(_record(positions[name], body, sight) if name in positions else NOT_THERE for name in names)


def _record(place: Vector, body: Sequence[Part], sight: Sight) -> KeypointRecord:
    pixel = sight.pixel(place)
    if pixel is None:
        return NOT_THERE
    x, y = (round(value, DIGITS) for value in pixel)
    return KeypointRecord(x, y, 2 if sight.sees(place, body) else 1)


def _armatures(obj: bpy.types.Object) -> Iterator[bpy.types.Object]:
    """Yield the armatures that move an object, and itself if it is one."""
    modified = [modifier.object for modifier in obj.modifiers if modifier.type == "ARMATURE"]
    for candidate in (obj, obj.parent, *modified):
        if candidate is not None and candidate.type == "ARMATURE":
            yield candidate


def _text(owner: bpy.types.bpy_struct) -> str:
    value = owner.get(PROPERTY)
    return value.strip() if isinstance(value, str) else ""
