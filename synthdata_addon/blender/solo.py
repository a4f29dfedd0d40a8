# SPDX-License-Identifier: GPL-3.0-or-later
"""What each labelled thing would show alone: label renders of things that hide nothing of each other, together.

Every part of every thing gets an object of our own, in the thing's place, with the thing's id as Object Index, in a
scene that holds nothing else. Things whose boxes do not meet in the picture share a render.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import bpy
from mathutils import Matrix

from ..core.layout import DatasetFolder, solo_file
from ..core.picture_box import Box2D, meet, reaches_outside, room_in_picture
from ..core.records import CameraRecord, SeenInstance
from .contents import Contents
from .facts import object_by_full_name
from .geometry import Geometry, make_mesh
from .job_scene import JobScene
from .label_render import render_passes
from .labelling import Thing
from .own import MARK, remove_scene
from .scan import Rendered

SCENE_NAME = "SynthData Solo"


class SoloViews:
    """Renders, view by view, what each labelled thing shows alone."""

    def __init__(self, job_scene: JobScene, contents: Contents, folder: DatasetFolder) -> None:
        self._job_scene = job_scene
        self._contents = contents
        self._folder = folder
        self._scene: SoloScene | None = None
        self._frame: int | None = None

    def render(self, view: int, frame: int, camera: CameraRecord, size: tuple[int, int]) -> tuple[Path, ...]:
        """Render the things of a frame in groups; return the files, under temporary names.

        ``camera`` and ``size`` (width, height) are those of the label render.

        Raises:
            SceneError: ``scene.render_failed`` with Blender's own reason.
        """
        scene = self._shown(frame)
        self._job_scene.numbered()
        parts = []
        for number, group in enumerate(scene.groups(camera, size)):
            target = self._folder.full(solo_file(view, number))
            part = target.with_name(f".{view:06d}.solo{number}.part.exr")
            alone = scene.only(group)
            alone.render.resolution_x, alone.render.resolution_y = size
            render_passes(alone, view, part)
            parts.append(part)
        return tuple(parts)

    def with_outside(
        self, instances: Iterable[SeenInstance], camera: CameraRecord
    ) -> tuple[SeenInstance, ...]:
        """Return the records of the frame last rendered, with what reaches past the picture's edges."""
        size = (self._job_scene.spec.width, self._job_scene.spec.height)
        outside = self._scene.outside(camera, size) if self._scene is not None else {}
        return tuple(replace(item, outside=outside.get(item.id)) for item in instances)

    def close(self) -> None:
        """Take every trace away. Safe to call at any time, twice."""
        if self._scene is not None:
            self._scene.remove()
        self._scene, self._frame = None, None

    def _shown(self, frame: int) -> SoloScene:
        label_scene = self._job_scene.ensure().name
        if self._scene is None or self._frame != frame or not self._scene.is_there():
            self.close()
            self._scene = SoloScene(label_scene)
            self._scene.show(self._contents.baked(frame))
            self._frame = frame
        return self._scene


@dataclass(frozen=True)
class Solo:
    """A thing's id and the names of its stand-ins."""

    id: int
    thing: Thing
    objects: tuple[str, ...]


class SoloScene:
    """The scene of stand-ins of one frame's things; :meth:`remove` takes every trace of it away."""

    def __init__(self, label_scene: str) -> None:
        """Take the settings (passes, samples, output, material override) of the label render's scene."""
        self._label_scene = label_scene
        self._scene = ""
        self._anchor = ""
        self._solos: list[Solo] = []
        self._made: list[str] = []
        self._meshes: dict[Geometry, str] = {}

    def show(self, things: Iterable[tuple[int, Thing]]) -> None:
        """Make the stand-ins of a frame's things, which come with their ids, in the place of those of another frame."""
        scene = bpy.data.scenes[self._label_scene].copy()
        scene.name = SCENE_NAME
        self._scene = scene.name
        _keep_index_only(scene)
        for collection in list(scene.collection.children):
            scene.collection.children.unlink(collection)
        for obj in list(scene.collection.objects):
            if obj != scene.camera:
                scene.collection.objects.unlink(obj)
        anchor = bpy.data.objects.new(SCENE_NAME, None)
        self._anchor = anchor.name
        scene.collection.objects.link(anchor)
        for number, thing in things:
            parts = tuple(self._stand_in(scene, part, number, anchor) for part in thing.parts)
            self._solos.append(Solo(number, thing, parts))

    def groups(self, camera: CameraRecord, size: tuple[int, int]) -> list[list[Solo]]:
        """Return the things that a camera may see, in groups whose boxes do not meet in the picture.

        Args:
            camera: the view's camera.
            size: picture width and height, pixels.
        """
        groups: list[tuple[list[Box2D], list[Solo]]] = []
        for solo in self._solos:
            box = room_in_picture(solo.thing.corners(), camera, size)
            if box is None:
                continue
            for boxes, members in groups:
                if not any(meet(box, other) for other in boxes):
                    boxes.append(box)
                    members.append(solo)
                    break
            else:
                groups.append(([box], [solo]))
        return [members for _, members in groups]

    def outside(self, camera: CameraRecord, size: tuple[int, int]) -> dict[int, bool]:
        """Return id -> whether its box is not wholly inside of the picture."""
        return {solo.id: reaches_outside(solo.thing.corners(), camera, size) for solo in self._solos}

    def is_there(self) -> bool:
        """Tell whether undo or a file load left the scene as it was made."""
        return self._scene in bpy.data.scenes and all(name in bpy.data.objects for name in self._made)

    def only(self, group: Sequence[Solo]) -> bpy.types.Scene:
        """Return the scene, with nothing but a group in its renders."""
        shown = {name for solo in group for name in solo.objects}
        for name in self._made:
            obj = bpy.data.objects[name]
            if obj.hide_render == (name in shown):
                obj.hide_render = name not in shown
        return bpy.data.scenes[self._scene]

    def remove(self) -> None:
        """Remove the scene, its objects and their meshes. Safe to call at any time, twice."""
        scene = bpy.data.scenes.get(self._scene) if self._scene else None
        names = [*self._made, self._anchor]
        objects = [obj for name in names if name and (obj := bpy.data.objects.get((name, None)))]
        remove_scene(scene, objects)
        bpy.data.batch_remove([mesh for mesh in bpy.data.meshes if MARK in mesh and mesh.users == 0])
        self._scene = self._anchor = ""
        self._solos, self._made, self._meshes = [], [], {}

    def _stand_in(self, scene: bpy.types.Scene, part: Rendered, number: int, anchor: bpy.types.Object) -> str:
        made = self._mesh(part)
        obj = bpy.data.objects.new(SCENE_NAME, made) if made is not None else _plain_copy(part.name)
        # A matrix may be sheared, which location, rotation and scale cannot say.
        obj.parent = anchor
        obj.matrix_parent_inverse = Matrix([list(row) for row in part.matrix_world])
        obj.matrix_basis = Matrix.Identity(4)
        obj[MARK] = True
        obj.pass_index = number
        obj.hide_render = False
        scene.collection.objects.link(obj)
        self._made.append(obj.name)
        return str(obj.name)

    def _mesh(self, part: Rendered) -> bpy.types.Mesh | None:
        """Return the mesh of a part's own geometry, made once for all copies of it."""
        if part.geometry is None:
            return None
        name = self._meshes.get(part.geometry)
        if name is None:
            mesh = make_mesh(SCENE_NAME, part.geometry)
            mesh[MARK] = True
            name = self._meshes[part.geometry] = mesh.name
        return bpy.data.meshes[name]


def _keep_index_only(scene: bpy.types.Scene) -> None:
    first, *others = scene.view_layers
    for layer in others:
        scene.view_layers.remove(layer)
    for own in list(first.aovs):
        first.aovs.remove(own)
    first.use_pass_z = first.use_pass_normal = first.use_pass_cryptomatte_object = False


def _plain_copy(name: str) -> bpy.types.Object:
    """Return a copy of an object that stands still and makes no copies of other objects."""
    obj = object_by_full_name(name).copy()
    obj.name = SCENE_NAME
    obj.animation_data_clear()
    obj.constraints.clear()
    obj.instance_type = "NONE"
    obj.delta_location, obj.delta_scale = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    obj.delta_rotation_euler, obj.delta_rotation_quaternion = (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0)
    return obj
