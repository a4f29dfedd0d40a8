# SPDX-License-Identifier: GPL-3.0-or-later
"""Moving an object by a transform of the world, whatever carries or animates it: through its delta transforms.

Delta transforms come on top of location, rotation and scale, so that animation goes on and nothing has to be keyed.
"""

from __future__ import annotations

import bpy
from mathutils import Matrix

from .changes import Changes, can_change

AXIS_ANGLE = "rotation_axis_angle"


def can_move(obj: bpy.types.Object) -> bool:
    """Tell whether an object keeps a move: it is not linked, and its delta transforms are not animated."""
    return all(can_change(obj, path) for path in ("delta_location", _rotation_path(obj), "delta_scale"))


def move(obj: bpy.types.Object, transform: Matrix, depsgraph: bpy.types.Depsgraph, changes: Changes) -> bool:
    """Move an object by a rigid transform of the world with an even scale; return whether it could be.

    Args:
        obj: the user's object, not moved yet since the depsgraph was evaluated.
        transform: (4, 4), applied from the left to its ``matrix_world``.
        depsgraph: the scene, evaluated.
        changes: remembers what it was.
    """
    if not can_move(obj):
        changes.untouched.add(obj.name_full)
        return False
    evaluated = obj.evaluated_get(depsgraph)
    basis = evaluated.matrix_basis.copy()
    carrier = evaluated.matrix_world @ basis.inverted_safe()
    local = carrier.inverted_safe() @ transform @ carrier
    _, turn, scale = local.decompose()
    place = local @ basis.translation - evaluated.location
    changes.set(obj, "delta_location", tuple(place))
    _turn(obj, evaluated, turn.to_matrix(), changes)
    # An even scale is the same along all axes, whatever carries the object.
    factor = sum(scale) / 3.0
    changes.set(obj, "delta_scale", tuple(value * factor for value in obj.delta_scale))
    return True


def _turn(obj: bpy.types.Object, evaluated: bpy.types.Object, turn: Matrix, changes: Changes) -> None:
    if obj.rotation_mode == "QUATERNION":
        changes.set(
            obj, "delta_rotation_quaternion", tuple(turn.to_quaternion() @ obj.delta_rotation_quaternion)
        )
    elif obj.rotation_mode == "AXIS_ANGLE":
        # Blender keeps a delta of these to itself.
        angle, *axis = evaluated.rotation_axis_angle
        around, by = (turn @ Matrix.Rotation(angle, 3, axis)).to_quaternion().to_axis_angle()
        changes.set(obj, AXIS_ANGLE, (by, *around))
    else:
        turned = turn @ obj.delta_rotation_euler.to_matrix()
        changes.set(obj, "delta_rotation_euler", tuple(turned.to_euler(obj.rotation_mode)))


def _rotation_path(obj: bpy.types.Object) -> str:
    paths = {"QUATERNION": "delta_rotation_quaternion", "AXIS_ANGLE": AXIS_ANGLE}
    return paths.get(obj.rotation_mode, "delta_rotation_euler")
