# SPDX-License-Identifier: GPL-3.0-or-later
"""One view's variation, from first to last: what moves before its labels render, what changes for its picture alone.

What it changed in the user's data is put back when the view is done, whatever became of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bpy
from mathutils import Vector

from ...core.arrays import Matrix4
from ...core.camera import Lens
from ...core.draws import CameraDraw, draw_camera, draw_frame, draw_noise
from ...core.plan import SceneFacts
from ...core.variation import PICTURE_ONLY, varied
from ..categories import CategoryRules
from ..job_scene import JobScene
from .changes import Changes
from .exposure import expose
from .lights import ExtraLights, vary_lights
from .materials import VariedMaterials
from .objects import vary_objects
from .optics import Shot, take
from .picture import develop
from .shake import shake, stand_still
from .world import VariedWorld


class ViewVariation:
    """The variation of one job's views. Usage: within ``with of(view)``: :meth:`place`, :meth:`take`, :meth:`dress`.

    ``drawn`` is what the view at hand got, for the journal.
    """

    def __init__(self, job_scene: JobScene, facts: SceneFacts) -> None:
        """Look at the folders that pictures come from.

        Raises:
            SceneError: ``scene.no_pictures``.
        """
        self._job_scene = job_scene
        self._spec = job_scene.spec.variation
        self._seed = job_scene.spec.seed
        self._facts = facts
        self.changes = Changes()
        self._extra = ExtraLights(self._spec.lights)
        # The finished picture alone shows them.
        beauty = job_scene.spec.passes.beauty
        world, materials = self._spec.world, self._spec.materials
        self._world = VariedWorld(world, job_scene.source) if beauty and world.use else None
        self._materials = VariedMaterials(materials) if beauty and materials.use else None
        self._camera = ""
        self.drawn: dict[str, Any] = {}

    @property
    def moves_things(self) -> bool:
        """Whether views differ in where things are, so that each has to be scanned by itself."""
        return self._spec.objects.use

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should know of the views so far."""
        said = [self._world.warning] if self._world is not None and self._world.warning else []
        unseen = varied(self._spec, PICTURE_ONLY)
        if unseen and not self._job_scene.spec.passes.beauty:
            said.append(f"Beauty is off, so that nothing shows what varies: {', '.join(unseen)}.")
        names = sorted(self.changes.untouched)
        if names:
            shown = ", ".join(f"'{name}'" for name in names[:5]) + (" and others" if len(names) > 5 else "")
            said.append(f"Linked or animated, so that it does not vary: {shown}.")
        return tuple(said)

    @contextmanager
    def of(self, view: int) -> Iterator[None]:
        """Begin a view; put everything back at its end."""
        self.begin(view)
        try:
            yield
        finally:
            self.changes.put_back()

    def begin(self, view: int) -> None:
        """Begin a view that somebody else will put back, by :attr:`changes`."""
        self._view = view
        self.drawn = {}

    def place(self) -> None:
        """Move and hide things, in the frame that the job's scene shows."""
        if self._spec.frames.use:
            self.drawn["frame"] = draw_frame(self._spec.frames, self._seed, self._view, 0)
        if not self._spec.objects.use:
            return
        depsgraph = self._job_scene.depsgraph()
        self.drawn["objects"] = vary_objects(
            self._spec.objects, self._seed, self._view, self._layer(), self._rules(), depsgraph, self.changes
        )

    def take(self, name: str, lens: Lens, pose: Matrix4) -> Shot:
        """Return the optics of the view from what its plan has.

        Raises:
            SceneError: ``scene.distortion``.
        """
        shot = take(self._job_scene.spec, self._view, name, lens, pose)
        if self._spec.camera.use_lens and shot.camera.type == "PERSP":
            drawn = draw_camera(self._spec.camera, self._seed, self._view).lens
            self.drawn["lens"] = round(drawn or lens.lens, 6)
        return shot

    def dress(self, scene: bpy.types.Scene, shot: Shot) -> None:
        """Change what the finished picture alone shows. ``scene`` is ours, with a camera of ours.

        Raises:
            SceneError: ``scene.no_pictures``: a picture cannot be loaded.
        """
        spec, seed, view = self._spec, self._seed, self._view
        self._set_camera(scene, shot, draw_camera(spec.camera, seed, view))
        if spec.lights.use:
            depsgraph = self._job_scene.depsgraph()
            lights = vary_lights(spec.lights, seed, view, self._layer(), depsgraph, self.changes)
            self.drawn["lights"] = lights
            self.drawn["extra_lights"] = self._extra.show(scene, seed, view, self._facts.target)
        if self._world is not None:
            self.drawn["world"] = self._world.show(scene, seed, view)
        if self._materials is not None:
            self.drawn["materials"] = self._materials.vary(
                seed, view, self._layer(), self._rules(), self.changes
            )

    def develop(self, file: Path, shot: Shot) -> None:
        """Give the finished picture's file the distortion and the noise of the view."""
        noise = draw_noise(self._spec.sensor, self._seed, self._view) if self._spec.sensor.use_noise else None
        if noise is not None:
            self.drawn["noise"] = {"shot": round(noise[0][0], 6), "read": round(noise[0][1], 6)}
        develop(file, shot.bend.source_points() if shot.bend is not None else None, noise)

    def close(self) -> None:
        """Put everything back and remove what is ours. Safe to call at any time, twice."""
        self.changes.put_back()
        camera = bpy.data.objects.get(self._camera) if self._camera else None
        if camera is not None:
            stand_still(camera)
        self._extra.remove()
        if self._world is not None:
            self._world.remove()
        if self._materials is not None:
            self._materials.remove()

    def _set_camera(self, scene: bpy.types.Scene, shot: Shot, draw: CameraDraw) -> None:
        source = bpy.data.scenes[self._job_scene.source]
        render, camera = scene.render, scene.camera
        render.resolution_x, render.resolution_y = shot.picture_size
        self._camera = camera.name
        stand_still(camera)
        for name, value in vars(shot.picture_lens).items():
            setattr(camera.data, name, value)
        said: dict[str, Any] = {}
        if draw.exposure is not None:
            said["exposure"] = round(expose(scene, source, draw.exposure), 6)
        if draw.fstop is not None:
            dof = camera.data.dof
            dof.use_dof, dof.focus_object, dof.aperture_fstop = True, None, draw.fstop
            dof.focus_distance = self._distance(camera)
            said["fstop"] = round(draw.fstop, 6)
        if draw.shutter is not None:
            render.use_motion_blur, render.motion_blur_shutter = True, draw.shutter
            render.motion_blur_position = "CENTER"  # labels show the frame itself
            said["shutter"] = round(draw.shutter, 6)
            if any(draw.shake):
                shake(camera, scene.frame_current, draw.shake, draw.shutter)
                said["shake"] = [round(value, 6) for value in draw.shake]
        if said:
            self.drawn["camera"] = said

    def _distance(self, camera: bpy.types.Object) -> float:
        """Return how far the target is along the camera's axis."""
        axis = camera.matrix_world.to_3x3() @ Vector((0.0, 0.0, -1.0))
        way = Vector(self._facts.target) - camera.matrix_world.translation
        return max(0.001, float(way.dot(axis.normalized())))

    def _layer(self) -> bpy.types.ViewLayer:
        return bpy.data.scenes[self._job_scene.source].view_layers[self._job_scene.layer]

    def _rules(self) -> CategoryRules:
        source = bpy.data.scenes[self._job_scene.source]
        return CategoryRules(source, self._layer(), self._job_scene.spec.labels)
