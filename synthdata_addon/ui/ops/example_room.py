# SPDX-License-Identifier: GPL-3.0-or-later
"""Add > Example Room, in the panel and in the Add menu."""

from __future__ import annotations

from typing import Any

import bpy

from ..example import add_room


class SYNTHDATA_OT_add_example_room(bpy.types.Operator):
    """Add a furnished, lit and labelled room to this scene, and aim the sweep at its desk"""

    bl_idname = "synthdata.add_example_room"
    bl_label = "Add Example Room"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        room = add_room(context.scene)
        self.report({"INFO"}, f"Added '{room.collection}'")
        return {"FINISHED"}


def _menu(self: Any, _context: bpy.types.Context) -> None:
    self.layout.operator(SYNTHDATA_OT_add_example_room.bl_idname, text="SynthData Example Room", icon="HOME")


def attach() -> None:
    """Put the entry into the Add menu."""
    bpy.types.VIEW3D_MT_add.append(_menu)


def detach() -> None:
    """Take the entry out of the Add menu."""
    bpy.types.VIEW3D_MT_add.remove(_menu)


CLASSES = (SYNTHDATA_OT_add_example_room,)
