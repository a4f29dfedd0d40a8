# SPDX-License-Identifier: GPL-3.0-or-later
"""Planned cameras drawn over the viewport: small frustums, from arrays, without anything added to the file."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any, Final

import bpy
import gpu
import numpy as np
from gpu_extras.batch import batch_for_shader
from numpy.typing import NDArray

from ..blender.planning import Planner
from ..blender.poses import ViewPose
from ..core.errors import SynthDataError
from ..core.spec import validate
from .coverage import panel_lines
from .settings import job_from_scene

log = logging.getLogger(__name__)
TICK: Final = 0.3
FREE: Final = (0.20, 0.62, 1.0, 0.9)
BLOCKED: Final = (1.0, 0.32, 0.25, 0.9)
SIZE: Final = 0.06
"""Length of a frustum, as a share of the distance to what its camera looks at."""
EDGES: Final = ((0, 1), (0, 2), (0, 3), (0, 4), (1, 2), (2, 3), (3, 4), (4, 1), (5, 6), (6, 7), (7, 5))
MOST_LIVE: Final = 2000
"""Plans longer than this are not made anew at every change of a setting."""


@dataclass
class Preview:
    """What is drawn. One for this session, not saved."""

    planner: Planner | None = None
    said: list[tuple[str, str]] = field(default_factory=list)
    """What the panel says of it: text and icon of each line."""
    _scene: str = ""
    _handle: Any = None
    _batches: dict[tuple[float, ...], Any] = field(default_factory=dict)
    _lines: dict[tuple[float, ...], NDArray[np.float32]] = field(default_factory=dict)

    @property
    def is_shown(self) -> bool:
        """Whether cameras are drawn."""
        return self._handle is not None

    def show(self, scene: bpy.types.Scene, planner: Planner) -> None:
        """Draw a plan, and follow the settings from now on."""
        self.planner, self._scene = planner, scene.name
        self._take(planner)
        if self._handle is None and not bpy.app.background:
            self._handle = bpy.types.SpaceView3D.draw_handler_add(self._draw, (), "WINDOW", "POST_VIEW")
            bpy.app.timers.register(_follow, first_interval=TICK)
        _redraw()

    def clear(self) -> None:
        """Draw nothing, and forget. Safe to call twice."""
        if self._handle is not None:
            bpy.types.SpaceView3D.draw_handler_remove(self._handle, "WINDOW")
            self._handle = None
        if bpy.app.timers.is_registered(_follow):
            bpy.app.timers.unregister(_follow)
        self.planner, self.said = None, []
        self._batches, self._lines = {}, {}
        _redraw()

    def follow(self) -> None:
        """Plan anew if the settings changed."""
        scene = bpy.data.scenes.get(self._scene)
        if scene is None or self.planner is None:
            self.clear()
            return
        try:
            spec = job_from_scene(scene)
            if spec == self.planner.plan.spec:
                return
            validate(spec)
            is_new = spec.sweep.views <= MOST_LIVE and self.planner.again(spec)
            problem = "" if is_new else "Settings changed: press Preview Cameras"
        except SynthDataError as error:
            is_new, problem = False, error.message
        if is_new:
            self._take(self.planner)
        else:
            self.said = panel_lines(self.planner.plan, self.planner.coverage, problem)
        _redraw()

    def lines(self) -> dict[tuple[float, ...], NDArray[np.float32]]:
        """Return what is drawn: ends of lines (N, 3), world space, by colour."""
        return self._lines

    def _take(self, planner: Planner) -> None:
        plan = planner.plan
        self.said = panel_lines(plan, planner.coverage)
        size = plan.spec.width, plan.spec.height
        self._batches = {}
        self._lines = {
            colour: frustums(list(poses.values()), size)
            for colour, poses in ((FREE, plan.poses), (BLOCKED, plan.planned))
        }

    def _draw(self) -> None:
        if bpy.context.scene is None or bpy.context.scene.name != self._scene:
            return
        shader = gpu.shader.from_builtin("UNIFORM_COLOR")
        gpu.state.blend_set("ALPHA")
        gpu.state.depth_test_set("LESS_EQUAL")
        for colour, lines in self._lines.items():
            if len(lines):
                if colour not in self._batches:
                    self._batches[colour] = batch_for_shader(shader, "LINES", {"pos": lines})
                shader.bind()
                shader.uniform_float("color", colour)
                self._batches[colour].draw(shader)
        gpu.state.depth_test_set("NONE")
        gpu.state.blend_set("NONE")


def frustums(poses: list[ViewPose], size: tuple[int, int]) -> NDArray[np.float32]:
    """Return the lines of small cameras: (22 N, 3) float32, two ends a line, world space.

    Each is a pyramid from its eye, as wide as its picture, with a triangle that says where up is.
    """
    if not poses:
        return np.zeros((0, 3), np.float32)
    points = []
    for found in poses:
        eye = found.pose[:3, 3]
        length = SIZE * max(float(np.linalg.norm(eye - found.subject.centre)), 1e-3)
        half = length * 0.5 * found.lens.sensor_width / found.lens.lens
        x, y = (half * side / max(size) for side in size)
        corners = [[0, 0, 0], [-x, -y, -length], [x, -y, -length], [x, y, -length], [-x, y, -length]]
        corners += [[-x * 0.6, y * 1.1, -length], [x * 0.6, y * 1.1, -length], [0, y * 1.7, -length]]
        points.append(np.array(corners) @ found.pose[:3, :3].T + eye)
    chosen = np.array(points)[:, np.array(EDGES).ravel()]
    return chosen.reshape(-1, 3).astype(np.float32)


def _follow() -> float | None:
    preview.follow()
    return TICK if preview.is_shown else None


def _redraw() -> None:
    for manager in bpy.data.window_managers:
        for window in manager.windows:
            for area in window.screen.areas:
                if area.type == "VIEW_3D":
                    area.tag_redraw()


preview: Final = Preview()
