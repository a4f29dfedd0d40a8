# SPDX-License-Identifier: GPL-3.0-or-later
"""Label renders: the passes come straight from Cycles and are written without what Blender adds to them.

Blender's own writer always puts the picture beside the passes, four channels of black here, and takes a tenth of a
label render for it (measured: 15 to 30 of 145 to 170 ms, 640 x 480).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import bpy
import numpy as np

from ..core.arrays import Float32Image
from ..core.errors import SceneError
from ..core.unpacked_exr import write_unpacked
from . import compat
from .job_scene import render_scene

PICTURE: Final = "Combined"


def render_passes(scene: bpy.types.Scene, view: int, file: Path) -> None:
    """Render a scene of ours that Cycles renders, blocking, and write its passes as unpacked multilayer EXR.

    Raises:
        SceneError: ``scene.render_failed`` with Blender's own reason.
        OSError: the file cannot be written.
    """
    scene.render.filepath = str(file)
    if scene.view_layers[0].use_pass_cryptomatte_object:
        # The names that belong to Cryptomatte's numbers are known to Blender's own writer alone.
        render_scene(scene, view, write=True)
    else:
        with _passes_of(scene.name) as passes:
            render_scene(scene, view, write=False)
        if passes:
            write_unpacked(file, passes)
    if not file.exists():
        raise SceneError(
            "scene.render_failed",
            f"View {view} wrote no file.",
            "Is the disk full? See the console.",
        )


def passes_of(result: bpy.types.RenderResult) -> dict[str, Float32Image]:
    """Return the passes of all layers of a render but the picture, under the names that they have in Blender's files.

    Returns:
        ``layer.pass.channel`` to (H, W) float32, row 0 at the top.
    """
    width, height = result.resolution_x, result.resolution_y
    found: dict[str, Float32Image] = {}
    for layer in result.layers:
        for one in layer.passes:
            if one.name == PICTURE:
                continue
            pixels = np.empty(width * height * one.channels, np.float32)
            one.rect.foreach_get(pixels)
            upright = pixels.reshape(height, width, one.channels)[::-1]  # Blender's row 0 is at the bottom
            for number, channel in enumerate(one.channel_id):
                found[f"{layer.name}.{one.name}.{channel}"] = upright[..., number]
    return found


@contextmanager
def _passes_of(scene: str) -> Iterator[dict[str, Float32Image]]:
    """Yield what has the passes of the scene when Cycles has rendered it, nothing if it was interrupted.

    Renders of other scenes, such as a window's previews of materials, are not touched.
    """
    engine = compat.cycles_engine()
    render, finish = engine.render, engine.render_frame_finish
    ours: set[int] = set()
    passes: dict[str, Float32Image] = {}

    def note_and_render(self: Any, depsgraph: bpy.types.Depsgraph) -> None:
        if depsgraph.scene.name == scene:
            ours.add(self.as_pointer())
        render(self, depsgraph)

    # Only here is a picture whole that Cycles renders in tiles (wider or higher than 2048 pixels).
    def finish_and_take(self: Any) -> None:
        finish(self)
        if self.as_pointer() in ours and not self.test_break():
            passes.update(passes_of(self.get_result()))

    with compat.cycles_calls(render=note_and_render, render_frame_finish=finish_and_take):
        yield passes
