# SPDX-License-Identifier: GPL-3.0-or-later
"""What is placed onto or into, and what is in the way, read once from a scene."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np

from ...core.arrays import Matrix4
from ...core.errors import SceneError
from ...core.populate import PlacementSpec
from ..modelling.stage import SURFACE
from .bodies import Body, Points, shown_bodies
from .placer import Placer
from .sources import collection_by_full_name
from .space import Space
from .surfaces import Region, regions_of

LEAST_AREA = 1e-6
"""Regions smaller than this, in square scene units, hold nothing."""


@dataclass(frozen=True)
class Ground:
    """The regions to stand on or the box to fill, and everything that is in the way, the supports too."""

    regions: list[Region]
    box: Matrix4 | None
    solids: list[Body]

    def placer(self, placement: PlacementSpec) -> Placer:
        """Return what finds places here, with nothing placed yet."""
        return Placer(placement, Space(self.solids, placement.spacing), self.regions, self.box)


def read_ground(
    scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph, placement: PlacementSpec, leave_out: set[str]
) -> Ground:
    """Read a scene, but for some objects.

    Args:
        scene: whose objects are marked, and hold the box.
        depsgraph: the scene, evaluated.
        placement: what is to be filled.
        leave_out: full names of the objects that are not in the way: those that are to be placed.

    Raises:
        SceneError: ``scene.no_support``, ``scene.no_box`` or ``scene.collection_missing``.
    """
    box = _box(scene, placement) if placement.where == "VOLUME" else None

    def wanted(owner: bpy.types.Object) -> bool:
        return (
            owner.name_full not in leave_out
            and not owner.hide_render
            and not (box is not None and owner.name_full == placement.volume)
        )

    bodies = shown_bodies(depsgraph, wanted)
    if box is not None:
        return Ground([], box, list(bodies.values()))
    supports = _supports(scene, placement)
    regions = [
        region for name in sorted(supports & bodies.keys()) for region in regions_of(name, bodies[name])
    ]
    regions = [region for region in regions if float(region.areas.sum()) > LEAST_AREA]
    if not regions:
        raise _no_support(scene, placement)
    return Ground(regions, None, list(bodies.values()))


def _supports(scene: bpy.types.Scene, placement: PlacementSpec) -> set[str]:
    if placement.supports:
        objects = collection_by_full_name(placement.supports).all_objects
        return {str(obj.name_full) for obj in objects}
    return {str(obj.name_full) for obj in scene.objects if obj.get(SURFACE) in placement.surfaces}


def _no_support(scene: bpy.types.Scene, placement: PlacementSpec) -> SceneError:
    if placement.supports:
        return SceneError(
            "scene.no_support",
            f"Nothing in the collection '{placement.supports}' that '{scene.name}' shows has a face that looks up.",
            "Choose another collection.",
        )
    wanted = " or ".join(placement.surfaces)
    return SceneError(
        "scene.no_support",
        f"No object that '{scene.name}' shows is marked as {wanted} and has a face that looks up.",
        "Select a table or a floor and mark it, or choose a collection of objects to place things on.",
    )


def _box(scene: bpy.types.Scene, placement: PlacementSpec) -> Matrix4:
    """Return the (4, 4) transform that takes the cube 0..1 to the box of the chosen object."""
    obj = next((item for item in scene.objects if item.name_full == placement.volume), None)
    if obj is None:
        raise SceneError(
            "scene.no_box",
            f"The box '{placement.volume}' is not in '{scene.name}'.",
            "Choose another object.",
        )
    low, high = _extent(obj)
    if float((high - low).min()) <= 0.0:
        raise SceneError(
            "scene.no_box",
            f"The object '{placement.volume}' is no box: it is flat or empty.",
            "Choose a cube.",
        )
    local = np.diag((*(high - low), 1.0))
    local[:3, 3] = low
    return np.array(obj.matrix_world, dtype=np.float64) @ local


def _extent(obj: bpy.types.Object) -> tuple[Points, Points]:
    """Return the lowest and highest corner in the object's axes; an empty cube is as large as it is drawn."""
    if obj.type == "EMPTY":
        half = np.full(3, obj.empty_display_size)
        return -half, half
    corners = np.array(obj.bound_box, dtype=np.float64)
    return corners.min(axis=0), corners.max(axis=0)
