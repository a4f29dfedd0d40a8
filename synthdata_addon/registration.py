# SPDX-License-Identifier: GPL-3.0-or-later
"""The one ordered list of what Blender gets from us; undoes itself when a part of it fails."""

from __future__ import annotations

from collections.abc import Callable

import bpy

from .ui import (
    blockout_panels,
    class_overlay,
    class_rows,
    command,
    dataset_panels,
    examination,
    generate_panels,
    handlers,
    label_panels,
    lists,
    machine_preferences,
    model_list_panel,
    model_panels,
    panels,
    preferences,
    presets,
    preview_panels,
    properties,
    runner_setup,
    style_panels,
    sweep_panels,
    variation_panels,
)
from .ui.ops import (
    ask_for_places,
    blockouts,
    categories,
    category_list,
    class_tools,
    doctor,
    downloads,
    example_room,
    fixes,
    generate,
    job_file,
    load_view,
    loras,
    open_dataset,
    places,
    populate,
    preview,
    preview_view,
    remake_view,
    set_up_runner,
    styles,
)
from .ui.ops import (
    presets as preset_tools,
)

CLASSES: tuple[type, ...] = (
    *properties.CLASSES,
    *downloads.CLASSES,
    *doctor.CLASSES,
    *preferences.CLASSES,
    *set_up_runner.CLASSES,
    *lists.CLASSES,
    *class_rows.CLASSES,
    *class_tools.CLASSES,
    *fixes.CLASSES,
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
    *preview_view.CLASSES,
    *job_file.CLASSES,
    *load_view.CLASSES,
    *remake_view.CLASSES,
    *preset_tools.CLASSES,
    *presets.CLASSES,
    *blockout_panels.CLASSES,
    *label_panels.CLASSES,
    *sweep_panels.CLASSES,
    *variation_panels.CLASSES,
    *panels.CLASSES,
    *style_panels.CLASSES,
    *model_list_panel.CLASSES,
    *model_panels.CLASSES,
    *preview_panels.CLASSES,
    *generate_panels.CLASSES,
    *dataset_panels.CLASSES,
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
            (class_rows.attach, class_rows.detach),
            (class_overlay.attach, class_overlay.detach),
            (handlers.attach, handlers.detach),
            (preset_tools.attach, preset_tools.detach),
            (runner_setup.attach, runner_setup.detach),
            (model_list_panel.attach, model_list_panel.detach),
            (machine_preferences.attach, machine_preferences.detach),
            (examination.attach, examination.detach),
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
