# SPDX-License-Identifier: GPL-3.0-or-later
"""The turntable: the target turns from view to view, before the camera. What it moved is put back after each view."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import bpy
from mathutils import Matrix, Vector

from ..core.errors import SceneError
from ..core.plan import SceneFacts
from ..core.sweep_spec import SweepSpec
from ..core.sweeps.round import turntable_angle
from .facts import object_by_full_name
from .job_scene import JobScene
from .vary.changes import Changes
from .vary.moving import move


class Turntable:
    """Usage: within ``with of(view)``, which puts everything back: :meth:`turn`. Other sweeps turn nothing."""

    def __init__(self, job_scene: JobScene, sweep: SweepSpec, facts: SceneFacts) -> None:
        """Turn the target of a sweep."""
        self._job_scene, self._sweep, self._facts = job_scene, sweep, facts
        self.changes, self._view = Changes(), 0
        self.is_used = sweep.kind == "TURNTABLE"

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

    def turn(self) -> None:
        """Turn the target, with what is parented to it, about the vertical through its middle.

        Raises:
            SceneError: ``scene.no_target``: it cannot be turned.
        """
        if not self.is_used:
            return
        target = object_by_full_name(self._facts.target_name)
        middle = Matrix.Translation(Vector(self._facts.target))
        turned = (
            middle @ Matrix.Rotation(turntable_angle(self._sweep, self._view), 4, "Z") @ middle.inverted()
        )
        if not move(target, turned, self._job_scene.depsgraph(), self.changes):
            raise SceneError(
                "scene.no_target",
                f"'{target.name}' cannot be turned: it is linked, or its delta transforms are animated.",
                "Make it local, or use an orbit.",
            )
        # Our scene is evaluated anew at the next look; the user's is too once all is put back.
        bpy.context.view_layer.update()
