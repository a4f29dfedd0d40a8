# SPDX-License-Identifier: GPL-3.0-or-later
"""Add and remove LoRAs."""

from __future__ import annotations

import bpy
from bpy.props import IntProperty


class SYNTHDATA_OT_lora_add(bpy.types.Operator):
    """Add a LoRA"""

    bl_idname = "synthdata.lora_add"
    bl_label = "Add LoRA"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.scene.synthdata.diffusion.loras.add()
        return {"FINISHED"}


class SYNTHDATA_OT_lora_remove(bpy.types.Operator):
    """Remove this LoRA"""

    bl_idname = "synthdata.lora_remove"
    bl_label = "Remove LoRA"
    bl_options = {"REGISTER", "UNDO"}

    number: IntProperty(name="Number", description="Which LoRA, from 0", min=0)

    def execute(self, context: bpy.types.Context) -> set[str]:
        loras = context.scene.synthdata.diffusion.loras
        if self.number >= len(loras):
            return {"CANCELLED"}
        loras.remove(self.number)
        return {"FINISHED"}


CLASSES = (SYNTHDATA_OT_lora_add, SYNTHDATA_OT_lora_remove)
