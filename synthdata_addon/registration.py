# SPDX-License-Identifier: GPL-3.0-or-later
"""The one ordered list of what Blender gets from us; undoes itself when a part of it fails."""

from __future__ import annotations

from collections.abc import Callable

import bpy

from .ui import (
    blockout_panels,
    command,
    handlers,
    label_panels,
    lists,
    model_panels,
    panels,
    preferences,
    properties,
    style_panels,
    sweep_panels,
    variation_panels,
)
from .ui.ops import (
    ask_for_places,
    blockouts,
    categories,
    category_list,
    example_room,
    generate,
    loras,
    open_dataset,
    places,
    populate,
    preview,
    styles,
)

CLASSES: tuple[type, ...] = (
    *properties.CLASSES,
    *preferences.CLASSES,
    *lists.CLASSES,
    *categories.CLASSES,
    *category_list.CLASSES,
    *example_room.CLASSES,
    *blockouts.CLASSES,
    *populate.CLASSES,
    *styles.CLASSES,
    *places.CLASSES,
    *ask_for_places.CLASSES,
    *loras.CLASSES,
    *open_dataset.CLASSES,
    *generate.CLASSES,
    *preview.CLASSES,
    *blockout_panels.CLASSES,
    *label_panels.CLASSES,
    *sweep_panels.CLASSES,
    *variation_panels.CLASSES,
    *panels.CLASSES,
    *style_panels.CLASSES,
    *model_panels.CLASSES,
)

_undo: list[Callable[[], None]] = []


def register() -> None:
    """Add everything, in order; on failure take out what was added and raise."""
    try:
        for cls in CLASSES:
            bpy.utils.register_class(cls)
            _undo.append(lambda cls=cls: bpy.utils.unregister_class(cls))
        for attach, detach in (
            (properties.attach, properties.detach),
            (handlers.attach, handlers.detach),
            (command.attach, command.detach),
            (example_room.attach, example_room.detach),
            (blockouts.attach, blockouts.detach),
        ):
            attach()
            _undo.append(detach)
    except BaseException:
        unregister()
        raise


def unregister() -> None:
    """Take everything out again, last in first out."""
    while _undo:
        _undo.pop()()
