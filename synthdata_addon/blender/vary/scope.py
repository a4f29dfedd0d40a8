# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom a variation is for: the things of a view layer by their categories, and all objects that it shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import bpy

from ...core.variation import MaterialsVariation, ObjectsVariation
from ..categories import CategoryRules
from ..modelling.stage import SURFACE
from ..scan import RENDERED_TYPES


@dataclass(frozen=True)
class Unit:
    """Objects that are one thing: an object, or all that a collection holds that is one instance.

    ``roots`` are its objects that nothing else of it carries by parenthood. ``name`` is the object's or the
    collection's, both with the library.
    """

    name: str
    category: str
    members: tuple[bpy.types.Object, ...]
    roots: tuple[bpy.types.Object, ...]


def units(layer: bpy.types.ViewLayer, rules: CategoryRules) -> tuple[Unit, ...]:
    """Return the things of a view layer that render, by name. Holds references: use it at once."""
    grouped: dict[tuple[bool, str], list[bpy.types.Object]] = {}
    for obj in layer.objects:
        if _is_thing(obj):
            group = rules.grouping_of(obj)
            grouped.setdefault((bool(group), group or obj.name_full), []).append(obj)
    return tuple(
        _unit(key, members, rules) for key, members in sorted(grouped.items(), key=lambda item: item[0])
    )


def in_scope(spec: ObjectsVariation | MaterialsVariation, category: str) -> bool:
    """Tell whether a variation is for what has a category ("" for what is not labelled)."""
    if spec.scope == "CATEGORIES":
        return category in spec.categories
    return spec.scope == "EVERYTHING" or bool(category) == (spec.scope == "LABELLED")


def carries_others(unit: Unit) -> bool:
    """Tell whether a thing is marked as a surface: what stands on it would hang in the air without it."""
    return any(SURFACE in obj for obj in unit.members)


def shown_objects(layer: bpy.types.ViewLayer) -> tuple[bpy.types.Object, ...]:
    """Return the objects of a view layer and those that collections instanced in it show, each once."""
    found: dict[bpy.types.Object, None] = {}
    ways: list[bpy.types.Object] = list(layer.objects)
    while ways:
        obj = ways.pop()
        if obj in found:
            continue
        found[obj] = None
        if obj.instance_type == "COLLECTION" and obj.instance_collection is not None:
            ways += obj.instance_collection.all_objects
    return tuple(sorted(found, key=_name))


def _unit(key: tuple[bool, str], members: list[bpy.types.Object], rules: CategoryRules) -> Unit:
    is_group, name = key
    own = rules.category_of_collection(name) if is_group else ""
    category = own or next(iter(sorted(_categories(members, rules))), "")
    carried = set(members)
    roots = tuple(obj for obj in members if not any(parent in carried for parent in _ancestors(obj)))
    return Unit(name, category, tuple(members), roots)


def _categories(members: Iterable[bpy.types.Object], rules: CategoryRules) -> set[str]:
    found = {rules.category_of(obj) for obj in members}
    for obj in members:
        if obj.instance_type == "COLLECTION" and obj.instance_collection is not None:
            found |= {rules.category_of(inner) for inner in obj.instance_collection.all_objects}
    return found - {""}


def _is_thing(obj: bpy.types.Object) -> bool:
    is_instancer = obj.type == "EMPTY" and obj.instance_type == "COLLECTION"
    return (obj.type in RENDERED_TYPES or is_instancer) and not obj.hide_render


def _ancestors(obj: bpy.types.Object) -> Iterator[bpy.types.Object]:
    while (obj := obj.parent) is not None:
        yield obj


def has_ancestor_in(obj: bpy.types.Object, others: set[bpy.types.Object]) -> bool:
    """Tell whether an object is carried by one of the others."""
    return any(parent in others for parent in _ancestors(obj))


def _name(obj: bpy.types.Object) -> str:
    return str(obj.name_full)
