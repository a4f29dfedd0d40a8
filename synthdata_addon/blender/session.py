# SPDX-License-Identifier: GPL-3.0-or-later
"""Rendering a job, one view a step. The panel, the script call, the command and a farm all drive this."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix

from ..core.arrays import Matrix4
from ..core.camera import Lens
from ..core.errors import SceneError, SynthDataError
from ..core.layout import DatasetFolder, crypto_file, pass_file, render_file, replacing, solo_file
from ..core.plan import SceneFacts
from ..core.records import CameraRecord, JobRecord, SeenInstance, ViewRecord
from ..core.seeds import is_validation
from .beauty import BeautyScene
from .contents import Contents
from .facts import depth_range, sampled_depths
from .job_scene import JobScene, render_scene
from .populate.anew import PlacedAnew
from .poses import PoseFinder
from .solo import SoloViews
from .stage import MOVING, JobStage
from .turntable import Turntable
from .vary.optics import Shot
from .vary.view import ViewVariation

log = logging.getLogger(__name__)
DEPTH_VIEWS = 8
DEPTH_FRAMES = 6


@dataclass(frozen=True)
class PendingView:
    """A view whose camera and frame are set, ready to render to its ``part`` files and then move to their names.

    ``lens_from`` names the user's camera that it is seen from, "" for a camera of the sweep's own.
    """

    view: int
    frame: int
    lens_from: str
    camera: CameraRecord
    shot: Shot
    instances: tuple[SeenInstance, ...]
    part: Path
    beauty_part: Path
    started: float
    solo_parts: tuple[Path, ...] = ()
    aim: tuple[float, ...] = ()


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
        self.remaining: list[int] = []

    def open(self, job: JobRecord, done: Iterable[int]) -> None:
        """Start on the views of the job that are not ``done``."""
        finished = set(done)
        self.remaining = [view for view in range(job.views) if view not in finished]

    def sweep_out_leftovers(self) -> None:
        """Remove what a killed run left: half-written files, and whole ones that may have holes after a power cut."""
        leftovers = "*.exr" if not self._are_passes_durable else ".*.part.exr"
        for part in (self.folder.root / "passes").glob(leftovers):
            part.unlink(missing_ok=True)

    @property
    def _are_passes_durable(self) -> bool:
        # What is deleted after use need not outlive a power cut: it is rendered again in no more time than that takes.
        return self.spec.passes.keep or self.spec.passes.beauty

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

    def step(self) -> ViewRecord:
        """Render the next view, blocking; a view that cannot be had comes back with ``skipped`` set."""
        view = self.remaining[0]
        try:
            with self.variation.of(view), self.turntable.of(view):
                pending = self.prepare()
                self.render_labels(pending)
                pending = self.render_solos(pending)
                if self.spec.passes.beauty:
                    self.render_beauty(pending)
                return self.finish(pending)
        except SynthDataError as error:
            return self.skip(view, error.message)

    def prepare(self) -> PendingView:
        """Set frame and camera for the next view.

        Raises:
            SceneError: ``scene.blocked_view``: no free place was found for the camera.
        """
        view = self.remaining[0]
        started = time.perf_counter()
        scene = self.job_scene.ensure()
        self.place(view)
        found = self.poses.find(view)
        shot = self.variation.take(found.camera or "SynthData", found.lens, found.pose)
        self._set_camera(scene, shot.lens, found.pose)
        scene.render.resolution_x, scene.render.resolution_y = shot.size
        part = self.folder.full(pass_file(view)).with_name(f".{view:06d}.part.exr")
        part.parent.mkdir(parents=True, exist_ok=True)
        return PendingView(
            view=view,
            frame=found.frame,
            lens_from=found.camera,
            camera=shot.camera,
            shot=shot,
            instances=self.contents.with_keypoints(
                found.frame,
                self.contents.seen(found.frame),
                shot.camera,
                (found.lens.clip_start, found.lens.clip_end),
            ),
            part=part,
            beauty_part=part.with_name(f".{view:06d}.beauty.part{'.exr' if self._has_crypto else '.png'}"),
            started=started,
            aim=found.subject.centre,
        )

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

    @property
    def _has_crypto(self) -> bool:
        return self.spec.passes.beauty and self.beauty.writes_cryptomatte

    def render_labels(self, pending: PendingView) -> None:
        """Render the pending view's label passes, blocking.

        Raises:
            SceneError: ``scene.render_failed`` with Blender's own reason.
        """
        with self.job_scene.numbered() as scene:
            scene.render.filepath = str(pending.part)
            render_scene(scene, pending.view, write=True)
        if not pending.part.exists():
            raise SceneError(
                "scene.render_failed",
                f"View {pending.view} wrote no file.",
                "Is the disk full? See the console.",
            )

    def render_solos(self, pending: PendingView) -> PendingView:
        """Render what the pending view's things show alone, blocking; return it with what that tells.

        Raises:
            SceneError: ``scene.render_failed``.
        """
        if not self.spec.labels.visibility:
            return pending
        return replace(
            pending,
            solo_parts=self.solo.render(pending.view, pending.frame, pending.shot.flat, pending.shot.size),
            instances=self.solo.with_outside(pending.instances, pending.camera),
        )

    def render_beauty(self, pending: PendingView) -> None:
        """Render the pending view's finished picture, blocking.

        Raises:
            SceneError: ``scene.render_failed`` with Blender's own reason.
        """
        camera = self.job_scene.camera()
        scene = self.beauty.prepare(camera, pending.lens_from, pending.frame, pending.beauty_part)
        self.variation.dress(scene, pending.shot)
        render_scene(scene, pending.view, write=self._has_crypto)

    def finish(self, pending: PendingView) -> ViewRecord:
        """Move the rendered files to their names and return the view's record.

        Raises:
            SceneError: ``scene.render_failed``: the finished picture was not rendered.
        """
        view = pending.view
        if self.spec.passes.beauty:
            self._keep_beauty(pending)
        for number, part in enumerate(pending.solo_parts):
            self._move(part, solo_file(view, number))
        self._move(pending.part, pass_file(view))
        self.remaining.remove(view)
        return ViewRecord(
            view=view,
            frame=pending.frame,
            split=self._split(view),
            width=self.spec.width,
            height=self.spec.height,
            pass_file=pass_file(view),
            camera=pending.camera,
            instances=pending.instances,
            solo_files=tuple(solo_file(view, number) for number in range(len(pending.solo_parts))),
            crypto_file=crypto_file(view) if self._has_crypto else "",
            beauty=self.spec.passes.beauty,
            aim=pending.aim,
            variation=self.variation.drawn,
            seconds=round(time.perf_counter() - pending.started, 4),
        )

    def _keep_beauty(self, pending: PendingView) -> None:
        if self._has_crypto:
            if not pending.beauty_part.exists():
                raise SceneError(
                    "scene.render_failed",
                    f"The picture of view {pending.view} was not written.",
                    "Was its render cancelled? See the console.",
                )
            self._move(pending.beauty_part, crypto_file(pending.view))
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

    def _move(self, part: Path, target: str) -> None:
        if self._are_passes_durable:
            with part.open("rb") as file:
                os.fsync(file.fileno())
        part.replace(self.folder.full(target))

    def skip(self, view: int, reason: str) -> ViewRecord:
        """Return the record of a view that is left out, with the reason."""
        self.remaining.remove(view)
        return ViewRecord(
            view=view,
            frame=self.facts.frame_current,
            split=self._split(view),
            width=self.spec.width,
            height=self.spec.height,
            skipped=reason,
        )

    def close(self) -> None:
        """Take everything of the job out of the user's file again."""
        self.variation.close()
        self.placed.close()
        self.beauty.close()
        self.solo.close()
        self.job_scene.close()

    def _split(self, view: int) -> str:
        return "val" if is_validation(self.spec.seed, view, self.spec.val_fraction) else "train"

    def _set_camera(self, scene: bpy.types.Scene, lens: Lens, pose: Matrix4) -> None:
        camera = self.job_scene.camera()
        for name, value in vars(lens).items():
            # Blender keeps 32 bits of a number; setting an equal value would make Cycles sync the camera again.
            wanted = float(np.float32(value)) if isinstance(value, float) else value
            if getattr(camera.data, name) != wanted:
                setattr(camera.data, name, value)
        camera.matrix_world = Matrix(pose.tolist())
