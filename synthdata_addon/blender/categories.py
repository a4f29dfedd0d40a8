# SPDX-License-Identifier: GPL-3.0-or-later
"""What things are labelled as, and which of them are one instance: objects' own settings and those of collections."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cached_property

import bpy

from ..core.errors import SceneError
from ..core.spec import LabelsSpec


class CategoryRules:
    """The category and the grouping of every object, whether the scene shows it or only instancing does.

    An object is what it says itself, else what its custom property says, else what the innermost collection that labels
    says. What is in the view layer is judged by the collections that the view layer includes; what only instancing
    shows, by all collections that hold it, in the scene or not.

    Holds references: make it for one look at the scene, and anew after undo or file load.
    """

    def __init__(self, scene: bpy.types.Scene, layer: bpy.types.ViewLayer, labels: LabelsSpec) -> None:
        self._property = labels.category_property
        top = scene.collection
        self._collections = {item.name_full: item for item in (top, *bpy.data.collections)}
        included = _included(layer.layer_collection)
        self._shown = _Homes(dict.fromkeys([top, *top.children_recursive]), lambda item: item in included)
        self._any = _Homes(bpy.data.collections, lambda _: True)
        self._categories: dict[str, str] = {}
        self._groups: dict[str, str] = {}

    @cached_property
    def _objects(self) -> dict[str, bpy.types.Object]:
        return {obj.name_full: obj for obj in bpy.data.objects}

    @cached_property
    def _materials(self) -> dict[str, bpy.types.Material]:
        return {material.name_full: material for material in bpy.data.materials}

    def object(self, name: str) -> bpy.types.Object:
        """Return the object of a full name (``Cube`` or ``Cube [library.blend]``).

        Raises:
            SceneError: ``scene.object_missing``.
        """
        if name not in self._objects:
            raise SceneError(
                "scene.object_missing", f"There is no object '{name}'.", "Was it removed or renamed?"
            )
        return self._objects[name]

    def category_of(self, obj: bpy.types.Object) -> str:
        """Return what an object is labelled as, or "" for one that only hides what is behind it.

        Raises:
            SceneError: ``scene.two_categories``: collections that are not inside of each other say different things.
        """
        name = obj.name_full
        if name not in self._categories:
            own = str(obj.synthdata.category).strip() or _text(obj, self._property)
            self._categories[name] = own or _one_category(f"object '{name}'", self._deciding(name, _labels))
        return self._categories[name]

    def category_of_collection(self, name: str) -> str:
        """Return what a collection (by its full name) labels what is in it as, or "".

        Raises:
            SceneError: ``scene.two_categories``.
        """
        collection = self._collections[name]
        homes = self._shown if self._shown.knows(collection) else self._any
        return _one_category(f"collection '{name}'", homes.deciding([collection], _labels))

    def grouping_of(self, obj: bpy.types.Object) -> str:
        """Return the full name of the collection that an object is one instance with, or "".

        A collection that does as its parent is part of the parent's instance.

        Raises:
            SceneError: ``scene.two_groups``: it would be part of two instances.
        """
        name = obj.name_full
        if name not in self._groups:
            whole = sorted(item.name_full for item in self._deciding(name, _groups) if _is_whole(item))
            if len(whole) > 1:
                raise SceneError(
                    "scene.two_groups",
                    f"The object '{name}' is in '{whole[0]}' and in '{whole[1]}', which are one instance each.",
                    "Take it out of one of them.",
                )
            self._groups[name] = whole[0] if whole else ""
        return self._groups[name]

    def members(self, group: str) -> tuple[bpy.types.Object, ...]:
        """Return all objects, empties too, that are one instance with a collection (by its full name)."""
        inside = self._collections[group].all_objects
        return tuple(obj for obj in inside if self.grouping_of(obj) == group)

    def material_category(self, name: str) -> str:
        """Return what surfaces of a material (by its full name) are labelled as, or ""."""
        found = self._materials.get(name)
        return "" if found is None else str(found.synthdata.category).strip() or _text(found, self._property)

    def _deciding(self, name: str, decides: _Decides) -> list[bpy.types.Collection]:
        homes = self._shown if self._shown.of(name) else self._any
        return homes.deciding(homes.of(name), decides)


_Decides = Callable[[bpy.types.Collection], bool]


class _Homes:
    """Who holds whom among some collections; objects by their full names, in the collections that count."""

    def __init__(self, collections: Iterable[bpy.types.Collection], counts: _Decides) -> None:
        self._parents: dict[bpy.types.Collection, list[bpy.types.Collection]] = {}
        self._holding: dict[str, list[bpy.types.Collection]] = defaultdict(list)
        for collection in collections:
            self._parents.setdefault(collection, [])
            for child in collection.children:
                self._parents.setdefault(child, []).append(collection)
            for obj in collection.objects if counts(collection) else ():
                self._holding[obj.name_full].append(collection)

    def knows(self, collection: bpy.types.Collection) -> bool:
        return collection in self._parents

    def of(self, name: str) -> list[bpy.types.Collection]:
        """Return the collections that an object is in, without those around them."""
        return self._holding.get(name, [])

    def deciding(
        self, starts: Iterable[bpy.types.Collection], decides: _Decides
    ) -> list[bpy.types.Collection]:
        """Return the first collections that decide on every way up; of two inside of each other, the inner one."""
        found: list[bpy.types.Collection] = []
        ways = list(starts)
        while ways:
            collection = ways.pop()
            if not decides(collection):
                ways += self._parents[collection]
            elif collection not in found:
                found.append(collection)
        around = {outer for collection in found for outer in self._around(collection)}
        return [collection for collection in found if collection not in around]

    def _around(self, collection: bpy.types.Collection) -> set[bpy.types.Collection]:
        around: set[bpy.types.Collection] = set()
        ways = list(self._parents[collection])
        while ways:
            outer = ways.pop()
            if outer not in around:
                around.add(outer)
                ways += self._parents[outer]
        return around


def _included(top: bpy.types.LayerCollection) -> set[bpy.types.Collection]:
    found = set() if top.exclude else {top.collection}
    return found.union(*(_included(child) for child in top.children))


def _labels(collection: bpy.types.Collection) -> bool:
    return bool(collection.synthdata.use_as_category)


def _groups(collection: bpy.types.Collection) -> bool:
    return bool(collection.synthdata.grouping != "INHERIT")


def _is_whole(collection: bpy.types.Collection) -> bool:
    return bool(collection.synthdata.grouping == "WHOLE")


def _label_of(collection: bpy.types.Collection) -> str:
    return str(collection.synthdata.category).strip() or str(collection.name)


def _one_category(what: str, collections: Iterable[bpy.types.Collection]) -> str:
    found = {_label_of(item): item.name_full for item in collections}
    if len(found) > 1:
        (one, by_one), (other, by_other) = sorted(found.items())[:2]
        raise SceneError(
            "scene.two_categories",
            f"The {what} is labelled '{one}' by the collection '{by_one}' and '{other}' by '{by_other}'.",
            "Give it a category of its own, or take it out of one of them.",
        )
    return next(iter(found), "")


def _text(owner: bpy.types.ID, name: str) -> str:
    """Return the text of a custom property, or "" where there is none or it is no text."""
    value = owner.get(name) if name else None
    return value.strip() if isinstance(value, str) else ""
