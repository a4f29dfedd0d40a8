# SPDX-License-Identifier: GPL-3.0-or-later
"""Rendering a job, one render a step. The panel, the script call, the command and a farm all drive this."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from mathutils import Matrix

from ..core.errors import SceneError, SynthDataError
from ..core.layout import PASSES, DatasetFolder, crypto_file, pass_file, render_file, replacing, solo_file
from ..core.plan import SceneFacts
from ..core.records import ViewRecord
from ..core.render_order import RenderOrder
from ..core.seeds import is_validation
from ..core.unpacked_exr import is_packed
from .beauty import BeautyScene
from .contents import Contents
from .facts import depth_range, sampled_depths
from .job_scene import JobScene, render_scene
from .label_render import render_passes
from .pending import PartFiles, PendingView
from .populate.anew import PlacedAnew
from .poses import PoseFinder, ViewPose
from .solo import SoloViews
from .stage import MOVING, JobStage
from .turntable import Turntable
from .vary.optics import Shot
from .vary.view import ViewVariation

log = logging.getLogger(__name__)
DEPTH_VIEWS = 8
DEPTH_FRAMES = 6


class RenderSession:
    """Renders the views of one job that are not rendered yet, in order.

    Usage: while :attr:`remaining`: :meth:`step`; then :meth:`close`, always.
    """

    def __init__(
        self,
        job_scene: JobScene,
        facts: SceneFacts,
        contents: Contents,
        folder: DatasetFolder,
    ) -> None:
        self.job_scene = job_scene
        self.facts = facts
        self.contents = contents
        self.folder = folder
        self.spec = job_scene.spec
        self.poses = PoseFinder(job_scene.spec, facts, JobStage(job_scene, contents))
        self.beauty = BeautyScene(job_scene.source, job_scene.layer, job_scene.spec)
        self.solo = SoloViews(job_scene, contents, folder)
        self.variation = ViewVariation(job_scene, facts)
        self.turntable = Turntable(job_scene, job_scene.spec.sweep, facts)
        self.placed = PlacedAnew(job_scene, facts.frame_current)
        kinds = [self.render_labels]
        if self.spec.labels.visibility:
            kinds.append(self.render_solos)
        if self.spec.passes.beauty:
            kinds.append(self.render_beauty)
        self._kinds: tuple[Callable[[PendingView], PendingView], ...] = tuple(kinds)
        self._unfinished: dict[int, PendingView | ViewRecord] = {}
        self.start(())

    def start(self, views: Iterable[int]) -> None:
        """Start on some views, in this order."""
        every = self.spec.populate.every
        self._order = RenderOrder(views, len(self._kinds), lambda view: view // every if every else 0)

    @property
    def remaining(self) -> list[int]:
        """The views that are not finished."""
        return self._order.remaining

    @property
    def next_view(self) -> int:
        """The view that the next step works on."""
        return self._order.next[0]

    def sweep_out_leftovers(self) -> None:
        """Remove what a killed run left: half-written files, and whole ones that may have holes after a power cut."""
        for file in (self.folder.root / PASSES).glob("*.exr"):
            is_whole = self._are_passes_durable or (self.spec.passes.keep and is_packed(file))
            if file.name.startswith(".") or not is_whole:
                file.unlink(missing_ok=True)

    @property
    def _are_passes_durable(self) -> bool:
        # What is deleted or packed after use need not outlive a power cut: to render it again takes no longer.
        return self.spec.passes.beauty

    def measure_depth_range(self, views: int) -> tuple[float, float]:
        """Return one near and far distance for the whole sweep, from ray casts of a few of its views."""
        if self.spec.depth_near > 0.0:
            return self.spec.depth_near, self.spec.depth_far
        limit = DEPTH_FRAMES if self.spec.sweep.kind in MOVING else DEPTH_VIEWS
        step = max(1, views // limit)
        return depth_range(depth for view in range(0, views, step) for depth in self._depths(view))

    def _depths(self, view: int) -> Iterator[float]:
        found = self.poses.planned(view)
        if self.poses.obstacle(found) is None:
            scene, depsgraph = self.job_scene.ensure(), self.job_scene.depsgraph()
            yield from sampled_depths(
                scene, depsgraph, found.pose, found.lens, (self.spec.width, self.spec.height)
            )

    def step(self, leave_out: str = "") -> ViewRecord | None:
        """Make the next render, blocking; return the record of the view that it finished, if it did.

        A view that cannot be had comes with ``skipped`` set, also one to ``leave_out`` for a reason.
        """
        began = time.perf_counter()
        view, kind = self._order.next
        known: PendingView | ViewRecord | None = self._unfinished.get(view)
        if leave_out and not isinstance(known, ViewRecord):
            known = self._left_out(view, leave_out)
        if not isinstance(known, ViewRecord):
            try:
                known = self._rendered(view, known, kind, began)
            except SynthDataError as error:
                known = self._left_out(view, error.message)
        self._unfinished[view] = known
        if not self._order.rendered(time.perf_counter() - began):
            return None
        del self._unfinished[view]
        assert isinstance(known, ViewRecord)
        return known

    def _rendered(
        self, view: int, pending: PendingView | None, kind: int, began: float
    ) -> PendingView | ViewRecord:
        """Return a view after one render more, whole after the last one."""
        with self.variation.of(view), self.turntable.of(view):
            pending = self.prepare(view) if pending is None else self._prepared_again(pending)
            pending = self._kinds[kind](pending)
            is_whole = kind == len(self._kinds) - 1
            if is_whole:
                pending.files.move(durable=self._are_passes_durable)
            seconds = pending.seconds + time.perf_counter() - began
            pending = replace(pending, drawn=self.variation.drawn, seconds=seconds)
            return self.finish(pending) if is_whole else pending

    def prepare(self, view: int) -> PendingView:
        """Set frame and camera for a view.

        Raises:
            SceneError: ``scene.blocked_view``: no free place was found for the camera.
        """
        self.place(view)
        found = self.poses.find(view)
        shot = self.variation.take(found.camera or "SynthData", found.lens, found.pose)
        self._aim(found, shot)
        files = PartFiles(self.folder, view, self.spec.passes.beauty and self.beauty.writes_cryptomatte)
        files.labels.parent.mkdir(parents=True, exist_ok=True)
        instances = self.contents.with_keypoints(
            found.frame,
            self.contents.seen(found.frame),
            shot.camera,
            (found.lens.clip_start, found.lens.clip_end),
        )
        return PendingView(view, found, shot, instances, files)

    def _prepared_again(self, pending: PendingView) -> PendingView:
        """Put everything where it was for the view's first render."""
        self.place(pending.view)
        self._aim(pending.found, pending.shot)
        self.variation.drawn = pending.drawn
        return pending

    def place(self, view: int) -> None:
        """Put things where the view has them, in its frame."""
        moved = self.placed.place(view)
        self.poses.planned(view)
        self.variation.place()
        if self.placed.left_out:
            self.variation.drawn["not_placed"] = self.placed.left_out
        self.turntable.turn()
        if moved or self.variation.moves_things or self.turntable.is_used:
            self.contents.forget()
            self.solo.close()

    def render_labels(self, pending: PendingView) -> PendingView:
        """Render the pending view's label passes, blocking.

        Raises:
            SceneError: ``scene.render_failed`` with Blender's own reason.
        """
        render_passes(self.job_scene.numbered(), pending.view, pending.files.labels)
        return pending

    def render_solos(self, pending: PendingView) -> PendingView:
        """Render what the pending view's things show alone, blocking; return it with what that tells.

        Raises:
            SceneError: ``scene.render_failed``.
        """
        shot = pending.shot
        parts = self.solo.render(pending.view, pending.found.frame, shot.flat, shot.size)
        return replace(
            pending,
            files=replace(pending.files, solos=parts),
            instances=self.solo.with_outside(pending.instances, shot.camera),
        )

    def render_beauty(self, pending: PendingView) -> PendingView:
        """Render the pending view's finished picture, blocking, and write it.

        Raises:
            SceneError: ``scene.render_failed`` with Blender's own reason.
        """
        self.job_scene.put_materials_back()
        files = pending.files
        scene = self.beauty.prepare(pending.found, files.beauty)
        self.variation.dress(scene, pending.shot)
        render_scene(scene, pending.view, write=files.has_crypto)
        with replacing(self.folder.full(render_file(pending.view))) as part:
            try:
                self.beauty.save_picture(part)
                self.variation.develop(part, pending.shot)
            except RuntimeError as error:
                raise SceneError(
                    "scene.render_failed",
                    f"The picture of view {pending.view} was not rendered: {' '.join(str(error).split())}",
                    "Was its render cancelled? See the console.",
                ) from error
        return pending

    def finish(self, pending: PendingView) -> ViewRecord:
        """Return the record of a view whose files are at their names."""
        view, files = pending.view, pending.files
        return self._record(
            view,
            pending.found.frame,
            pass_file=pass_file(view),
            camera=pending.shot.camera,
            instances=pending.instances,
            solo_files=tuple(solo_file(view, number) for number in range(len(files.solos))),
            crypto_file=crypto_file(view) if files.has_crypto else "",
            beauty=self.spec.passes.beauty,
            aim=pending.found.subject.centre,
            variation=pending.drawn,
            seconds=round(pending.seconds, 4),
        )

    def _left_out(self, view: int, reason: str) -> ViewRecord:
        """Return the record of a view that is left out, with the reason; remove what is there of it."""
        known = self._unfinished.get(view)
        files = known.files if isinstance(known, PendingView) else PartFiles(self.folder, view)
        files.remove()
        return self._record(view, self.facts.frame_current, skipped=reason)

    def _record(self, view: int, frame: int, **found: Any) -> ViewRecord:
        """Return the record of a view with what every view has, and with what was ``found``."""
        is_val = is_validation(self.spec.seed, view, self.spec.val_fraction)
        size = {"width": self.spec.width, "height": self.spec.height}
        return ViewRecord(view, frame, "val" if is_val else "train", **size, **found)

    def _drop_unfinished(self) -> None:
        """Remove the renders of views that are not whole."""
        for known in self._unfinished.values():
            if isinstance(known, PendingView):
                known.files.remove()
        self._unfinished.clear()
        self._order.start_over()

    def close(self) -> None:
        """Take everything of the job out of the user's file again; views that are not whole start over."""
        self._drop_unfinished()
        self.variation.close()
        self.placed.close()
        self.beauty.close()
        self.solo.close()
        self.job_scene.close()

    def _aim(self, found: ViewPose, shot: Shot) -> None:
        """Set the camera of label renders."""
        scene = self.job_scene.ensure()
        scene.render.resolution_x, scene.render.resolution_y = shot.size
        camera = self.job_scene.camera()
        for name, value in vars(shot.lens).items():
            # Blender keeps 32 bits of a number; setting an equal value would make Cycles sync the camera again.
            wanted = float(np.float32(value)) if isinstance(value, float) else value
            if getattr(camera.data, name) != wanted:
                setattr(camera.data, name, value)
        camera.matrix_world = Matrix(found.pose.tolist())
