# SPDX-License-Identifier: GPL-3.0-or-later
"""From what a render shows to labelled things: which parts make one instance, its category, its id, how to find it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import bpy
import numpy as np

from ..core.arrays import Matrix4
from ..core.categories import Category, number_categories
from ..core.errors import SceneError
from ..core.records import InstanceRecord, PixelKey, SeenInstance
from ..core.spec import LabelsSpec
from .categories import CategoryRules
from .scan import RENDERED_TYPES, Rendered

MAX_INDEX = 32767
"""Blender clamps ``Object.pass_index`` at this value without a word."""
MAX_INSTANCES = 65535
"""What a 16-bit instance mask can hold."""


@dataclass(frozen=True, order=True)
class ThingKey:
    """What stays the same of a thing from frame to frame and from run to run."""

    name: str
    parent: str = ""
    persistent_id: tuple[int, ...] = ()
    material: str = ""
    is_group: bool = False
    """Whether the name is a collection's."""


@dataclass(frozen=True)
class Thing:
    """One labelled instance of a frame: the rendered parts it is made of, the first one being its body."""

    key: ThingKey
    category: str
    parts: tuple[Rendered, ...]

    @property
    def matrix_world(self) -> Matrix4:
        """(4, 4) float64: the axes of its first part, in world space."""
        return np.array(self.parts[0].matrix_world)

    def corners(self) -> np.ndarray:
        """Return the (N, 3) corners of its parts' boxes, world space."""
        found = [_corners(part) for part in self.parts if part.box]
        return np.concatenate(found) if found else np.zeros((0, 3))


def find_things(rendered: Iterable[Rendered], rules: CategoryRules, labels: LabelsSpec) -> tuple[Thing, ...]:
    """Return the labelled things of a frame, in the order of their keys.

    A copy that instancing makes is an instance of its own where the object it copies has a category. Copies of objects
    without one belong to the object that makes them (the leaves of a tree to the tree). A collection whose grouping is
    "whole" is one instance, once a copy.

    Raises:
        SceneError: ``scene.two_categories``.
    """
    grouped: dict[ThingKey, list[Rendered]] = {}
    for part in rendered:
        if not part.parent and not part.box:
            continue  # nothing but instances comes out of its modifiers
        key = _key(part, rules)
        if labels.segment_by == "MATERIAL" and part.materials:
            for material in dict.fromkeys(part.materials):
                own = material if rules.material_category(material) else ""
                grouped.setdefault(replace(key, material=own), []).append(part)
        else:
            grouped.setdefault(key, []).append(part)
    things = []
    for key, parts in sorted(grouped.items()):
        category = _category(key, parts, rules)
        if category:
            things.append(Thing(key, category, _body_first(key, parts)))
    return tuple(things)


def _key(part: Rendered, rules: CategoryRules) -> ThingKey:
    obj = rules.object(part.name)
    group = rules.grouping_of(obj)
    if not part.parent:
        return ThingKey(group or part.name, is_group=bool(group))
    parent = rules.object(part.parent)
    outer = rules.grouping_of(parent)
    if outer:
        return ThingKey(outer, is_group=True)
    if group:
        return ThingKey(group, part.parent, part.persistent_id[1:], is_group=True)
    if not rules.category_of(obj) and rules.category_of(parent):
        return ThingKey(part.parent)
    return ThingKey(part.name, part.parent, part.persistent_id)


def _category(key: ThingKey, parts: list[Rendered], rules: CategoryRules) -> str:
    if key.material:
        return rules.material_category(key.material)
    if not key.is_group:
        return rules.category_of(rules.object(key.name))
    own = rules.category_of_collection(key.name)
    if own:
        return own
    found = sorted({rules.category_of(rules.object(part.name)) for part in parts} - {""})
    if len(found) > 1:
        raise SceneError(
            "scene.two_categories",
            f"The collection '{key.name}' is one instance, but holds the categories {_listed(found)}.",
            "Give the collection a category.",
        )
    return found[0] if found else ""


def _body_first(key: ThingKey, parts: list[Rendered]) -> tuple[Rendered, ...]:
    """Put the object that gives a thing its name before what belongs to it; the rest keeps Blender's order."""
    unique = dict.fromkeys(parts)
    return tuple(sorted(unique, key=lambda part: (part.name != key.name, bool(part.parent))))


class Labelling:
    """The job's numbering: categories, instances and the pass indices that tell them apart."""

    def __init__(self, labels: LabelsSpec, frames: Iterable[tuple[Thing, ...]]) -> None:
        """Number everything that the frames of a job show, by name, so that equal scenes give equal ids.

        Raises:
            SceneError: ``scene.too_many_instances``.
        """
        things: dict[ThingKey, str] = {}
        objects: set[str] = set()
        materials: set[str] = set()
        for frame in frames:
            for thing in frame:
                things.setdefault(thing.key, thing.category)
                objects.update(part.name for part in thing.parts)
                materials.add(thing.key.material)
        self.categories: tuple[Category, ...] = number_categories(things.values(), labels.categories)
        ids = {category.name: category.id for category in self.categories}
        self.indices = {name: number for number, name in enumerate(sorted(objects), start=1)}
        self.materials = {name: number for number, name in enumerate(sorted(materials - {""}), start=1)}
        _check_count("labelled objects", len(self.indices), MAX_INDEX)
        _check_count("instances", len(things), MAX_INSTANCES)
        self._ids = {key: number for number, key in enumerate(sorted(things), start=1)}
        self.instances = tuple(
            InstanceRecord(
                id=number,
                name=f"{key.name} / {key.material}" if key.material else key.name,
                category_id=ids[things[key]],
                parent=key.parent,
                persistent_id=key.persistent_id,
            )
            for key, number in self._ids.items()
        )
        self._category_ids = {number.id: number.category_id for number in self.instances}

    def seen(self, things: Iterable[Thing]) -> tuple[SeenInstance, ...]:
        """Return the records of one view's things, without keypoints and visibility."""
        return tuple(
            SeenInstance(
                id=self._ids[thing.key],
                category_id=self._category_ids[self._ids[thing.key]],
                keys=tuple(dict.fromkeys(self._pixel_key(thing.key, part) for part in thing.parts)),
                matrix_world=thing.parts[0].matrix_world,
                box=own_box(thing),
            )
            for thing in things
        )

    def id_of(self, thing: Thing) -> int:
        """Return a thing's id."""
        return self._ids[thing.key]

    def _pixel_key(self, key: ThingKey, part: Rendered) -> PixelKey:
        return PixelKey(
            index=self.indices[part.name],
            random=part.random,
            material=self.materials.get(key.material, 0),
            name=part.own_name,
        )


def own_box(thing: Thing) -> tuple[float, ...]:
    """Return the box of all parts in the axes of the first: lowest and highest corner; empty without extent."""
    if len(thing.parts) == 1:
        return thing.parts[0].box
    corners = thing.corners()
    if len(corners) == 0:
        return ()
    local = np.c_[corners, np.ones(len(corners))] @ np.linalg.pinv(thing.matrix_world).T
    return (*map(float, local[:, :3].min(axis=0)), *map(float, local[:, :3].max(axis=0)))


def twins(seen: Iterable[SeenInstance]) -> Iterator[tuple[SeenInstance, SeenInstance]]:
    """Yield pairs of instances that the passes cannot tell apart: their random numbers are equal in 32 bits."""
    owners: dict[tuple[int, float | None, int], SeenInstance] = {}
    for instance in seen:
        for key in instance.keys:
            first = owners.setdefault((key.index, key.random, key.material), instance)
            if first.id != instance.id:
                yield first, instance


def is_labelled(name: str, parent: str, rules: CategoryRules, labels: LabelsSpec) -> bool:
    """Tell whether an object (or the copies of it that ``parent`` makes) can be part of a labelled thing."""
    objects = [rules.object(item) for item in (name, parent) if item]
    return labels.segment_by == "MATERIAL" or any(
        rules.grouping_of(obj) or rules.category_of(obj) for obj in objects
    )


def unseen_objects(layer: bpy.types.ViewLayer, names: set[str], rules: CategoryRules) -> tuple[str, ...]:
    """Return the objects of the scene that have a category but are not among those that render."""
    # Metaballs of one family (Ball, Ball.001) are one surface, that of the first.
    balls = {name.partition(".")[0] for name in names if rules.object(name).type == "META"}
    return tuple(
        sorted(
            obj.name_full
            for obj in layer.id_data.objects
            if obj.type in RENDERED_TYPES
            and obj.name_full not in names
            and not (obj.type == "META" and obj.name.partition(".")[0] in balls)
            and rules.category_of(obj)
        )
    )


def _corners(part: Rendered) -> np.ndarray:
    low, high = np.array(part.box[:3]), np.array(part.box[3:])
    picks = np.array([[(i >> axis) & 1 for axis in range(3)] for i in range(8)])
    local = np.where(picks, high, low)
    matrix = np.array(part.matrix_world)
    return np.asarray(local @ matrix[:3, :3].T + matrix[:3, 3])


def _check_count(what: str, count: int, most: int) -> None:
    if count > most:
        raise SceneError(
            "scene.too_many_instances",
            f"The scene has {count} {what}, and {most} can be told apart.",
            "Label fewer, or put some in a collection that is one instance.",
        )


def _listed(names: list[str]) -> str:
    return " and ".join(f"'{name}'" for name in names)
