# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings that Blender's interface shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import bpy


class Setting(NamedTuple):
    """A property, the group or type that has it, and how it is reached."""

    path: str
    owner: Any
    prop: Any


def settings_of(group: Any, path: str = "") -> Iterator[Setting]:
    """Yield the properties of a group of ours and of the groups in it; not those of lists' items."""
    for name in type(group).__annotations__:
        prop = group.bl_rna.properties[name]
        yield Setting(path + name, group, prop)
        if prop.type == "POINTER" and isinstance(getattr(group, name), bpy.types.PropertyGroup):
            yield from settings_of(getattr(group, name), f"{path}{name}.")
