# SPDX-License-Identifier: GPL-3.0-or-later
"""Which objects are labelled, and as what: an object's own category, or the name of a collection that labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import bpy

from ..core.categories import Category, number_categories
from ..core.errors import SceneError
from ..core.records import InstanceRecord

RENDERED_TYPES = frozenset({"MESH", "CURVE", "SURFACE", "META", "FONT", "CURVES", "POINTCLOUD"})
MAX_INSTANCES = 32767
"""Blender clamps ``Object.pass_index`` at this value without a word."""


@dataclass(frozen=True)
class LabelledObject:
    """An object that gets annotations, by its full name (with its library): references die on undo and file load."""

    name: str
    category: str


def collection_categories(scene: bpy.types.Scene) -> dict[str, str]:
    """Return full object name -> category for the objects of collections that label; the innermost one decides."""
    found: dict[str, str] = {}

    def walk(collection: bpy.types.Collection, category: str) -> None:
        own = collection.name if collection.synthdata.use_as_category else category
        if own:
            found.update((obj.name_full, own) for obj in collection.objects)
        for child in collection.children:
            walk(child, own)

    walk(scene.collection, "")
    return found


def category_of(obj: bpy.types.Object, by_collection: dict[str, str]) -> str:
    """Return the object's category, or "" for an object that only occludes."""
    return str(obj.synthdata.category).strip() or by_collection.get(obj.name_full, "")


def labelled_objects(scene: bpy.types.Scene, layer: bpy.types.ViewLayer) -> tuple[LabelledObject, ...]:
    """Return the labelled objects that a render of this view layer can show, in name order.

    Raises:
        SceneError: ``scene.no_category`` or ``scene.too_many_instances``.
    """
    by_collection = collection_categories(scene)
    found = sorted(_labelled(layer, by_collection), key=lambda item: item.name)
    if not found:
        raise SceneError(
            "scene.no_category",
            f"No object that renders in '{scene.name}' has a category.",
            "Select the objects of interest and give them one in the SynthData panel.",
        )
    if len(found) > MAX_INSTANCES:
        raise SceneError(
            "scene.too_many_instances",
            f"{len(found)} objects are labelled; the Object Index pass tells at most {MAX_INSTANCES} apart.",
            "Label fewer objects.",
        )
    return tuple(found)


def _labelled(layer: bpy.types.ViewLayer, by_collection: dict[str, str]) -> Iterator[LabelledObject]:
    hidden = _collections_hidden_in_render(layer.layer_collection)
    for obj in layer.objects:
        category = category_of(obj, by_collection)
        if not category or obj.hide_render or obj.type not in RENDERED_TYPES:
            continue
        if all(collection.name in hidden for collection in obj.users_collection):
            continue
        yield LabelledObject(obj.name_full, category)


def _collections_hidden_in_render(top: bpy.types.LayerCollection) -> set[str]:
    """Names of the collections that do not render; hiding a parent hides its children."""
    hidden: set[str] = set()

    def walk(node: bpy.types.LayerCollection, parent_hidden: bool) -> None:
        here = parent_hidden or node.collection.hide_render
        if here or node.exclude:
            hidden.add(node.collection.name)
        for child in node.children:
            walk(child, here)

    walk(top, False)
    return hidden


def number_instances(
    objects: tuple[LabelledObject, ...],
) -> tuple[tuple[Category, ...], tuple[InstanceRecord, ...]]:
    """Number categories and instances from 1, both by name, so that equal scenes give equal ids."""
    categories = number_categories(item.category for item in objects)
    ids = {category.name: category.id for category in categories}
    instances = tuple(
        InstanceRecord(id=i, name=item.name, category_id=ids[item.category])
        for i, item in enumerate(objects, start=1)
    )
    return categories, instances


def shared_labels(depsgraph: bpy.types.Depsgraph, objects: tuple[LabelledObject, ...]) -> dict[str, int]:
    """Return the labelled objects that instancing shows more than once, with their number of copies.

    Every pass of Blender gives all copies of an object one id, so that their masks are one annotation.
    """
    names = {item.name for item in objects}
    copies = Counter(
        item.object.original.name_full
        for item in depsgraph.object_instances
        if item.object.original.name_full in names
    )
    return {name: count for name, count in copies.items() if count > 1}
