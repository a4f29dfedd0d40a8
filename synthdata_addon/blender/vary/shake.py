# SPDX-License-Identifier: GPL-3.0-or-later
"""A camera of ours that moves while the shutter is open: motion blur of what stands still. Finished picture only."""

from __future__ import annotations

import bpy
from mathutils import Vector


def shake(camera: bpy.types.Object, frame: int, way: tuple[float, float, float], shutter: float) -> None:
    """Let a camera go a way while the shutter is open; in the frame itself it stands where it is now.

    Args:
        camera: ours; keys that it had are removed.
        frame: that the picture shows.
        way: from the opening to the closing of the shutter, world axes, scene units.
        shutter: frames that it is open.
    """
    stand_still(camera)
    place = camera.location.copy()
    for step in (-1, 1):
        camera.location = place + Vector(way) * (step / shutter)
        camera.keyframe_insert("location", frame=frame + step)
    camera.location = place


def stand_still(camera: bpy.types.Object) -> None:
    """Take a camera's keys away, and the action that held them."""
    animation = camera.animation_data
    if animation is None:
        return  # to clear nothing would still make Cycles prepare the whole scene anew
    action = animation.action
    camera.animation_data_clear()
    if action is not None:
        bpy.data.actions.remove(action)
