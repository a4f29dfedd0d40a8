# SPDX-License-Identifier: GPL-3.0-or-later
"""Fills a scene: copies of things put where they fit, in one collection that says how; taken out again by name."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import bpy
import numpy as np
from mathutils import Matrix, Quaternion, Vector

from ...core.arrays import Matrix4
from ...core.decode import from_json, to_json
from ...core.errors import SceneError, SpecError, cause
from ...core.populate import MAX_THINGS, PlacementSpec, check_placement
from ..categories import CategoryRules
from .bodies import Body, evaluated
from .drop import drop
from .ground import Ground, read_ground
from .placer import Found
from .sources import OWN, Pattern, Primitives, Source, copy_objects, patterns, primitive_patterns, things_of

NAME = "Populated"
PLACEMENT = "synthdata_placement"
"""The custom property of the collection of what was placed: how, as JSON."""
NUMBER, BASE = "synthdata_number", "synthdata_base"
"""Custom properties of a placed thing's root: its number, and its own rotation and scale before it was placed."""


@dataclass(frozen=True)
class Request:
    """What is to be placed, and how."""

    placement: PlacementSpec
    sources: tuple[Source, ...] = ()
    primitives: Primitives = field(default_factory=Primitives)


@dataclass(frozen=True)
class Report:
    """What came of it: things placed and asked for, and why the others were not, as sentences."""

    placed: int
    wanted: int
    reasons: tuple[str, ...] = ()


def populate(
    scene: bpy.types.Scene, layer: bpy.types.ViewLayer, request: Request, rules: CategoryRules
) -> Report:
    """Place things anew, in place of those placed before; what finds no place is reported.

    Raises:
        SpecError: a setting is out of range, or nothing is asked for.
        SceneError: a collection or object is missing or shows nothing, or nothing can be stood on. Nothing has changed.
    """
    check_placement(request.placement)
    _check_counts(request)
    chosen = [(source, things_of(source)) for source in request.sources if source.count]
    depsgraph = evaluated(scene, layer)
    ground = read_ground(scene, depsgraph, request.placement, set(placed_objects(scene)))
    rng = np.random.default_rng(np.random.SeedSequence(request.placement.seed))
    loose = primitive_patterns(request.primitives, rng)
    names = [obj.name for obj in loose]
    things = [*dict.fromkeys(thing for _, group in chosen for thing in group), *loose]
    try:
        with patterns(things, rules) as made:
            by_thing = dict(zip(things, made, strict=True))
            queue = [by_thing[thing] for thing in _queue(chosen, rng)] + [by_thing[thing] for thing in loose]
            clear(scene)
            return _fill(scene, request.placement, queue, ground)
    finally:
        for name in names:
            bpy.data.objects.remove(bpy.data.objects[name, None])
        _remove_unused()


def _check_counts(request: Request) -> None:
    total = sum(source.count for source in request.sources) + request.primitives.count
    if total == 0:
        raise SpecError(
            "spec.populate",
            "Nothing is asked for.",
            "Add a collection with a count, or ask for plain shapes.",
        )
    if total > MAX_THINGS:
        raise SpecError(
            "spec.populate",
            f"{total} things are more than the {MAX_THINGS} that are placed.",
            "Ask for fewer.",
        )
    if request.primitives.smallest > request.primitives.largest:
        raise SpecError(
            "spec.range",
            f"The least size {request.primitives.smallest:g} is above the greatest {request.primitives.largest:g}.",
            "Swap them.",
        )


def _queue(
    chosen: Sequence[tuple[Source, list[bpy.types.Object | bpy.types.Collection]]], rng: np.random.Generator
) -> list[bpy.types.Object | bpy.types.Collection]:
    """Return what to place, one after the other: a collection's things in turn, which ones first by chance."""
    queue = []
    for source, things in chosen:
        order = np.argsort(rng.random(len(things)), kind="stable")
        queue += [things[order[number % len(things)]] for number in range(source.count)]
    return queue


def _fill(
    scene: bpy.types.Scene, placement: PlacementSpec, queue: Sequence[Pattern], ground: Ground
) -> Report:
    placer = ground.placer(placement)
    # Large things first: they find room while there is some.
    order = sorted(range(len(queue)), key=lambda number: -_size(queue[number].body))
    found: list[tuple[int, Found]] = []
    for number in order:
        rng = np.random.default_rng(np.random.SeedSequence(placement.seed, spawn_key=(number,)))
        if (place := placer.place(queue[number].body, rng)) is not None:
            found.append((number, place))
    reasons = placer.reasons
    if placement.where == "DROP":
        found, fallen = _dropped(found, ground)
        reasons += fallen
    if found:
        _make(scene, placement, queue, sorted(found, key=lambda item: item[0]))
    missing = tuple(f"{count} x {reason}" for reason, count in reasons.most_common())
    return Report(len(found), len(queue), missing)


def _dropped(found: list[tuple[int, Found]], ground: Ground) -> tuple[list[tuple[int, Found]], Counter[str]]:
    if not found:
        return [], Counter()
    bottoms = [ground.regions[place.region].bottom for _, place in found]
    ends = drop([place for _, place in found], _below([place.body for _, place in found], ground), bottoms)
    rested = [
        (number, end.found) for (number, _), end in zip(found, ends, strict=True) if end.found is not None
    ]
    return rested, Counter(end.reason for end in ends if end.found is None)


def _below(bodies: Sequence[Body], ground: Ground) -> list[Body]:
    """Return what bodies can fall onto: the rest of a large scene has no part in it."""
    low = np.min([body.low for body in bodies], axis=0)
    high = np.max([body.high for body in bodies], axis=0)
    low[2] = min(region.bottom for region in ground.regions)
    room = 0.5 * np.max([body.high - body.low for body in bodies])
    return [
        solid
        for solid in ground.solids
        if np.all(solid.low <= high + room) and np.all(solid.high >= low - room)
    ]


def _size(body: Body) -> float:
    return round(float(np.linalg.norm(body.high - body.low)), 6)


def _make(
    scene: bpy.types.Scene,
    placement: PlacementSpec,
    queue: Sequence[Pattern],
    found: Sequence[tuple[int, Found]],
) -> None:
    collection = bpy.data.collections.new(NAME)
    collection[PLACEMENT] = json.dumps(to_json(placement))
    scene.collection.children.link(collection)
    for number, place in found:
        pattern = queue[number]
        copies = copy_objects([bpy.data.objects[name, None] for name in pattern.objects])
        for copy in copies:
            collection.objects.link(copy)
        root = copies[0]
        root[NUMBER] = number
        root[BASE] = [value for row in pattern.base for value in row]
        put(root, pattern.base, place.matrix)


def put(root: bpy.types.Object, base: Matrix, matrix: Matrix4) -> None:
    """Place a root: its own rotation and scale, then a (4, 4) rotation, even scale and move of the world."""
    location, rotation, scale = transform(base, matrix)
    root.location, root.rotation_quaternion, root.scale = location, rotation, scale


def transform(base: Matrix, matrix: Matrix4) -> tuple[Vector, Quaternion, Vector]:
    """Return the location, rotation and scale of a root under :func:`put`."""
    place, turn, grow = Matrix(matrix.tolist()).decompose()
    _, own, scale = base.decompose()
    return place, turn @ own, Vector(a * b for a, b in zip(scale, grow, strict=True))


def populated_collections(scene: bpy.types.Scene) -> list[bpy.types.Collection]:
    """Return the collections of a scene that hold what was placed."""
    return [item for item in scene.collection.children_recursive if PLACEMENT in item]


def placed_objects(scene: bpy.types.Scene) -> list[str]:
    """Return the full names of all placed objects of a scene."""
    return [str(obj.name_full) for item in populated_collections(scene) for obj in item.objects]


def placement_of(collection: bpy.types.Collection) -> PlacementSpec:
    """Return how the things of a collection were placed.

    Raises:
        SceneError: ``scene.placement``: the custom property was edited.
    """
    try:
        return from_json(PlacementSpec, json.loads(collection[PLACEMENT]), PLACEMENT)
    except (SpecError, ValueError, TypeError) as error:
        raise SceneError(
            "scene.placement",
            f"The collection '{collection.name}' does not say how its things were placed ({cause(error)}).",
            "Press Populate again.",
        ) from error


def clear(scene: bpy.types.Scene) -> int:
    """Remove what was placed in a scene, and the meshes and materials that were made for it; return how many things."""
    collections = populated_collections(scene)
    objects = [obj for item in collections for obj in item.objects if obj.library is None]
    count = sum(NUMBER in obj for obj in objects)
    bpy.data.batch_remove([*objects, *collections])
    _remove_unused()
    return count


def _remove_unused() -> None:
    for kind in (bpy.data.meshes, bpy.data.materials):
        bpy.data.batch_remove([item for item in kind if OWN in item and item.users == 0])
