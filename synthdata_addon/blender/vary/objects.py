# SPDX-License-Identifier: GPL-3.0-or-later
"""Poses and visibility of things: each moves, turns, grows, hides or takes another's place, as the view's draw says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ...core.draws import ObjectDraw, draw_object, draw_places
from ...core.variation import ObjectsVariation
from ..categories import CategoryRules
from .changes import Changes, can_change
from .moving import can_move, move
from .scope import Unit, carries_others, has_ancestor_in, in_scope, units


def vary_objects(
    spec: ObjectsVariation,
    seed: int,
    view: int,
    layer: bpy.types.ViewLayer,
    rules: CategoryRules,
    depsgraph: bpy.types.Depsgraph,
    changes: Changes,
) -> dict[str, Any]:
    """Move and hide the things in scope; return what the journal says of it.

    Marked surfaces (tables, shelves, floors) stay as they are unless their category is named: others stand on them.

    Args:
        spec: what varies.
        seed: the job's.
        view: its number.
        layer: the user's view layer.
        rules: of the scene, as of now.
        depsgraph: the frame that the view shows, evaluated before anything moved.
        changes: remembers what things were.
    """
    chosen = [unit for unit in units(layer, rules) if in_scope(spec, unit.category)]
    if spec.scope != "CATEGORIES":
        chosen = [unit for unit in chosen if not carries_others(unit)]
    fixed = [unit for unit in chosen if not all(map(can_move, unit.roots))]
    changes.untouched |= {unit.name for unit in fixed}
    free = [unit for unit in chosen if unit not in fixed]
    places = {unit.name: _Extent(unit, depsgraph) for unit in free}
    targets = _exchange(spec, seed, view, free)
    hidden = []
    for unit in free:
        draw = draw_object(spec, seed, view, unit.name)
        goal = places[targets.get(unit.name, unit.name)]
        transform = places[unit.name].transform(draw, goal)
        for obj in unit.roots:
            move(obj, transform, depsgraph, changes)
        if draw.hidden and _hide(unit, changes):
            hidden.append(unit.name)
    moved = {name: other for name, other in targets.items() if name != other}
    return {"hidden": hidden, **({"in_place_of": moved} if spec.shuffle else {})}


def _exchange(spec: ObjectsVariation, seed: int, view: int, free: Sequence[Unit]) -> dict[str, str]:
    """Return whose place each thing takes; what another of them carries stays with it."""
    members = {obj for unit in free for obj in unit.members}
    alone = [unit for unit in free if not any(has_ancestor_in(obj, members) for obj in unit.roots)]
    return draw_places(spec, seed, view, [unit.name for unit in alone])


def _hide(unit: Unit, changes: Changes) -> bool:
    if not all(can_change(obj, "hide_render") for obj in unit.members):
        changes.untouched.add(unit.name)
        return False
    for obj in unit.members:
        changes.set(obj, "hide_render", True)
    return True


class _Extent:
    """Where a thing stands: the middle of its box, and the middle of the box's underside."""

    def __init__(self, unit: Unit, depsgraph: bpy.types.Depsgraph) -> None:
        corners = np.array([corner for obj in unit.members for corner in _corners(obj, depsgraph)])
        low, high = corners.min(axis=0), corners.max(axis=0)
        self.centre = Vector((low + high) / 2.0)
        self.foot = Vector((self.centre.x, self.centre.y, low[2]))

    def transform(self, draw: ObjectDraw, goal: _Extent) -> Matrix:
        """Return the world transform that turns a thing about its middle, scales it on its foot and moves it."""
        turn = _about(self.centre, Matrix.Rotation(math.radians(draw.angle), 4, Vector(draw.axis)))
        grow = _about(self.foot, Matrix.Scale(draw.scale, 4))
        return Matrix.Translation(goal.foot - self.foot + Vector(draw.shift)) @ grow @ turn


def _corners(obj: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> list[tuple[float, ...]]:
    evaluated = obj.evaluated_get(depsgraph)
    matrix = evaluated.matrix_world
    if obj.type == "EMPTY":
        return [tuple(matrix.translation)]
    return [tuple(matrix @ Vector(corner)) for corner in evaluated.bound_box]


def _about(point: Vector, transform: Matrix) -> Matrix:
    return Matrix.Translation(point) @ transform @ Matrix.Translation(-point)
