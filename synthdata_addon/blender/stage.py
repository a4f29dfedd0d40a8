# SPDX-License-Identifier: GPL-3.0-or-later
"""Where poses are tried: the job's scene, or what is known of it after it is gone."""

from __future__ import annotations

import logging
from typing import Final

import bpy
import numpy as np

from ..core.arrays import Matrix4
from ..core.camera import Lens
from ..core.errors import SceneError
from ..core.plan import PlannedView
from ..core.sweep_spec import LimitsSpec
from .contents import Contents
from .expected import Boxes
from .facts import camera_of_marker, lens_of, object_by_full_name
from .job_scene import JobScene
from .labelling import Thing
from .rays import FrozenRays, Numbered, Places, Rays, SceneRays, places_of

log = logging.getLogger(__name__)
TRIANGLE_COST, OBJECT_COST = 4e-6, 0.4e-6
"""Seconds to gather a triangle, and for one of Blender's ray casts to ask one object (measured: two cores of 2020)."""
RAYS_A_VIEW = 3
MOVING: Final = ("FRAMES", "MARKERS")
"""Sweeps whose views show different frames."""


class JobStage:
    """The job's scene. While nothing moves, its triangles are gathered once for all views."""

    def __init__(self, job_scene: JobScene, contents: Contents) -> None:
        """Try poses in a job's scene."""
        self._job_scene, self._contents = job_scene, contents
        spec = job_scene.spec
        varies = spec.variation.objects.use or spec.variation.frames.use or spec.populate.every > 0
        self.is_still = spec.sweep.kind not in (*MOVING, "TURNTABLE") and not varies
        self._is_to_freeze: bool | None = None
        """Whether triangles are to be gathered; None: not decided yet."""
        self._frozen: Rays | None = None
        self._boxes: Boxes | None = None
        self._placed: tuple[Thing, ...] | None = None
        self._places: Places = {}

    def show(self, frame: int) -> None:
        """Go to a frame."""
        if self._frozen is None:  # else nothing moves, and asking for the scene takes longer than the rays
            self._job_scene.set_frame(self._job_scene.ensure(), frame)

    def rays(self) -> Rays:
        """Return the scene for ray casts, as it is now."""
        if self._frozen is None and self.is_still and self._is_to_freeze is not False:
            self._is_to_freeze = self._is_worthwhile()
            self._frozen = self._freeze() if self._is_to_freeze else None
        return self._frozen or self._scene_rays()

    def _is_worthwhile(self) -> bool:
        """Tell whether to gather triangles is cheaper than Blender's ray casts for all views, or asked for.

        Decided by the job and the scene alone, so that a preview, a resumed job and the whole job do the same.
        """
        sweep = self._job_scene.spec.sweep
        if sweep.limits != LimitsSpec():
            return True
        meshes = [
            item.object.data
            for item in self._job_scene.depsgraph().object_instances
            if isinstance(item.object.data, bpy.types.Mesh)
        ]
        gathering = TRIANGLE_COST * sum(len(mesh.loops) - 2 * len(mesh.polygons) for mesh in meshes)
        return gathering < sweep.views * RAYS_A_VIEW * OBJECT_COST * len(meshes)

    def boxes(self) -> Boxes:
        """Return what is labelled in it, as it is now."""
        if self._boxes is None or not self.is_still:
            self._boxes = Boxes.of(self._things())
        return self._boxes

    def camera(self, planned: PlannedView) -> tuple[str, Lens, Matrix4]:
        """Return full name, lens and pose of the user's camera that a view is taken from."""
        follows_markers = self._job_scene.spec.sweep.kind == "FRAMES"
        frame = self._job_scene.ensure().frame_current
        name = (follows_markers and camera_of_marker(self._job_scene.source, frame)) or planned.camera
        evaluated = object_by_full_name(name).evaluated_get(self._job_scene.depsgraph())
        return name, lens_of(evaluated.data), np.array(evaluated.matrix_world, dtype=np.float64)

    def frozen(self) -> FrozenStage | None:
        """Return what is left of this stage when the job's scene is gone; None where there is too much of it."""
        rays = self._frozen or self._freeze()
        return FrozenStage(rays, self.boxes()) if rays is not None else None

    def _freeze(self) -> Rays | None:
        try:
            return FrozenRays(self._job_scene.depsgraph(), self._things(), self._job_scene.original_material)
        except OverflowError:
            log.info("The scene has too many triangles to gather: rays are cast by Blender.")
            self._is_to_freeze = False
            return None

    def _scene_rays(self) -> Rays:
        things = self._contents.things(self._job_scene.ensure().frame_current)
        if self._placed is not things:
            self._placed, self._places = things, places_of(self._things())
        return SceneRays(self._job_scene.ensure(), self._job_scene.depsgraph(), self._places)

    def _things(self) -> Numbered:
        frame = self._job_scene.ensure().frame_current
        id_of = self._contents.labelling.id_of
        return [(id_of(thing), thing) for thing in self._contents.things(frame)]


class FrozenStage:
    """Triangles and boxes of one frame of a scene that is not looked at any more; its cameras are not kept."""

    is_still = True

    def __init__(self, rays: Rays, boxes: Boxes) -> None:
        """Keep them."""
        self._rays, self._boxes = rays, boxes

    def show(self, frame: int) -> None:
        """Do nothing: there is one frame."""

    def rays(self) -> Rays:
        """Return the triangles."""
        return self._rays

    def boxes(self) -> Boxes:
        """Return the boxes."""
        return self._boxes

    def camera(self, planned: PlannedView) -> tuple[str, Lens, Matrix4]:
        """Refuse.

        Raises:
            SceneError: ``scene.no_camera``.
        """
        raise SceneError(
            "scene.no_camera", f"The camera '{planned.camera}' is not kept.", "Look at the scene anew."
        )
