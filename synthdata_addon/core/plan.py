# SPDX-License-Identifier: GPL-3.0-or-later
"""The view plan: from sweep settings and a few facts of the scene to camera poses. Pure arithmetic, seeded by view."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from .arrays import Matrix4
from .camera import look_at, turned
from .seeds import Purpose, generator
from .spread import pick
from .sweep_spec import OF_SCENE, PLACED, SweepSpec
from .sweeps.facts import Place, Point, SceneFacts, Subject, Sweep
from .sweeps.placed import GridSweep, LookAroundSweep, PathSweep, VolumeSweep
from .sweeps.round import RoundSweep, fitting_radius
from .sweeps.subjects import Subjects

__all__ = [
    "PlannedView",
    "SceneFacts",
    "Subject",
    "ViewPlan",
    "can_retry",
    "plan_view",
    "sweep_frames",
    "sweep_radius",
    "view_count",
]


@dataclass(frozen=True)
class PlannedView:
    """One view to render: a pose of our own, or an existing camera by name, at a frame.

    ``subject`` is what it looks at: everything that is labelled, if its direction is free. ``pose`` is Blender's
    ``matrix_world``.
    """

    index: int
    frame: int
    subject: Subject
    camera: str = ""
    pose: Matrix4 = field(default_factory=lambda: np.eye(4), compare=False)


class ViewPlan:
    """The views of one sweep over one scene, each to be had by itself, in any order."""

    def __init__(
        self, sweep: SweepSpec, facts: SceneFacts, seed: int, size: tuple[int, int] = (1, 1)
    ) -> None:
        """Lay the sweep out.

        Args:
            sweep: validated sweep settings.
            facts: the scene's facts.
            seed: the job's seed; equal arguments give equal views, in any order.
            size: width and height of the picture; only their ratio matters.

        Raises:
            SceneError: ``scene.no_target``.
        """
        self._sweep, self._facts, self._seed = sweep, facts, seed
        self._subjects = Subjects(sweep, facts, seed)
        self._half = tuple(0.5 * 36.0 / sweep.lens * side / max(size) for side in size)
        self._layout = None if sweep.kind in OF_SCENE else _layout(sweep, facts, seed)
        self._is_free = sweep.kind == "LOOK_AROUND" or (sweep.free and sweep.kind in PLACED)
        self._anything = Subject(facts.target, facts.target_radius)
        self._frames = sweep_frames(sweep, facts.frame_current, facts.markers)

    def view(
        self, index: int, attempt: int = 0, now: Callable[[Subject], Subject] = lambda subject: subject
    ) -> PlannedView:
        """Return a view; later attempts move a camera of the sweep's own at random, further each time.

        Args:
            index: 0 .. :func:`view_count` - 1.
            attempt: 0 for the planned pose, 1, 2, ... for replacements of a pose that the scene blocks.
            now: tells where a subject is in this view, if things move from view to view.
        """
        frame, camera = self._shot(index)
        subject = self._anything if self._is_free else now(self._subjects.of(index))
        if self._layout is None:
            return PlannedView(index, frame, subject, camera)
        place = self._layout.place(self._seed, index, attempt, subject)
        return PlannedView(index, frame, subject, pose=self._strayed(place, index, attempt))

    def _shot(self, index: int) -> tuple[int, str]:
        """Return the frame of a view and the camera it is taken from."""
        facts = self._facts
        if self._sweep.kind == "CAMERAS":
            return facts.frame_current, facts.cameras[index]
        if self._sweep.kind == "FRAMES":
            return self._frames[index], facts.active_camera
        if self._sweep.kind == "MARKERS":
            return facts.markers[_markers(self._sweep, len(facts.markers))[index]]
        return facts.frame_current, ""

    def _strayed(self, place: Place, index: int, attempt: int) -> Matrix4:
        """Return the pose at a place after the jitters of distance, position, aim and roll."""
        jitters = self._sweep.jitters
        eye, aim = place
        if not (jitters.distance or jitters.position or jitters.aim or jitters.roll):
            return _pose(eye, aim)
        draw = generator(self._seed, index, Purpose.STRAY, attempt).uniform(-1.0, 1.0, 7)
        factor = 1.0 + float(draw[0]) * jitters.distance
        back = [(e - a) * (factor - 1.0) for e, a in zip(eye, aim, strict=True)]
        moved = [e + b + float(d) * jitters.position for e, b, d in zip(eye, back, draw[1:4], strict=True)]
        beside = tuple(float(d) * jitters.aim * half for d, half in zip(draw[5:7], self._half, strict=True))
        roll = math.radians(float(draw[4]) * jitters.roll)
        return turned(_pose((moved[0], moved[1], moved[2]), aim), (beside[0], beside[1]), roll)


def plan_view(sweep: SweepSpec, facts: SceneFacts, seed: int, index: int, attempt: int = 0) -> PlannedView:
    """Return one view of a plan; for many of them keep a :class:`ViewPlan`."""
    return ViewPlan(sweep, facts, seed).view(index, attempt)


def view_count(sweep: SweepSpec, facts: SceneFacts) -> int:
    """Return how many views the sweep has in this scene; what the scene offers may be fewer than ``sweep.views``."""
    if sweep.kind == "CAMERAS":
        return min(sweep.views, len(facts.cameras))
    if sweep.kind == "GRID":
        return min(sweep.views, math.prod(sweep.grid))
    if sweep.kind in ("FRAMES", "MARKERS"):
        return len(sweep_frames(sweep, facts.frame_current, facts.markers))
    return sweep.views


def sweep_frames(
    sweep: SweepSpec, frame_current: int, markers: tuple[tuple[int, str], ...] = ()
) -> list[int]:
    """Return the frames that the views show: that of every view of FRAMES and MARKERS, else the current one."""
    if sweep.kind == "MARKERS":
        return [markers[number][0] for number in _markers(sweep, len(markers))]
    if sweep.kind != "FRAMES":
        return [frame_current]
    frames = range(sweep.frame_start, sweep.frame_end + 1, sweep.frame_step)
    return list(pick(_counts(sweep), frames))


def can_retry(sweep: SweepSpec) -> bool:
    """Tell whether a blocked view may be replaced by another pose: only where the plan owns the pose."""
    return sweep.kind not in OF_SCENE


def sweep_radius(sweep: SweepSpec, facts: SceneFacts) -> float:
    """Return the distance in scene units from which the target fills half of the picture, or the sweep's own."""
    return fitting_radius(sweep, facts.whole)


def _layout(sweep: SweepSpec, facts: SceneFacts, seed: int) -> Sweep:
    if sweep.kind == "PATH":
        return PathSweep(sweep, facts)
    if sweep.kind == "GRID":
        return GridSweep(sweep, facts)
    if sweep.kind == "VOLUME":
        return VolumeSweep(sweep, facts, seed)
    if sweep.kind == "LOOK_AROUND":
        return LookAroundSweep(sweep, facts)
    return RoundSweep(sweep)


def _pose(eye: Point, aim: Point) -> Matrix4:
    """Return the camera at ``eye`` that looks at ``aim``; along +Y where they are the same point."""
    if math.dist(eye, aim) < 1e-6:
        return look_at(eye, (eye[0], eye[1] + 1.0, eye[2]))
    return look_at(eye, aim)


def _markers(sweep: SweepSpec, number: int) -> tuple[int, ...]:
    return pick(_counts(sweep), range(number))


def _counts(sweep: SweepSpec) -> tuple[int, ...]:
    return (*sweep.extended_from, sweep.views)
