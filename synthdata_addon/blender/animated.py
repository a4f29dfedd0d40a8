# SPDX-License-Identifier: GPL-3.0-or-later
"""Animated values as the user left them: stepping through frames writes each frame's value onto the shared objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy

from .compat import animated_paths

ANIMATED_DATA = (
    "objects",
    "armatures",
    "cameras",
    "collections",
    "curves",
    "lights",
    "materials",
    "meshes",
    "metaballs",
    "node_groups",
    "shape_keys",
    "worlds",
)


class AnimatedValues:
    """The values of everything that has an action, taken at construction."""

    def __init__(self) -> None:
        self._values = [(key, path, _plain(value)) for key, path, value in _animated()]

    def put_back(self) -> None:
        """Set every value that differs back to what it was; what was removed since is passed over."""
        for (kind, name, library, in_tree), path, before in self._values:
            found = getattr(bpy.data, kind).get((name, library))
            owner = found.node_tree if found is not None and in_tree else found
            if owner is not None:
                _set(owner, path, before)


def _animated() -> Iterator[tuple[tuple[str, str, str | None, bool], str, Any]]:
    """Yield key, data path and value of every animated property."""
    for kind in ANIMATED_DATA:
        for item in getattr(bpy.data, kind):
            library = item.library.filepath if item.library else None
            tree = getattr(item, "node_tree", None)
            for owner, in_tree in ((item, False), (tree, True)):
                for path in animated_paths(owner) if owner is not None else ():
                    try:
                        yield (kind, item.name, library, in_tree), path, owner.path_resolve(path)
                    except ValueError:
                        continue  # an F-curve of something that is not there (any more)


def _plain(value: Any) -> Any:
    return tuple(value) if hasattr(value, "__len__") and not isinstance(value, str) else value


def _set(owner: Any, path: str, before: Any) -> None:
    try:
        now = _plain(owner.path_resolve(path))
    except ValueError:
        return
    if now == before:
        return
    parent, _, name = path.rpartition(".")
    target = owner.path_resolve(parent) if parent else owner
    if name.endswith(('"]', "']")):
        key = name[name.index("[") + 2 : -2]
        target = target.path_resolve(name[: name.index("[")]) if not name.startswith("[") else target
        target[key] = before
    elif hasattr(target, name):
        setattr(target, name, before)
