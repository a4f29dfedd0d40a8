# SPDX-License-Identifier: GPL-3.0-or-later
"""Labelled things drawn over the viewport: a box round each and its class, in the colours that the gallery has.

The things are those of a job: what instancing copies, what is one instance by its collection. They are read from the
viewport's evaluated scene when it changes, not when it is drawn; nothing is added to the file.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import blf
import bpy
import gpu
import numpy as np
from bpy.app.handlers import persistent
from bpy_extras.view3d_utils import location_3d_to_region_2d
from gpu_extras.batch import batch_for_shader
from mathutils import Vector
from numpy.typing import NDArray

from ..blender.categories import CategoryRules
from ..blender.labelling import Thing, find_things, is_labelled
from ..blender.scan import list_instances
from ..core.categories import number_categories
from ..core.errors import SynthDataError
from ..core.palette import Colour, category_colour, instance_colour
from .settings import categories_of, labels_of
from .sidebar import redraw_areas
from .state import state

log = logging.getLogger(__name__)
SOON: Final = 0.1
SHARE: Final = 10.0
"""Looking may take a tenth of Blender's time."""
MOST_NAMES: Final = 300
LINE_WIDTH: Final = 1.5
TEXT_SIZE: Final = 11.0
CUBE: Final = ((0, 1), (2, 3), (4, 5), (6, 7), (0, 2), (1, 3), (4, 6), (5, 7), (0, 4), (1, 5), (2, 6), (3, 7))
"""Edges of a box whose corner ``i`` has its bits as low (0) or high (1) along x, y, z."""


@dataclass(frozen=True)
class Name:
    """A class's name at the top of a thing, world space."""

    text: str
    place: tuple[float, float, float]
    colour: Colour


@dataclass
class Overlay:
    """What is drawn. One for this session, not saved."""

    names: list[Name] = field(default_factory=list)
    lines: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 3), np.float32))
    """(24 N, 3): ends of the edges of boxes, world space."""
    colours: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 4), np.float32))
    is_shown: bool = False
    _scene: str = ""
    _handles: list[Any] = field(default_factory=list)
    _batch: Any = None
    _cost: float = 0.0

    def show(self) -> None:
        """Draw labelled things, and follow the scene from now on."""
        if self.is_shown:
            return
        self.is_shown = True
        bpy.app.handlers.depsgraph_update_post.append(on_change)
        if not bpy.app.background:
            add = bpy.types.SpaceView3D.draw_handler_add
            self._handles = [
                add(self._draw_boxes, (), "WINDOW", "POST_VIEW"),
                add(self._draw_names, (), "WINDOW", "POST_PIXEL"),
            ]
        self.ask()

    def clear(self) -> None:
        """Draw nothing, and forget. Safe to call twice."""
        for handle in self._handles:
            bpy.types.SpaceView3D.draw_handler_remove(handle, "WINDOW")
        self._handles = []
        if on_change in bpy.app.handlers.depsgraph_update_post:
            bpy.app.handlers.depsgraph_update_post.remove(on_change)
        if bpy.app.timers.is_registered(_look):
            bpy.app.timers.unregister(_look)
        self.is_shown = False
        self._take([], {})
        redraw_areas("VIEW_3D")

    def ask(self) -> None:
        """Have the scene looked at soon."""
        if self.is_shown and not bpy.app.background and not bpy.app.timers.is_registered(_look):
            bpy.app.timers.register(_look, first_interval=max(SOON, self._cost * SHARE))

    def look(
        self, scene: bpy.types.Scene, layer: bpy.types.ViewLayer, depsgraph: bpy.types.Depsgraph
    ) -> None:
        """Take the labelled things of an evaluated scene."""
        began = time.monotonic()
        labels = labels_of(scene)
        try:
            rules = CategoryRules(scene, layer, labels)
            shown = list_instances(depsgraph, lambda name, parent: is_labelled(name, parent, rules, labels))
            things = find_things(shown, rules, labels)
            fixed = categories_of(scene.synthdata.labels)
        except SynthDataError as error:
            log.debug("Nothing is drawn: %s", error)
            things, fixed = (), ()
        numbers = number_categories((thing.category for thing in things), fixed)
        self._scene = scene.name
        self._take(list(things), {category.name: category.id for category in numbers})
        self._cost = time.monotonic() - began

    def _take(self, things: list[Thing], ids: dict[str, int]) -> None:
        things = [thing for thing in things if any(part.box for part in thing.parts)]
        corners = box_corners(things)
        shades = [(*instance_colour(ids[thing.category], n), 0.9) for n, thing in enumerate(things)]
        edges = np.array(CUBE).ravel()
        self.lines = corners[:, edges].reshape(-1, 3).astype(np.float32)
        self.colours = np.repeat(np.array(shades, np.float32).reshape(-1, 4), len(edges), axis=0)
        tops = np.c_[corners[:, :, :2].mean(axis=1), corners[:, :, 2].max(axis=1)].tolist()
        self.names = [
            Name(thing.category, (x, y, z), category_colour(ids[thing.category]))
            for thing, (x, y, z) in zip(things[:MOST_NAMES], tops[:MOST_NAMES], strict=True)
        ]
        self._batch = None

    def _is_here(self) -> bool:
        space = bpy.context.space_data
        here = bpy.context.scene is not None and bpy.context.scene.name == self._scene
        return here and bool(space.overlay.show_overlays) and state.job is None

    def _draw_boxes(self) -> None:
        if not self._is_here() or not len(self.lines):
            return
        shader = gpu.shader.from_builtin("POLYLINE_FLAT_COLOR")
        if self._batch is None:
            self._batch = batch_for_shader(shader, "LINES", {"pos": self.lines, "color": self.colours})
        gpu.state.blend_set("ALPHA")
        gpu.state.depth_test_set("LESS_EQUAL")
        shader.bind()
        region = bpy.context.region
        shader.uniform_float("viewportSize", (region.width, region.height))
        shader.uniform_float("lineWidth", LINE_WIDTH * bpy.context.preferences.system.pixel_size)
        self._batch.draw(shader)
        gpu.state.depth_test_set("NONE")
        gpu.state.blend_set("NONE")

    def _draw_names(self) -> None:
        if not self._is_here():
            return
        blf.size(0, TEXT_SIZE * bpy.context.preferences.system.ui_scale)
        blf.enable(0, blf.SHADOW)
        blf.shadow(0, 3, 0.0, 0.0, 0.0, 0.9)
        for name in self.names:
            at = location_3d_to_region_2d(bpy.context.region, bpy.context.region_data, Vector(name.place))
            if at is not None:
                width, _ = blf.dimensions(0, name.text)
                blf.color(0, *name.colour, 1.0)
                blf.position(0, at.x - width / 2.0, at.y + 4.0, 0.0)
                blf.draw(0, name.text)
        blf.disable(0, blf.SHADOW)


def box_corners(things: Sequence[Thing]) -> NDArray[np.float64]:
    """Return the (N, 8, 3) corners of a box round each thing, world space.

    It is turned as the thing is; one of several parts is upright.
    """
    if not things:
        return np.zeros((0, 8, 3))
    picks = np.array([[(i >> axis) & 1 for axis in range(3)] for i in range(8)], dtype=bool)
    boxes = np.array([thing.parts[0].box or (0.0,) * 6 for thing in things])
    matrices = np.array([thing.parts[0].matrix_world for thing in things])
    local = np.where(picks, boxes[:, None, 3:], boxes[:, None, :3])
    corners = np.einsum("nij,nkj->nki", matrices[:, :3, :3], local) + matrices[:, None, :3, 3]
    for number, thing in enumerate(things):
        if len(thing.parts) > 1:
            found = thing.corners()
            corners[number] = np.where(picks, found.max(axis=0), found.min(axis=0))
    return corners


@persistent
def on_change(*_args: Any) -> None:
    """The scene changed: look again soon. A job's own renders are no change."""
    if state.job is None:
        overlay.ask()


def _look() -> None:
    scene, layer = bpy.context.scene, bpy.context.view_layer
    if scene is not None and layer is not None and state.job is None and overlay.is_shown:
        overlay.look(scene, layer, bpy.context.evaluated_depsgraph_get())
        redraw_areas("VIEW_3D")


overlay: Final = Overlay()


def draw_in_popover(self: bpy.types.Panel, context: bpy.types.Context) -> None:
    """Show the switch in the Viewport's Overlays popover, as Blender's own overlays have it."""
    self.layout.prop(context.window_manager.synthdata, "overlay", text="SynthData Classes")


def attach() -> None:
    """Add the switch to the Overlays popover."""
    bpy.types.VIEW3D_PT_overlay_object.append(draw_in_popover)


def detach() -> None:
    """Draw nothing any more, and take the switch away."""
    overlay.clear()
    bpy.types.VIEW3D_PT_overlay_object.remove(draw_in_popover)
