# SPDX-License-Identifier: GPL-3.0-or-later
"""What the scene's objects are labelled as, for the panel and the category file. Only looks, renders nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import bpy

from ..blender.categories import CategoryRules
from ..blender.scan import RENDERED_TYPES
from ..core.spec import LabelsSpec


def labelled_objects(
    scene: bpy.types.Scene, layer: bpy.types.ViewLayer
) -> Iterator[tuple[bpy.types.Object, str, str]]:
    """Yield the labelled objects of a view layer and of the collections that it instances.

    With each comes the name of the instance it is part of, and its category; with labels by material there is one for
    every labelled material.

    Raises:
        SceneError: ``scene.two_categories`` or ``scene.two_groups``.
    """
    settings = scene.synthdata.labels
    rules = CategoryRules(scene, layer, LabelsSpec(category_property=settings.category_property))
    for obj in _with_instanced(layer.objects):
        if obj.type not in RENDERED_TYPES:
            continue
        if settings.segment_by == "MATERIAL":
            for slot in obj.material_slots:
                name = slot.material.name_full if slot.material else ""
                category = rules.material_category(name)
                if category:
                    yield obj, f"{obj.name_full} / {name}", category
            continue
        group = rules.grouping_of(obj)
        category = (rules.category_of_collection(group) if group else "") or rules.category_of(obj)
        if category:
            yield obj, f"{group} (collection)" if group else obj.name_full, category


def count_categories(scene: bpy.types.Scene, layer: bpy.types.ViewLayer) -> Counter[str]:
    """Return how many instances each category has, copies by instancing not counted.

    Raises:
        SceneError: as :func:`labelled_objects`.
    """
    found = {name: category for _, name, category in labelled_objects(scene, layer)}
    return Counter(found.values())


def _with_instanced(objects: Iterable[bpy.types.Object]) -> Iterator[bpy.types.Object]:
    """Yield objects and what they instance as collections, each once."""
    seen: set[bpy.types.Object] = set()
    ways = list(objects)[::-1]
    while ways:
        obj = ways.pop()
        if obj in seen:
            continue
        seen.add(obj)
        yield obj
        if obj.instance_type == "COLLECTION" and obj.instance_collection is not None:
            ways += obj.instance_collection.all_objects
