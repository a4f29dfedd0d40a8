# SPDX-License-Identifier: GPL-3.0-or-later
"""Add Blockout, in the panel and in the Add menu."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import EnumProperty, FloatProperty, IntProperty

from ...blender.blockouts import Blockout, add_blockout
from ...blender.blockouts.spec import KINDS, MAX_OPENINGS, MAX_SEED, BlockoutSpec
from ...core.errors import SynthDataError
from ..numbers import write
from ..units import DISTANCE

ICONS = {
    "ROOM": "HOME",
    "TABLETOP": "MESH_PLANE",
    "SHELVES": "MESH_GRID",
    "WAREHOUSE": "PACKAGE",
    "STREET": "AUTO",
    "OUTDOOR": "WORLD",
}
_ITEMS = [
    (kind, about.title, about.description, ICONS[kind], number)
    for number, (kind, about) in enumerate(KINDS.items())
]


class SYNTHDATA_OT_add_blockout(bpy.types.Operator):
    """Add a furnished, lit and labelled set to this scene, and aim the sweep at it if it has no target"""

    bl_idname = "synthdata.add_blockout"
    bl_label = "Add Blockout"
    bl_options = {"REGISTER", "UNDO"}

    kind: EnumProperty(name="Blockout", description="What is built", items=_ITEMS)
    seed: IntProperty(name="Seed", description="Decides every random choice", min=0, max=MAX_SEED)
    width: FloatProperty(
        name="Width", description="Size along X; 0: as usual for the blockout", min=0.0, **DISTANCE
    )
    depth: FloatProperty(
        name="Depth", description="Size along Y; 0: as usual for the blockout", min=0.0, **DISTANCE
    )
    height: FloatProperty(
        name="Height", description="Size along Z; 0: as usual for the blockout", min=0.0, **DISTANCE
    )
    openings: IntProperty(
        name="Openings",
        description="Windows and doors of a room, dock doors of a warehouse, windows a storey of a street's houses; "
        "-1: as usual",
        default=-1,
        min=-1,
        max=MAX_OPENINGS,
    )
    density: FloatProperty(
        name="Density",
        description="How full of things it is",
        default=BlockoutSpec.density,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
    )

    def draw(self, context: bpy.types.Context) -> None:
        column = self.layout.column()
        column.use_property_split = True
        names = ["kind", "seed", "width", "depth", "height", "openings", "density"]
        if not KINDS[self.kind].openings:
            names.remove("openings")
        for name in names:
            column.prop(self, name)

    def execute(self, context: bpy.types.Context) -> set[str]:
        spec = BlockoutSpec(
            self.kind, self.seed, self.width, self.depth, self.height, self.openings, self.density
        )
        try:
            made = add_blockout(context.scene, spec)
        except SynthDataError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        _aim_sweep(context.scene.synthdata, made)
        self.report({"INFO"}, f"Added '{made.collection}'")
        return {"FINISHED"}


def _aim_sweep(settings: Any, made: Blockout) -> None:
    """Aim the sweep at the blockout, unless the user aims it at something."""
    if settings.target is not None:
        return
    settings.target = bpy.data.objects[made.target]
    settings.sweep, settings.radius = "ORBIT", made.aim.radius
    start, arc = made.aim.arc
    for name, angle in (
        ("elevation", made.aim.elevation),
        ("azimuth_start", start),
        ("azimuth_range", arc),
    ):
        write(settings, name, angle)


class SYNTHDATA_MT_add_blockout(bpy.types.Menu):
    """The blockouts by name."""

    bl_idname = "SYNTHDATA_MT_add_blockout"
    bl_label = "Add Blockout"

    def draw(self, context: bpy.types.Context) -> None:
        for kind, about in KINDS.items():
            entry = self.layout.operator(
                SYNTHDATA_OT_add_blockout.bl_idname, text=about.title, icon=ICONS[kind]
            )
            entry.kind = kind


def _menu(self: Any, _context: bpy.types.Context) -> None:
    self.layout.menu(SYNTHDATA_MT_add_blockout.bl_idname, text="SynthData Blockout", icon="SCENE_DATA")


def attach() -> None:
    """Put the entry into the Add menu."""
    bpy.types.VIEW3D_MT_add.append(_menu)


def detach() -> None:
    """Take the entry out of the Add menu."""
    bpy.types.VIEW3D_MT_add.remove(_menu)


CLASSES = (SYNTHDATA_OT_add_blockout, SYNTHDATA_MT_add_blockout)
