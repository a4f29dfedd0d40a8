# SPDX-License-Identifier: GPL-3.0-or-later
"""The runner's part of the preferences: set up, check, remove. Draws only."""

from __future__ import annotations

import os

import bpy

from ..core.machine import RUNNER_VARIABLE
from .panel import split_column
from .runner_setup import setup


def draw_runner(layout: bpy.types.UILayout, settings: bpy.types.AddonPreferences) -> None:
    """Draw the runner's state, its buttons and a Python of the user's own."""
    box = layout.box()
    box.label(text="Runner: Makes the Pictures", icon="CONSOLE")
    column = split_column(box.column())
    is_ready = setup.environment is not None or setup.bundled
    if os.environ.get(RUNNER_VARIABLE):
        column.label(
            text=f"The Python of the environment variable {RUNNER_VARIABLE} is used", icon="CHECKMARK"
        )
    elif settings.runner_python:
        column.label(text="The Python below is used", icon="CHECKMARK")
    else:
        column.label(text=setup.status, icon="CHECKMARK" if is_ready and not setup.is_older else "INFO")
    if setup.process is not None:
        _draw_progress(column)
    else:
        row = column.row()
        row.operator("synthdata.setup_runner", text="Set Up Again" if setup.environment else "Set Up Runner")
        if setup.environment is not None:
            row.operator("synthdata.remove_runner", text="Remove")
    for number, line in enumerate(setup.lines):
        column.label(text=line, icon="BLANK1" if number else "ERROR" if setup.failed else "INFO")
    column.prop(settings, "torch_index")
    row = column.row(align=True)
    row.prop(settings, "runner_python")
    row.operator("synthdata.check_runner", text="", icon="FILE_REFRESH")


def _draw_progress(column: bpy.types.UILayout) -> None:
    row = column.row(align=True)
    row.progress(text=setup.working, factor=setup.share)
    row.operator("synthdata.cancel_runner_setup", text="", icon="X")
