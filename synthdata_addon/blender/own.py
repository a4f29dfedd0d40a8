# SPDX-License-Identifier: GPL-3.0-or-later
"""What is ours in the user's file while a job runs: the mark on it, and scenes to render in with a camera of their own.

All is found by name at every use: undo and file load kill references.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import bpy

from ..core.machine import THREADS_VARIABLE
from ..core.spec import JobSpec

MARK: Final = "synthdata_label"
"""Custom property of everything that is ours while labels render."""


@dataclass
class OwnScene:
    """A copy of the user's scene that shares its objects, with a camera of ours; both are there or none is."""

    scene: str = ""
    camera: str = ""

    def found(self) -> bpy.types.Scene | None:
        """Return the scene, or None if it or its camera is not there (not made yet, or undone)."""
        if not self.camera or bpy.data.objects.get(self.camera) is None:
            return None
        return bpy.data.scenes.get(self.scene)

    def make(self, source: str, name: str) -> bpy.types.Scene:
        """Copy a scene and give the copy a camera."""
        scene = bpy.data.scenes[source].copy()
        scene.name = name
        self.scene = scene.name
        camera = bpy.data.objects.new(f"{name} Camera", bpy.data.cameras.new(f"{name} Camera"))
        self.camera = camera.name
        scene.collection.objects.link(camera)
        scene.camera = camera
        return scene

    def remove(self) -> None:
        """Remove scene and camera. Safe to call at any time, twice."""
        camera = bpy.data.objects.get(self.camera) if self.camera else None
        if camera is not None:
            bpy.data.cameras.remove(camera.data)  # takes the object with it
        scene = bpy.data.scenes.get(self.scene) if self.scene else None
        remove_scene(scene)
        self.scene = self.camera = ""


def remove_scene(scene: bpy.types.Scene | None, objects: Sequence[bpy.types.Object] = ()) -> None:
    """Remove a scene of ours, if it is there, with objects of ours."""
    if scene is not None:
        # Else Blender keeps what it prepared to render it, and at the next change of anything follows that to the scene
        # that is gone, which ended 4.2 with a segmentation fault now and then.
        scene.render.use_persistent_data = False
    # Not scenes.remove(): it crashes 4.3 in a background command, where there is no window.
    bpy.data.batch_remove([*([scene] if scene is not None else []), *objects])


def threads_asked_for() -> int:
    """Return how many threads a render may use by :data:`THREADS_VARIABLE`; 0 for as the scene has it."""
    text = os.environ.get(THREADS_VARIABLE, "")
    return min(int(text), 1024) if text.isascii() and text.isdigit() else 0


def set_whole_picture(scene: bpy.types.Scene, spec: JobSpec) -> None:
    """Make a scene's renders whole pictures of the job's size, as the camera sees them: one file where we say."""
    render = scene.render
    render.resolution_x, render.resolution_y, render.resolution_percentage = spec.width, spec.height, 100
    render.pixel_aspect_x = render.pixel_aspect_y = 1.0
    render.use_border = render.use_crop_to_border = False
    render.use_compositing = render.use_sequencer = False
    render.use_stamp = render.use_multiview = False
    render.use_overwrite, render.use_placeholder, render.use_file_extension = True, False, False
    render.use_persistent_data = True
    if threads := threads_asked_for():
        render.threads_mode, render.threads = "FIXED", threads
    # A marker may hold a camera, which a render would switch to; the view plan has followed it already.
    scene.timeline_markers.clear()
