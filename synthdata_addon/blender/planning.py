# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole plan of a job before anything is rendered: which pose each view gets, and what it will show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace

import bpy
import numpy as np

from ..core.categories import Category
from ..core.errors import SceneError
from ..core.plan import SceneFacts, view_count
from ..core.spec import JobSpec
from ..core.statistics import Statistics
from ..core.sweep_spec import OF_SCENE
from .contents import Contents
from .expected import SHOWN_SAMPLES, Expectation
from .facts import scene_facts
from .job_scene import JobScene
from .labelling import Thing
from .poses import PoseFinder, ViewPose
from .stage import FrozenStage, JobStage
from .turntable import Turntable

MOST_VIEWS = 10_000
"""Views of a plan that are looked at; of a longer one, these are the first."""
MOST_SIZED = 400
"""Views of a plan whose things are measured, spread evenly."""


@dataclass(frozen=True)
class Plan:
    """The poses of a job's views, by number; ``left_out`` has the reason for each that none was found for.

    ``planned`` are the poses of those as they were planned, where the sweep has them.
    """

    spec: JobSpec
    views: int
    poses: dict[int, ViewPose]
    left_out: dict[int, str]
    planned: dict[int, ViewPose]


@dataclass(frozen=True)
class Coverage:
    """What a dataset will hold. ``sized`` views were measured for their things."""

    statistics: Statistics
    categories: tuple[Category, ...]
    sized: int


class Planner:
    """Plans in a job's own scene, which is gone afterwards. What is known of the scene is kept for :meth:`again`."""

    def __init__(self, scene: bpy.types.Scene, layer: bpy.types.ViewLayer, spec: JobSpec) -> None:
        """Look at the scene.

        Raises:
            SynthDataError: the job cannot be made in this scene.
        """
        self.plan: Plan
        self.coverage: Coverage | None = None
        self._scene, self._layer, self._spec = scene.name, layer.name, spec
        self._frozen: FrozenStage | None = None
        self._things: tuple[Thing, ...] = ()
        self._ids: dict[Thing, int] = {}

    def run(self, *, sizes: bool = False) -> None:
        """Plan all views; with ``sizes`` also tell what they will show.

        Raises:
            SynthDataError: the job cannot be made in this scene.
        """
        scene = bpy.data.scenes[self._scene]
        layer = scene.view_layers[self._layer]
        layer.update()
        job_scene = JobScene(self._scene, self._layer, self._spec)
        try:
            contents = Contents(job_scene, scene, layer)
            self._things = contents.first
            self._ids = {thing: contents.labelling.id_of(thing) for thing in contents.first}
            facts = self._facts(self._spec)
            stage = JobStage(job_scene, contents)
            finder = PoseFinder(self._spec, facts, stage)
            turntable = Turntable(job_scene, self._spec.sweep, facts)
            self.plan = _plan(self._spec, facts, finder, lambda view: _turned(turntable, contents, view))
            if sizes:
                self.coverage = self._cover(contents, stage, finder, turntable)
            if stage.is_still and self._spec.sweep.kind not in OF_SCENE:
                self._frozen = stage.frozen()
        finally:
            job_scene.close()

    def again(self, spec: JobSpec) -> bool:
        """Plan with other settings of the sweep, without a look at the scene; return whether that could be done.

        Raises:
            SynthDataError: a setting is wrong.
        """
        same = replace(spec, sweep=self._spec.sweep, seed=self._spec.seed) == self._spec
        if self._frozen is None or not same or spec.sweep.kind in (*OF_SCENE, "TURNTABLE"):
            return False
        facts = self._facts(spec)
        self.plan = _plan(spec, facts, PoseFinder(spec, facts, self._frozen))
        self.coverage = None
        self._spec = spec
        return True

    def _facts(self, spec: JobSpec) -> SceneFacts:
        return scene_facts(bpy.data.scenes[self._scene], spec.sweep, self._things, self._ids.__getitem__)

    def _cover(
        self, contents: Contents, stage: JobStage, finder: PoseFinder, turntable: Turntable
    ) -> Coverage:
        statistics = Statistics()
        category_of = {item.id: item.category_id for item in contents.labelling.instances}
        for pose in self.plan.poses.values():
            statistics.add_view(pose.pose[:3, 3], pose.subject.centre)
        numbers = _spread(sorted(self.plan.poses))
        for number in numbers:
            pose = self.plan.poses[number]
            if not stage.is_still:
                finder.planned(number)
            with _turned(turntable, contents, number):
                shown = list(_expected(stage, pose, self._spec))
                statistics.add_things([category_of[thing] for thing, _ in shown], [n for _, n in shown])
        return Coverage(statistics, contents.labelling.categories, len(numbers))


def _expected(stage: JobStage, pose: ViewPose, spec: JobSpec) -> Iterator[tuple[int, float]]:
    """Yield id and pixels of the things that a view will have labels of."""
    view = Expectation(stage.rays(), stage.boxes(), pose.pose, pose.lens, (spec.width, spec.height))
    for thing, pixels in view.areas(SHOWN_SAMPLES):
        if pixels >= spec.labels.min_pixels:
            yield thing, pixels


@contextmanager
def _turned(turntable: Turntable, contents: Contents, view: int) -> Iterator[None]:
    """Have the target as a view has it."""
    with turntable.of(view):
        turntable.turn()
        if turntable.is_used:
            contents.forget()
        yield


def _plan(
    spec: JobSpec,
    facts: SceneFacts,
    finder: PoseFinder,
    at_view: Callable[[int], AbstractContextManager[None]] = lambda _: nullcontext(),
) -> Plan:
    views = view_count(spec.sweep, facts)
    plan = Plan(spec, views, {}, {}, {})
    for view in range(min(views, MOST_VIEWS)):
        try:
            with at_view(view):
                plan.poses[view] = finder.find(view)
        except SceneError as error:
            plan.left_out[view] = error.message
            plan.planned[view] = finder.planned(view)
    return plan


def _spread(numbers: Sequence[int]) -> list[int]:
    if len(numbers) <= MOST_SIZED:
        return list(numbers)
    return [numbers[int(place)] for place in np.linspace(0, len(numbers) - 1, MOST_SIZED)]
