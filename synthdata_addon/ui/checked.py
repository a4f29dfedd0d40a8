# SPDX-License-Identifier: GPL-3.0-or-later
"""What the panel shows of a scene: computed beside drawing, by a timer that drawing asks for. Draw only reads it.

Rule: nothing here holds a reference to Blender's data between two looks.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import Final

import bpy

from ..core.errors import SynthDataError
from .class_rows import show_rows
from .scene_check import SceneCheck, check_scene
from .sidebar import redraw_sidebars
from .state import state

log = logging.getLogger(__name__)
SOON: Final = 0.2
"""Seconds from a draw to the check; a burst of draws is one check."""
SHARE: Final = 40.0
"""A check may take a fortieth of Blender's time at most: the next one waits so many times as long as it took."""


@dataclass
class Checked:
    """The last look at a scene. One for this session, not saved."""

    found: SceneCheck = field(default_factory=SceneCheck)
    _cost: float = 0.0
    _ended: float = 0.0

    def of(self, scene: bpy.types.Scene) -> SceneCheck:
        """Return what is known of a scene, and ask for a look at it; for draw, so it costs nothing."""
        self.ask()
        return self.found if self.found.scene == scene.name else SceneCheck()

    def ask(self) -> None:
        """Have the scene looked at soon."""
        if bpy.app.background or bpy.app.timers.is_registered(_tick):
            return
        wait = self._ended + self._cost * SHARE - time.monotonic()
        bpy.app.timers.register(_tick, first_interval=max(SOON, wait))

    def look(self, scene: bpy.types.Scene, layer: bpy.types.ViewLayer) -> bool:
        """Look at a scene now; return whether anything is other than it was."""
        began = time.monotonic()
        try:
            found = check_scene(scene, layer)
        except SynthDataError as error:
            log.warning("The panel cannot tell what a job would do: %s", error)
            found = SceneCheck(scene=scene.name, line="")
        self._ended = time.monotonic()
        self._cost = self._ended - began
        is_new, self.found = found != self.found, found
        if is_new:
            show_rows(found.classes)
        return is_new

    def clear(self) -> None:
        """Forget, and look no more. Safe to call twice."""
        if bpy.app.timers.is_registered(_tick):
            bpy.app.timers.unregister(_tick)
        self.found = SceneCheck()


checked: Final = Checked()


def _tick() -> None:
    """Look once; drawing asks again. While a job runs the scene is the job's."""
    scene, layer = bpy.context.scene, bpy.context.view_layer
    if state.job is None and scene is not None and layer is not None and checked.look(scene, layer):
        redraw_sidebars()
