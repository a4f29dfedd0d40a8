# SPDX-License-Identifier: GPL-3.0-or-later
"""The finished picture of a view: the user's scene with its own engine and settings, from our camera.

It has a scene of its own beside that of the labels, so that neither render changes a setting of the other: engine,
samples, depth of field, motion blur, world and colour management are the user's. The compositor is left out: it may
move pixels, and its file outputs would write where the user wants other pictures.
"""

from __future__ import annotations

from pathlib import Path

import bpy
from mathutils import Matrix

from ..core.png_text import without_text
from ..core.spec import JobSpec
from . import compat
from .own import OwnScene, set_whole_picture
from .poses import ViewPose
from .stage import MOVING

SCENE_NAME = "SynthData Beauty"
DEPTH_OF_FIELD_SETTINGS = (
    "use_dof",
    "focus_object",
    "focus_subtarget",
    "focus_distance",
    "aperture_fstop",
    "aperture_blades",
    "aperture_rotation",
    "aperture_ratio",
)


class BeautyScene:
    """A copy of the user's scene that renders finished pictures; found by name at every use."""

    def __init__(self, source: str, layer: str, spec: JobSpec) -> None:
        self._source = source
        self._layer = layer
        self._spec = spec
        self._own = OwnScene()

    @property
    def writes_cryptomatte(self) -> bool:
        """Whether labels come from this render, so that it writes EXR files."""
        return self._spec.labels.source == "CRYPTOMATTE"

    def prepare(self, found: ViewPose, file: Path) -> bpy.types.Scene:
        """Set frame, camera and file for the next picture; its lens and size are the variation's to set.

        Args:
            found: from where the view is taken; depth of field is that of the user's camera which it is seen from.
            file: where to write; PNG, or multilayer EXR where labels come from Cryptomatte.
        """
        scene = self._ensure()
        if scene.frame_current != found.frame:
            scene.frame_set(found.frame)
        own = bpy.data.objects[self._own.camera]
        own.matrix_world = Matrix(found.pose.tolist())
        _copy_depth_of_field(found.camera, own.data)
        scene.render.filepath = str(file)
        return scene

    def save_picture(self, file: Path) -> None:
        """Write the picture of the last render as PNG, with the scene's colour management."""
        scene = self._ensure()
        settings = scene.render.image_settings
        compat.set_png(settings)
        try:
            bpy.data.images["Render Result"].save_render(str(file), scene=scene)
            # Cycles tells how long it took, and Blender when that was.
            file.write_bytes(without_text(file.read_bytes()))
        finally:
            if self.writes_cryptomatte:
                compat.set_multilayer_exr(settings)

    def close(self) -> None:
        """Remove the scene and its camera. Safe to call at any time, twice."""
        self._own.remove()

    def _ensure(self) -> bpy.types.Scene:
        scene = self._own.found()
        if scene is None:
            self.close()
            scene = self._own.make(self._source, SCENE_NAME)
            self._set_up(scene)
        return scene

    def _set_up(self, scene: bpy.types.Scene) -> None:
        set_whole_picture(scene, self._spec)
        scene.render.use_persistent_data = not _may_things_come_and_go(self._spec)
        samples = self._spec.passes.beauty_samples
        if scene.render.engine == "CYCLES":
            scene.cycles.samples = samples
            scene.cycles.use_denoising = scene.cycles.use_denoising and compat.has_denoiser()
        elif hasattr(scene, "eevee"):
            scene.eevee.taa_render_samples = samples
        if self.writes_cryptomatte:
            layer = scene.view_layers[self._layer]
            for other in scene.view_layers:
                other.use = other == layer
            layer.use_pass_cryptomatte_object = True
            compat.set_multilayer_exr(scene.render.image_settings)


def _may_things_come_and_go(spec: JobSpec) -> bool:
    """Tell whether views may differ in which lights and objects there are.

    Cycles counts lights in the order in which they came, and draws its samples by that count. What it keeps of the
    views before would make a picture's noise depend on them (measured: with lights hidden and shown again), so that a
    job that was resumed would not be equal to one that was not.
    """
    lights, objects = spec.variation.lights, spec.variation.objects
    has_lights = lights.use and (lights.off > 0.0 or lights.extra[0] != lights.extra[1])
    has_objects = (objects.use and objects.hidden > 0.0) or spec.populate.every > 0
    return has_lights or has_objects or spec.variation.frames.use or spec.sweep.kind in MOVING


def _copy_depth_of_field(source: str, target: bpy.types.Camera) -> None:
    camera = bpy.data.objects.get(source) if source else None
    target.dof.use_dof = False
    if camera is None or camera.type != "CAMERA" or not camera.data.dof.use_dof:
        return
    dof = camera.data.dof
    for name in DEPTH_OF_FIELD_SETTINGS:
        setattr(target.dof, name, getattr(dof, name))
