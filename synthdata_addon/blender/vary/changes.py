# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of what a view's variation changed in the user's data, so that all of it can be put back.

Everything is found by name at every use: undo and file load kill references. What cannot keep a value is left alone:
linked data, and properties that an action or a driver sets.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from ..compat import animated_paths

log = logging.getLogger(__name__)
ID_COLLECTIONS = {
    "CAMERA": "cameras",
    "COLLECTION": "collections",
    "LIGHT": "lights",
    "MATERIAL": "materials",
    "OBJECT": "objects",
    "SCENE": "scenes",
    "WORLD": "worlds",
}
"""Of an ID's ``id_type``, where ``bpy.data`` holds it."""


@dataclass(frozen=True)
class _Place:
    """A property: its ID by collection and name (of local data only), and its path inside of the ID."""

    collection: str
    name: str
    path: str


@dataclass(frozen=True)
class _IDName:
    """A pointer's value: an ID by name, library and collection."""

    collection: str
    name: str
    library: str | None


class Changes:
    """Sets properties and remembers what they were; :meth:`put_back` is safe at any time, twice.

    ``untouched`` are the full names of the IDs that were to change and were left alone.
    """

    def __init__(self) -> None:
        self._before: dict[_Place, Any] = {}
        self.untouched: set[str] = set()

    def __len__(self) -> int:
        return len(self._before)

    def set(self, owner: bpy.types.ID, path: str, value: Any) -> bool:
        """Set a property of an ID; return whether it was set.

        Args:
            owner: an object, a light, a material and so on.
            path: of the property inside of the ID, such as ``energy`` or ``material_slots[0].link``.
            value: a number, a text, a sequence of numbers, an ID or None.
        """
        if not can_change(owner, path):
            self.untouched.add(owner.name_full)
            return False
        struct, name = _resolve(owner, path)
        before = getattr(struct, name)
        if _plain(before) != _as_kept(struct, name, value):
            place = _Place(ID_COLLECTIONS[owner.id_type], owner.name, path)
            self._before.setdefault(place, _plain(before))
            setattr(struct, name, value)
        return True

    def remember(self, owner: bpy.types.ID, path: str) -> None:
        """Note what a property is, before something else changes it."""
        struct, name = _resolve(owner, path)
        place = _Place(ID_COLLECTIONS[owner.id_type], owner.name, path)
        self._before.setdefault(place, _plain(getattr(struct, name)))

    def take_from(self, other: Changes) -> None:
        """Take over what another log, of later changes, would have put back."""
        for place, before in other._before.items():
            self._before.setdefault(place, before)
        other._before.clear()

    def named(self) -> list[bpy.types.ID]:
        """Return the data that would be put back, which may have no other user meanwhile."""
        found = (_value(before) for before in self._before.values() if isinstance(before, _IDName))
        return list(dict.fromkeys(item for item in found if item is not None))

    def to_json(self) -> list[list[Any]]:
        """Return the log as plain JSON values, an ID as ``{"id": [collection, name, library]}``."""
        return [
            [place.collection, place.name, place.path, _as_json(before)]
            for place, before in self._before.items()
        ]

    @classmethod
    def from_json(cls, data: list[list[Any]]) -> Changes:
        """Return the log that :meth:`to_json` wrote."""
        changes = cls()
        for collection, name, path, before in data:
            if collection in ID_COLLECTIONS.values():
                changes._before[_Place(collection, name, path)] = _from_json(before)
        return changes

    def put_back(self) -> None:
        """Set every property to what it was, last one first; what was removed since is passed over."""
        while self._before:
            place, before = self._before.popitem()
            owner = getattr(bpy.data, place.collection).get((place.name, None))
            if owner is None:
                continue
            try:
                struct, name = _resolve(owner, place.path)
            except (ValueError, IndexError, KeyError):
                log.info("%s of '%s' is gone; it is not put back.", place.path, place.name)
                continue
            setattr(struct, name, _value(before))


def can_change(owner: bpy.types.ID, path: str) -> bool:
    """Tell whether a property keeps the value that it is given: it is not linked, animated or driven."""
    if owner.library is not None:
        return False
    animation = owner.animation_data
    if animation is None:
        return True
    driven = {curve.data_path for curve in animation.drivers}
    return path not in driven and path not in animated_paths(owner)


def _resolve(owner: bpy.types.ID, path: str) -> tuple[Any, str]:
    parent, _, name = path.rpartition(".")
    return (owner.path_resolve(parent) if parent else owner), name


def _plain(value: Any) -> Any:
    """Return a value that outlives the data it was read from."""
    if isinstance(value, bpy.types.ID):
        library = value.library.filepath if value.library else None
        return _IDName(ID_COLLECTIONS[value.id_type], value.name, library)
    return tuple(value) if hasattr(value, "__len__") and not isinstance(value, str) else value


def _value(plain: Any) -> Any:
    if isinstance(plain, _IDName):
        return getattr(bpy.data, plain.collection).get((plain.name, plain.library))
    return plain


def _as_json(before: Any) -> Any:
    if isinstance(before, _IDName):
        return {"id": [before.collection, before.name, before.library]}
    return list(before) if isinstance(before, tuple) else before


def _from_json(before: Any) -> Any:
    if isinstance(before, dict):
        return _IDName(*before["id"])
    return tuple(before) if isinstance(before, list) else before


def _as_kept(struct: Any, name: str, value: Any) -> Any:
    """Return a value as Blender would hand it back: its floats have 32 bits."""
    if struct.bl_rna.properties[name].type != "FLOAT":
        return _plain(value)
    if hasattr(value, "__len__"):
        return tuple(float(np.float32(number)) for number in value)
    return float(np.float32(value))
