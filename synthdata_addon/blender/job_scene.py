# SPDX-License-Identifier: GPL-3.0-or-later
"""A scene of our own to render in: a copy that shares the user's objects, so that the user's scene is never changed.

Render settings, view layers, camera and world belong to the copy. Only ``Object.pass_index`` lives on the shared
objects; it is remembered and put back. All is found by name at every use: undo and file load kill references.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import bpy

from ..core.records import InstanceRecord
from ..core.spec import JobSpec
from . import compat
from .animated import AnimatedValues
from .materials import make_flat_material, override_is_exact

log = logging.getLogger(__name__)
SCENE_NAME = "SynthData Job"
CAMERA_NAME = "SynthData Camera"


@dataclass
class JobScene:
    """The job's own scene; :meth:`ensure` makes it or mends it, :meth:`close` takes every trace of it away."""

    source: str
    layer: str
    spec: JobSpec
    instances: tuple[InstanceRecord, ...]
    _scene: str = ""
    _camera: str = ""
    _material: str = ""
    _animated: AnimatedValues | None = None
    _pass_indices: dict[tuple[str, str | None], int] = field(default_factory=dict)

    def ensure(self) -> bpy.types.Scene:
        """Return the job's scene, made anew when it is not there (first use, after undo, after :meth:`close`)."""
        scene = bpy.data.scenes.get(self._scene) if self._scene else None
        if scene is None or bpy.data.objects.get(self._camera) is None:
            self.close()
            try:
                scene = self._make()
            except BaseException:
                self.close()
                raise
        self._number_objects()
        return scene

    def set_frame(self, scene: bpy.types.Scene, frame: int) -> None:
        """Go to a frame; :meth:`close` puts back what the animation writes onto the shared objects."""
        if scene.frame_current != frame:
            scene.frame_set(frame)

    def camera(self) -> bpy.types.Object:
        """Return the job's own camera."""
        return bpy.data.objects[self._camera]

    def depsgraph(self) -> bpy.types.Depsgraph:
        """Return the evaluated dependency graph of the job's scene."""
        scene = bpy.data.scenes[self._scene]
        with bpy.context.temp_override(scene=scene, view_layer=scene.view_layers[0]):
            return bpy.context.evaluated_depsgraph_get()

    def close(self) -> None:
        """Remove the scene, camera and material, and put every pass index back. Safe to call at any time, twice."""
        for key, value in self._pass_indices.items():
            obj = bpy.data.objects.get(key)
            if obj is not None and obj.pass_index != value:
                obj.pass_index = value
        self._pass_indices.clear()
        animated, self._animated = self._animated, None
        camera = bpy.data.objects.get(self._camera) if self._camera else None
        if camera is not None:
            bpy.data.cameras.remove(camera.data)  # takes the object with it
        scene = bpy.data.scenes.get(self._scene) if self._scene else None
        if scene is not None:
            # Not scenes.remove(): it crashes 4.3 in a background command, where there is no window.
            bpy.data.batch_remove([scene])
        if animated is not None:
            animated.put_back()
            source = bpy.data.scenes.get(self.source)
            if source is not None and self.layer in source.view_layers:
                source.view_layers[self.layer].update()  # matrices follow the values
        material = bpy.data.materials.get(self._material) if self._material else None
        if material is not None:
            bpy.data.materials.remove(material)
        self._scene = self._camera = self._material = ""

    def _make(self) -> bpy.types.Scene:
        # Evaluating our scene writes the animation's values onto the shared objects, even at the user's own frame.
        self._animated = AnimatedValues()
        scene = bpy.data.scenes[self.source].copy()
        scene.name = SCENE_NAME
        self._scene = scene.name
        for layer in list(scene.view_layers):
            if layer.name != self.layer:
                scene.view_layers.remove(layer)
        data = bpy.data.cameras.new(CAMERA_NAME)
        camera = bpy.data.objects.new(CAMERA_NAME, data)
        self._camera = camera.name
        scene.collection.objects.link(camera)
        scene.camera = camera
        _set_output(scene, self.spec)
        _set_passes(scene.view_layers[0], self.spec)
        if self.spec.passes.beauty:
            _set_beauty(scene, self.spec)
        else:
            _set_one_sample(scene)
            self._set_override(scene)
        return scene

    def _set_override(self, scene: bpy.types.Scene) -> None:
        # The real materials stay where a flat one would change what is seen; Cycles then shades them at one sample.
        if override_is_exact(self.depsgraph()):
            material = make_flat_material()
            self._material = material.name
            scene.view_layers[0].material_override = material
        else:
            scene.view_layers[0].material_override = None
            log.info(
                "A material is transparent, displaced or a volume: the label render keeps the real materials."
            )

    def _number_objects(self) -> None:
        """Give labelled objects their id and everything else 0, also what is only instanced."""
        wanted = {instance.name: instance.id for instance in self.instances}
        for obj in bpy.data.objects:
            value = wanted.get(obj.name_full, 0)
            if obj.pass_index != value:
                self._pass_indices.setdefault(_key(obj), obj.pass_index)
                obj.pass_index = value


def _key(obj: bpy.types.Object) -> tuple[str, str | None]:
    return obj.name, obj.library.filepath if obj.library else None


def _set_output(scene: bpy.types.Scene, spec: JobSpec) -> None:
    render = scene.render
    render.engine = "CYCLES"
    render.resolution_x, render.resolution_y, render.resolution_percentage = spec.width, spec.height, 100
    render.pixel_aspect_x = render.pixel_aspect_y = 1.0
    render.use_border = render.use_crop_to_border = False
    render.use_compositing = render.use_sequencer = False
    render.use_stamp = render.use_multiview = render.use_freestyle = False
    render.use_overwrite, render.use_placeholder, render.use_file_extension = True, False, False
    # A blurred picture has no pixel-exact labels; see the README on depth of field and motion blur.
    render.use_motion_blur = False
    render.use_persistent_data = True
    # Files that are deleted as soon as they are labelled are not worth packing: a sixth of a label render.
    compat.set_multilayer_exr(render.image_settings, compress=spec.passes.keep)
    scene.cycles.use_animated_seed = False
    # A marker may hold a camera, which a render would switch to; the view plan has followed it already.
    scene.timeline_markers.clear()


def _set_passes(layer: bpy.types.ViewLayer, spec: JobSpec) -> None:
    for name in dir(layer):
        if name.startswith("use_pass_") and isinstance(getattr(layer, name), bool):
            setattr(layer, name, False)
    layer.use = True
    layer.samples = 0
    layer.use_pass_combined = spec.passes.beauty
    layer.use_pass_z = layer.use_pass_normal = layer.use_pass_object_index = True
    layer.use_pass_cryptomatte_object = spec.passes.cryptomatte
    layer.cycles.denoising_store_passes = False
    for aov in list(layer.aovs):
        layer.aovs.remove(aov)


def _set_one_sample(scene: bpy.types.Scene) -> None:
    cycles = scene.cycles
    cycles.samples = 1
    cycles.use_adaptive_sampling = cycles.use_denoising = False
    # A narrow filter puts the one sample at the pixel's centre: measured 0 wrong pixels against ray casts, 3 without.
    cycles.pixel_filter_type, cycles.filter_width = "BLACKMAN_HARRIS", 0.01
    cycles.max_bounces = cycles.diffuse_bounces = cycles.glossy_bounces = cycles.transmission_bounces = 0
    cycles.volume_bounces = 0
    cycles.use_fast_gi = False
    scene.world = None


def _set_beauty(scene: bpy.types.Scene, spec: JobSpec) -> None:
    scene.cycles.samples = spec.passes.beauty_samples
    scene.cycles.use_denoising = scene.cycles.use_denoising and compat.has_denoiser()
