# SPDX-License-Identifier: GPL-3.0-or-later
"""A scene of our own to render in: a copy that shares the user's objects, so that the user's scene is never changed.

Render settings, view layers, camera and world belong to the copy. On the shared objects only ``Object.pass_index`` and,
where a material is see-through, the materials' places change; both are put back. All is found by name at every use:
undo and file load kill references.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import bpy

from ..core import aov
from ..core.errors import SceneError
from ..core.spec import JobSpec
from . import compat
from .animated import AnimatedValues
from .label_materials import LabelMaterials, make_flat_material
from .materials import override_is_exact
from .own import MARK, OwnScene, set_whole_picture

log = logging.getLogger(__name__)
SCENE_NAME = "SynthData Job"
TRANSPARENT_BOUNCES = 256
"""So many see-through surfaces may stand before what a pixel shows."""


@dataclass
class Numbers:
    """What the label passes tell apart: Object Index by full object name, Material Index by full material name.

    ``copies``: whether there are copies that instancing makes; ``bare_copies``: whether any of them has no material.
    """

    objects: dict[str, int] = field(default_factory=dict)
    materials: dict[str, int] = field(default_factory=dict)
    copies: bool = False
    bare_copies: bool = False


@dataclass
class JobScene:
    """The job's own scene; :meth:`ensure` makes it or mends it, :meth:`close` takes every trace of it away."""

    source: str
    layer: str
    spec: JobSpec
    numbers: Numbers | None = None
    _own: OwnScene = field(default_factory=OwnScene)
    _material: str = ""
    _label_materials: LabelMaterials | None = None
    _animated: AnimatedValues | None = None
    _pass_indices: dict[tuple[str, str | None], int] = field(default_factory=dict)

    def ensure(self) -> bpy.types.Scene:
        """Return the job's scene, made anew when it is not there (first use, after undo, after :meth:`close`)."""
        scene = self._own.found()
        if scene is None:
            self.close()
            try:
                scene = self._make()
            except BaseException:
                self.close()
                raise
            if self.numbers is not None:
                self._replace_materials(scene, self.numbers)
        return scene

    def set_frame(self, scene: bpy.types.Scene, frame: int) -> None:
        """Go to a frame; :meth:`close` puts back what the animation writes onto the shared objects."""
        if scene.frame_current != frame:
            scene.frame_set(frame)

    def camera(self) -> bpy.types.Object:
        """Return the job's own camera."""
        return bpy.data.objects[self._own.camera]

    def depsgraph(self) -> bpy.types.Depsgraph:
        """Return the evaluated dependency graph of the job's scene."""
        scene = bpy.data.scenes[self._own.scene]
        with bpy.context.temp_override(scene=scene, view_layer=scene.view_layers[0]):
            return bpy.context.evaluated_depsgraph_get()

    def close(self) -> None:
        """Remove the scene, camera and material, and put every pass index back. Safe to call at any time, twice."""
        for key, value in self._pass_indices.items():
            obj = bpy.data.objects.get(key)
            if obj is not None and obj.pass_index != value:
                obj.pass_index = value
        self._pass_indices.clear()
        if self._label_materials is not None:
            self._label_materials.put_back()
            self._label_materials = None
        animated, self._animated = self._animated, None
        self._own.remove()
        if animated is not None:
            animated.put_back()
            source = bpy.data.scenes.get(self.source)
            if source is not None and self.layer in source.view_layers:
                source.view_layers[self.layer].update()  # matrices follow the values
        material = bpy.data.materials.get(self._material) if self._material else None
        if material is not None:
            bpy.data.materials.remove(material)
        self._material = ""

    def _make(self) -> bpy.types.Scene:
        # Evaluating our scene writes the animation's values onto the shared objects, even at the user's own frame.
        self._animated = AnimatedValues()
        scene = self._own.make(self.source, SCENE_NAME)
        for layer in list(scene.view_layers):
            if layer.name != self.layer:
                scene.view_layers.remove(layer)
        _set_output(scene, self.spec)
        _set_passes(scene.view_layers[0], self.spec)
        _set_one_sample(scene)
        return scene

    def tell_apart(self, numbers: Numbers) -> None:
        """Say what label renders have to tell apart, before the first one."""
        self.numbers = numbers
        self._replace_materials(self.ensure(), numbers)

    def original_material(self, name: str) -> str:
        """Return the full name of the user's material that a material of this name stands for while labels render."""
        return self._label_materials.original(name) if self._label_materials is not None else name

    def _replace_materials(self, scene: bpy.types.Scene, numbers: Numbers) -> None:
        """Choose the materials of label renders.

        One flat material on everything is four to six times cheaper, and exact where no material can be transparent,
        displaced or a volume. Else every material gets a flat copy of its own shape.
        """
        layer = scene.view_layers[0]
        by_material = self.spec.labels.segment_by == "MATERIAL"
        if override_is_exact(self.depsgraph()) and not by_material:
            material = make_flat_material(numbers.copies)
            self._material = material.name
            layer.material_override = material
            if numbers.copies:
                _add_aov(layer, aov.RANDOM, "VALUE")
            return
        log.info(
            "A material is transparent, displaced or a volume: labels render with flat copies of all materials."
        )
        layer.material_override = None
        layer.use_pass_material_index = by_material
        self._label_materials = LabelMaterials(self.spec.labels.alpha_threshold, numbers.materials)
        if numbers.copies:
            for name in aov.RANDOM_LAYERS:
                _add_aov(layer, name, "COLOR")
        if numbers.bare_copies:
            self._add_solid_layer(scene)

    def _add_solid_layer(self, scene: bpy.types.Scene) -> None:
        with bpy.context.temp_override(scene=scene, view_layer=scene.view_layers[0]):
            bpy.ops.scene.view_layer_add(type="COPY")
        solid = scene.view_layers[-1]
        solid.name = aov.SOLID_LAYER
        _clear_passes(solid)
        material = make_flat_material(tell_copies_apart=True)
        self._material = material.name
        solid.material_override = material
        _add_aov(solid, aov.RANDOM, "VALUE")

    def numbered(self) -> bpy.types.Scene:
        """Return the job's scene, ready for labels: objects have their Object Index, materials their stand-ins."""
        scene = self.ensure()
        self._number_objects()
        if self._label_materials is not None:
            self._label_materials.put_in()
        return scene

    def put_materials_back(self) -> None:
        """Put the user's materials back, for renders that show them; :meth:`numbered` takes them away again."""
        if self._label_materials is not None:
            self._label_materials.put_back()

    def _number_objects(self) -> None:
        """Give labelled objects their index and everything else 0, also what is only instanced."""
        wanted = self.numbers.objects if self.numbers is not None else {}
        for obj in bpy.data.objects:
            if MARK in obj:
                continue
            value = wanted.get(obj.name_full, 0)
            if obj.pass_index != value:
                self._pass_indices.setdefault(_key(obj), obj.pass_index)
                obj.pass_index = value


def render_scene(scene: bpy.types.Scene, view: int, *, write: bool) -> None:
    """Render a scene of ours, blocking.

    Raises:
        SceneError: ``scene.render_failed`` with Blender's own reason.
    """
    # Not by the operator's own `scene`: that renders the frame of the user's scene.
    try:
        with bpy.context.temp_override(scene=scene, view_layer=scene.view_layers[0]):
            bpy.ops.render.render(write_still=write)
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise SceneError(
            "scene.render_failed", f"View {view} did not render: {reason}", "See Blender's console."
        ) from error


def _key(obj: bpy.types.Object) -> tuple[str, str | None]:
    return obj.name, obj.library.filepath if obj.library else None


def _set_output(scene: bpy.types.Scene, spec: JobSpec) -> None:
    set_whole_picture(scene, spec)
    render = scene.render
    render.engine = "CYCLES"
    render.use_freestyle = False
    # A blurred picture has no pixel-exact labels; see the README on depth of field and motion blur.
    render.use_motion_blur = False
    compat.set_multilayer_exr(render.image_settings)
    scene.cycles.use_animated_seed = False


def _set_passes(layer: bpy.types.ViewLayer, spec: JobSpec) -> None:
    _clear_passes(layer)
    layer.use_pass_z = layer.use_pass_normal = layer.use_pass_object_index = True
    layer.use_pass_cryptomatte_object = spec.passes.cryptomatte


def _clear_passes(layer: bpy.types.ViewLayer) -> None:
    for name in dir(layer):
        if name.startswith("use_pass_") and isinstance(getattr(layer, name), bool):
            setattr(layer, name, False)
    layer.use = True
    layer.samples = 0
    layer.cycles.denoising_store_passes = False
    for own in list(layer.aovs):
        layer.aovs.remove(own)


def _add_aov(layer: bpy.types.ViewLayer, name: str, kind: str) -> None:
    own = layer.aovs.add()
    own.name, own.type = name, kind


def _set_one_sample(scene: bpy.types.Scene) -> None:
    cycles = scene.cycles
    cycles.samples = 1
    cycles.use_adaptive_sampling = cycles.use_denoising = False
    # A narrow filter puts the one sample at the pixel's centre: measured 0 wrong pixels against ray casts, 3 without.
    cycles.pixel_filter_type, cycles.filter_width = "BLACKMAN_HARRIS", 0.01
    cycles.max_bounces = cycles.diffuse_bounces = cycles.glossy_bounces = cycles.transmission_bounces = 0
    cycles.volume_bounces = 0
    cycles.transparent_max_bounces = TRANSPARENT_BOUNCES
    cycles.use_fast_gi = False
    scene.world = None
