# SPDX-License-Identifier: GPL-3.0-or-later
"""What is placed: objects and whole collections of the user's, and plain shapes. A thing is a pattern to copy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Matrix

from ...core.errors import SceneError
from ..categories import CategoryRules
from ..modelling.materials import Palette
from ..modelling.model import Model
from ..modelling.shapes import Part, box, cylinder, frustum, lathe, sphere
from ..modelling.stage import build_mesh
from .bodies import Body, evaluated, joined, shown_bodies

SCENE_NAME = "SynthData Patterns"
OWN = "synthdata_populate"
"""The custom property of what *Populate* made: meshes and materials that *Clear* removes."""
COLOURS = ("red", "green", "blue", "yellow", "purple", "teal", "orange", "white", "black", "gold")


@dataclass(frozen=True)
class Source:
    """A collection by its full name, how many things of it are placed, and whether it is one thing as a whole."""

    collection: str
    count: int
    whole: bool = False


@dataclass(frozen=True)
class Primitives:
    """Plain shapes without a category: how many, and the bounds of their size in scene units."""

    count: int = 0
    smallest: float = 0.05
    largest: float = 0.15


@dataclass(frozen=True)
class Pattern:
    """A thing to copy: the objects that show it, the root first, and its shape about the root's origin.

    ``base`` is the root's own rotation and scale, by which its copies are turned before they are placed.
    """

    title: str
    objects: tuple[str, ...]
    base: Matrix
    body: Body


def collection_by_full_name(name: str) -> bpy.types.Collection:
    """Return the collection with this full name.

    Raises:
        SceneError: ``scene.collection_missing``.
    """
    for collection in bpy.data.collections:
        if collection.name_full == name:
            return collection
    raise SceneError(
        "scene.collection_missing", f"There is no collection '{name}'.", "Was it removed or renamed?"
    )


def things_of(source: Source) -> list[bpy.types.Object | bpy.types.Collection]:
    """Return what a collection has to place: whole collections as one thing, else objects that nothing in it carries.

    A collection is a whole where the source says so, where it is one instance (*Whole Collection*), or where it is
    marked as an asset and holds several objects.

    Raises:
        SceneError: ``scene.collection_missing`` or ``scene.nothing_to_place``.
    """
    collection = collection_by_full_name(source.collection)
    things = [collection] if source.whole else list(_things(collection))
    if not things or not collection.all_objects:
        raise SceneError(
            "scene.nothing_to_place",
            f"The collection '{source.collection}' has no object to place.",
            "Put objects into it, or choose another.",
        )
    return things


def _things(collection: bpy.types.Collection) -> Iterator[bpy.types.Object | bpy.types.Collection]:
    asset = collection.asset_data is not None and len(collection.all_objects) > 1
    if collection.synthdata.grouping == "WHOLE" or asset:
        yield collection
        return
    inside = set(collection.objects)
    shown = [
        obj for obj in collection.objects if obj.type not in {"CAMERA", "LIGHT", "LIGHT_PROBE", "SPEAKER"}
    ]
    yield from sorted((obj for obj in shown if obj.parent not in inside), key=lambda obj: str(obj.name_full))
    for child in collection.children:
        yield from _things(child)


@contextmanager
def patterns(
    things: Sequence[bpy.types.Object | bpy.types.Collection], rules: CategoryRules
) -> Iterator[list[Pattern]]:
    """Make a pattern of each thing, in a scene of its own; all of it is gone afterwards.

    Raises:
        SceneError: ``scene.nothing_to_place``: a thing shows nothing.
    """
    scene = bpy.data.scenes.new(SCENE_NAME)
    names: list[str] = []
    try:
        groups: list[tuple[str, list[str]]] = []
        for thing in things:
            copies = [str(copy.name) for copy in _copy(thing, rules, scene)]
            names += copies
            groups.append((str(thing.name), copies))
        bodies = shown_bodies(evaluated(scene, scene.view_layers[0]), lambda _: True)
        yield [_pattern(title, copies, bodies) for title, copies in groups]
    finally:
        bpy.data.batch_remove([scene, *(bpy.data.objects[name, None] for name in names)])


def _copy(
    thing: bpy.types.Object | bpy.types.Collection, rules: CategoryRules, scene: bpy.types.Scene
) -> list[bpy.types.Object]:
    if isinstance(thing, bpy.types.Collection):
        copy = bpy.data.objects.new(thing.name, None)
        copy.instance_type, copy.instance_collection = "COLLECTION", thing
        copies = [copy]
    else:
        copies = copy_objects([thing, *_carried(thing)])
        for copy, original in zip(copies, [thing, *_carried(thing)], strict=True):
            # Also what it is by a collection that its copies are not in.
            copy.synthdata.category = rules.category_of(original)
        copies[0].matrix_world = Matrix.LocRotScale(None, *_world_matrix(thing).decompose()[1:])
    for copy in copies:
        copy.hide_viewport = copy.hide_render = False
        scene.collection.objects.link(copy)
    return copies


def _world_matrix(obj: bpy.types.Object) -> Matrix:
    """Return where an object is, also of one that no scene shows: such a one's ``matrix_world`` is not kept up."""
    if obj.parent is None:
        return obj.matrix_basis
    if obj.parent_type != "OBJECT":
        return obj.matrix_world
    return _world_matrix(obj.parent) @ obj.matrix_parent_inverse @ obj.matrix_basis


def _carried(root: bpy.types.Object) -> list[bpy.types.Object]:
    homes = set(root.users_collection)
    return [obj for obj in root.children_recursive if homes & set(obj.users_collection)]


def copy_objects(objects: Sequence[bpy.types.Object]) -> list[bpy.types.Object]:
    """Return copies that share meshes and materials and refer to each other as the originals do; the root is free.

    Nothing moves the root by itself: it has no parent, no constraints and no animation.
    """
    copies = {obj: obj.copy() for obj in objects}
    for original, copy in copies.items():
        copy.parent = copies.get(original.parent)
        if copy.parent is not None:
            copy.matrix_parent_inverse = original.matrix_parent_inverse
        for modifier in copy.modifiers:
            target = getattr(modifier, "object", None)
            if target in copies:
                modifier.object = copies[target]
    root = copies[objects[0]]
    root.animation_data_clear()
    root.constraints.clear()
    root.delta_location, root.delta_scale = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    root.delta_rotation_euler = (0.0, 0.0, 0.0)
    root.delta_rotation_quaternion = (1.0, 0.0, 0.0, 0.0)
    root.rotation_mode = "QUATERNION"
    return list(copies.values())


def _pattern(title: str, names: Sequence[str], bodies: dict[str, Body]) -> Pattern:
    copies = [bpy.data.objects[name, None] for name in names]
    body = joined(bodies[copy.name_full] for copy in copies if copy.name_full in bodies)
    if body is None:
        raise SceneError(
            "scene.nothing_to_place",
            f"'{title}' shows no surface to place.",
            "Take it out of the collection.",
        )
    return Pattern(title, tuple(names), copies[0].matrix_world.copy(), body)


def primitive_patterns(primitives: Primitives, rng: np.random.Generator) -> list[bpy.types.Object]:
    """Make one object for each plain shape to place, linked nowhere; their few meshes and materials are shared.

    Sizes, shapes and colours are drawn; an object's scale is its size.
    """
    if primitives.count == 0:
        return []
    palette = Palette("Distractor")
    meshes = {name: build_mesh(f"Distractor {name}", model, palette) for name, model in _shapes().items()}
    made = []
    for number in range(primitives.count):
        shape, colour, size = rng.random(3)
        name = list(meshes)[int(shape * len(meshes))]
        obj = bpy.data.objects.new(f"Distractor {name}", meshes[name])
        obj.material_slots[0].link = "OBJECT"
        obj.material_slots[0].material = palette.material(COLOURS[int(colour * len(COLOURS))])
        obj.scale = (primitives.smallest + (primitives.largest - primitives.smallest) * size,) * 3
        obj[OWN] = number
        made.append(obj)
    for mesh in meshes.values():
        mesh[OWN] = True
    for colour in {*COLOURS, "white"}:
        palette.material(colour)[OWN] = True
    return made


def _shapes() -> dict[str, Model]:
    """Plain shapes about one unit in size, standing on their origins."""
    ring = np.radians(np.arange(0.0, 361.0, 30.0))
    tube = [(0.35 + 0.15 * float(np.cos(a)), 0.15 + 0.15 * float(np.sin(a))) for a in ring - np.pi]
    pole = [(0.0, 0.0), (0.25, 0.0), (0.25, 0.55), (0.0, 0.9)]
    parts: dict[str, Part] = {
        "Cube": box((0.8, 0.8, 0.8), 0.03),
        "Block": box((1.0, 0.5, 0.35), 0.03),
        "Sphere": sphere(0.45, 28, 14),
        "Cylinder": cylinder(0.35, 0.8, 0.02, 28),
        "Cone": frustum(0.45, 0.02, 0.9, 0.0, 28),
        "Pyramid": frustum(0.6, 0.02, 0.8, 0.0, 4),
        "Prism": cylinder(0.4, 0.7, 0.0, 6),
        "Ring": lathe(tube, 28),
        "Peg": lathe(pole, 24),
    }
    models = {}
    for name, part in parts.items():
        models[name] = Model()
        models[name].add("white", part)
    return models
