# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding the pose of a view in the scene: the planned one, or another near it that the sweep's limits allow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from ..core.arrays import Matrix4
from ..core.camera import Lens
from ..core.draws import draw_frame
from ..core.errors import SceneError
from ..core.novelty import SeenPoses
from ..core.plan import PlannedView, SceneFacts, ViewPlan, can_retry, sweep_radius
from ..core.spec import JobSpec
from ..core.sweep_spec import SweepSpec
from ..core.sweeps.facts import Subject
from .expected import Boxes
from .limits import refusal
from .rays import Rays

SHOWN_REASONS = 3


@dataclass(frozen=True)
class ViewPose:
    """Where a view is taken from: ``pose`` is the camera's ``matrix_world``, scene units.

    ``camera`` is the full name of the user's camera that it is seen from, "" for a camera of the sweep's own.
    ``subject`` is what it looks at.
    """

    frame: int
    camera: str
    lens: Lens
    pose: Matrix4 = field(compare=False)
    subject: Subject


class Stage(Protocol):
    """The scene that poses are tried in. ``is_still``: all views find the same things at the same places."""

    @property
    def is_still(self) -> bool:
        """Whether nothing moves from view to view."""

    def show(self, frame: int) -> None:
        """Go to a frame."""

    def rays(self) -> Rays:
        """Return the scene for ray casts, as it is now."""

    def boxes(self) -> Boxes:
        """Return what is labelled in it, as it is now."""

    def camera(self, planned: PlannedView) -> tuple[str, Lens, Matrix4]:
        """Return full name, lens and pose of the user's camera that a view is taken from."""


class PoseFinder:
    """Poses of one job's views, each found by itself: in any order, after any resume, the same.

    Where no two poses may be alike, a view's pose depends on those before it, which are found first; they are again
    the same. (If things move from view to view, the poses before it count as they were planned.)
    """

    def __init__(self, spec: JobSpec, facts: SceneFacts, stage: Stage) -> None:
        """Lay out the sweep.

        Raises:
            SceneError: ``scene.no_target``.
        """
        self._spec, self._facts, self._stage = spec, facts, stage
        self._size = spec.width, spec.height
        self._plan = ViewPlan(spec.sweep, facts, spec.seed, self._size)
        self._found: list[ViewPose | SceneError] = []
        self._forget()

    def _forget(self) -> None:
        limits = self._spec.sweep.limits
        self._seen, self._seen_views = SeenPoses(limits.novelty, limits.novelty_angle), 0

    @property
    def _is_novel(self) -> bool:
        sweep = self._spec.sweep
        # Before a turntable every camera is where the others are, and sees something else.
        return sweep.limits.novelty > 0.0 and can_retry(sweep) and sweep.kind != "TURNTABLE"

    def find(self, view: int) -> ViewPose:
        """Return the planned pose, or the first allowed one of a few random ones near it; the scene shows its frame.

        Raises:
            SceneError: ``scene.blocked_view``: no such pose was found.
        """
        found = self._find_in_order(view) if self._is_novel else self._search(view)
        if isinstance(found, SceneError):
            raise found
        return found

    def planned(self, view: int, attempt: int = 0) -> ViewPose:
        """Return a pose as it is planned, whatever is there; the scene shows its frame afterwards."""
        return self._shown(view, self._plan.view(view, attempt))

    def _shown(self, view: int, planned: PlannedView) -> ViewPose:
        frame = draw_frame(self._spec.variation.frames, self._spec.seed, view, planned.frame)
        self._stage.show(frame)
        if planned.camera:
            name, lens, pose = self._stage.camera(planned)
            return ViewPose(frame, name, lens, pose, planned.subject)
        return ViewPose(frame, "", own_lens(self._spec.sweep, self._facts), planned.pose, planned.subject)

    def obstacle(self, found: ViewPose) -> str | None:
        """Return why a view from there is not worth a render, to be read after "the camera ", or None."""
        limits = self._spec.sweep.limits
        stage = self._stage
        return refusal(stage.rays(), stage.boxes, found.pose, found.lens, found.subject, limits, self._size)

    def _now(self, subject: Subject) -> Subject:
        """Return a subject where it is in the frame at hand; one that is not there stays where it was."""
        is_turning = self._spec.sweep.kind == "TURNTABLE"  # about its middle
        if self._stage.is_still or is_turning or subject.number < 0:
            return subject
        corners = self._stage.boxes().of_thing(subject.number)
        if corners is None:
            return subject
        low, high = corners.min(axis=0), corners.max(axis=0)
        x, y, z = ((low + high) / 2.0).tolist()
        return replace(subject, centre=(x, y, z), radius=float(np.linalg.norm(high - low)) / 2.0)

    def _find_in_order(self, view: int) -> ViewPose | SceneError:
        if self._stage.is_still:
            while len(self._found) <= view:
                found = self._search(len(self._found))
                if isinstance(found, ViewPose):
                    self._seen.take(found.pose)
                self._found.append(found)
            return self._found[view]
        if self._seen_views > view:
            self._forget()
        while self._seen_views < view:
            self._seen.take(self._plan.view(self._seen_views).pose)
            self._seen_views += 1
        return self._search(view)

    def _search(self, view: int) -> ViewPose | SceneError:
        attempts = self._spec.sweep.limits.attempts if can_retry(self._spec.sweep) else 1
        reasons = []
        if not self._stage.is_still:
            self.planned(view)  # for its frame: what is looked at may move
        for attempt in range(attempts):
            found = self._shown(view, self._plan.view(view, attempt, self._now))
            if self._is_novel and not self._seen.is_new(found.pose):
                reasons.append("is where another one is")
                continue
            reason = self.obstacle(found)
            if reason is None:
                return found
            reasons.append(reason)
        return _blocked(view, reasons)


def own_lens(sweep: SweepSpec, facts: SceneFacts) -> Lens:
    """Return the lens of the sweep's own cameras; it sees from very near to very far for the size of the scene."""
    reach = sweep_radius(sweep, facts)
    return Lens(lens=sweep.lens, clip_start=min(0.1, reach * 0.01), clip_end=max(1000.0, reach * 100.0))


def _blocked(view: int, reasons: Sequence[str]) -> SceneError:
    counts = Counter(reasons).most_common(SHOWN_REASONS)
    shown = ", ".join(f"{reason} ({count})" for reason, count in counts)
    return SceneError(
        "scene.blocked_view",
        f"The camera of view {view} {reasons[0]}."
        if len(reasons) == 1
        else f"View {view} has no place in {len(reasons)} attempts: the camera {shown}.",
        "Change the sweep, loosen its limits, or move what is in the way.",
    )
