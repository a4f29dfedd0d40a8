# SPDX-License-Identifier: GPL-3.0-or-later
"""Rendering a job, one view a step. The panel, the script call, the command and a farm all drive this."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ..core.arrays import Matrix4
from ..core.camera import Lens, intrinsics, world_to_opencv
from ..core.errors import SceneError, SynthDataError
from ..core.layout import DatasetFolder, pass_file, render_file, replacing
from ..core.plan import PlannedView, SceneFacts, can_retry, plan_view, sweep_radius
from ..core.records import CameraRecord, InstanceRecord, JobRecord, ViewRecord
from ..core.seeds import is_validation
from . import compat
from .checks import blocking_object
from .facts import camera_of_marker, depth_range, lens_of, object_by_full_name, sampled_depths
from .job_scene import JobScene

log = logging.getLogger(__name__)
ATTEMPTS = 20
DEPTH_VIEWS = 8
DEPTH_FRAMES = 6


@dataclass(frozen=True)
class PendingView:
    """A view whose camera and frame are set, ready to render to ``part`` and then move to its name."""

    view: int
    frame: int
    camera: CameraRecord
    part: Path
    started: float


class RenderSession:
    """Renders the views of one job that are not rendered yet, in order.

    Usage: while :attr:`remaining`: :meth:`step`; then :meth:`close`, always. A caller that renders without blocking
    calls :meth:`prepare`, :meth:`render_in_background`, waits, and then :meth:`finish`.
    """

    def __init__(
        self,
        job_scene: JobScene,
        facts: SceneFacts,
        instances: tuple[InstanceRecord, ...],
        folder: DatasetFolder,
    ) -> None:
        self.job_scene = job_scene
        self.facts = facts
        self.instances = instances
        self.folder = folder
        self.spec = job_scene.spec
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
        limit = DEPTH_FRAMES if self.spec.sweep.kind == "FRAMES" else DEPTH_VIEWS
        step = max(1, views // limit)
        return depth_range(depth for view in range(0, views, step) for depth in self._depths(view))

    def _depths(self, view: int) -> Iterator[float]:
        scene = self.job_scene.ensure()
        planned = plan_view(self.spec.sweep, self.facts, self.spec.seed, view)
        self.job_scene.set_frame(scene, planned.frame)
        lens, pose = self._lens_and_pose(planned)
        depsgraph = self.job_scene.depsgraph()
        if self._obstacle(scene, depsgraph, pose) is None:
            yield from sampled_depths(scene, depsgraph, pose, lens, (self.spec.width, self.spec.height))

    def step(self) -> ViewRecord:
        """Render the next view, blocking; a view that cannot be had comes back with ``skipped`` set."""
        view = self.remaining[0]
        try:
            pending = self.prepare()
            self.render(pending)
            return self.finish(pending)
        except SynthDataError as error:
            return self.skip(view, error.message)

    def prepare(self) -> PendingView:
        """Set frame, camera and output path for the next view.

        Raises:
            SceneError: ``scene.blocked_view``: no free place was found for the camera.
        """
        view = self.remaining[0]
        started = time.perf_counter()
        scene = self.job_scene.ensure()
        planned, lens, pose = self._find_pose(scene, view)
        self._set_camera(scene, lens, pose)
        part = self.folder.full(pass_file(view)).with_name(f".{view:06d}.part.exr")
        part.parent.mkdir(parents=True, exist_ok=True)
        scene.render.filepath = str(part)
        name = self._camera_at(planned) if planned.camera else "SynthData"
        record = _camera_record(name, lens, pose, (self.spec.width, self.spec.height))
        return PendingView(view=view, frame=planned.frame, camera=record, part=part, started=started)

    def render(self, pending: PendingView) -> None:
        """Render the pending view, blocking.

        Raises:
            SceneError: ``scene.render_failed`` with Blender's own reason.
        """
        try:
            self._render("EXEC_DEFAULT")
        except RuntimeError as error:
            reason = " ".join(str(error).split())
            raise SceneError(
                "scene.render_failed",
                f"View {pending.view} did not render: {reason}",
                "See Blender's console.",
            ) from error

    def render_in_background(self) -> None:
        """Start a render job of the prepared view and return at once; no window opens for it."""
        preferences = bpy.context.preferences.view
        shown = preferences.render_display_type
        preferences.render_display_type = "NONE"
        try:
            self._render("INVOKE_DEFAULT")
        finally:
            preferences.render_display_type = shown

    def _render(self, how: str) -> None:
        scene = self.job_scene.ensure()
        # Not by the operator's own `scene`: that renders the frame of the user's scene.
        with bpy.context.temp_override(scene=scene, view_layer=scene.view_layers[0]):
            bpy.ops.render.render(how, write_still=True)

    def finish(self, pending: PendingView) -> ViewRecord:
        """Move the rendered file to its name and return the view's record.

        Raises:
            SceneError: ``scene.render_failed``: the render wrote no file.
        """
        if not pending.part.exists():
            raise SceneError(
                "scene.render_failed",
                f"View {pending.view} wrote no passes.",
                "Is the disk full? See the console.",
            )
        if self.spec.passes.beauty:
            self._save_beauty(pending.view)
        target = self.folder.full(pass_file(pending.view))
        if self._are_passes_durable:
            with pending.part.open("rb") as file:
                os.fsync(file.fileno())
        pending.part.replace(target)
        self.remaining.remove(pending.view)
        return ViewRecord(
            view=pending.view,
            frame=pending.frame,
            split=self._split(pending.view),
            width=self.spec.width,
            height=self.spec.height,
            pass_file=pass_file(pending.view),
            camera=pending.camera,
            instances=self.instances,
            beauty=self.spec.passes.beauty,
            seconds=round(time.perf_counter() - pending.started, 4),
        )

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
        self.job_scene.close()

    def _split(self, view: int) -> str:
        return "val" if is_validation(self.spec.seed, view, self.spec.val_fraction) else "train"

    def _find_pose(self, scene: bpy.types.Scene, view: int) -> tuple[PlannedView, Lens, Matrix4]:
        """Return the planned pose, or the first free one of a few random ones near it."""
        attempts = ATTEMPTS if can_retry(self.spec.sweep) else 1
        obstacle: str | None = None
        for attempt in range(attempts):
            planned = plan_view(self.spec.sweep, self.facts, self.spec.seed, view, attempt)
            self.job_scene.set_frame(scene, planned.frame)
            lens, pose = self._lens_and_pose(planned)
            obstacle = self._obstacle(scene, self.job_scene.depsgraph(), pose)
            if obstacle is None:
                return planned, lens, pose
        raise SceneError(
            "scene.blocked_view",
            f"The camera of view {view} is inside '{obstacle}'.",
            "Change the radius or the elevation, or move the object.",
        )

    def _obstacle(self, scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph, pose: Matrix4) -> str | None:
        return blocking_object(scene, depsgraph, Vector(pose[:3, 3]), Vector(self.facts.target))

    def _lens_and_pose(self, planned: PlannedView) -> tuple[Lens, Matrix4]:
        if planned.camera:
            original = object_by_full_name(self._camera_at(planned))
            evaluated = original.evaluated_get(self.job_scene.depsgraph())
            return lens_of(evaluated.data), np.array(evaluated.matrix_world, dtype=np.float64)
        reach = sweep_radius(self.spec.sweep, self.facts)
        clip = (min(0.1, reach * 0.01), max(1000.0, reach * 100.0))
        return Lens(lens=self.spec.sweep.lens, clip_start=clip[0], clip_end=clip[1]), planned.pose

    def _camera_at(self, planned: PlannedView) -> str:
        follows_markers = self.spec.sweep.kind == "FRAMES"
        return (follows_markers and camera_of_marker(self.job_scene.source, planned.frame)) or planned.camera

    def _set_camera(self, scene: bpy.types.Scene, lens: Lens, pose: Matrix4) -> None:
        camera = self.job_scene.camera()
        for name, value in vars(lens).items():
            # Blender keeps 32 bits of a number; setting an equal value would make Cycles sync the camera again.
            wanted = float(np.float32(value)) if isinstance(value, float) else value
            if getattr(camera.data, name) != wanted:
                setattr(camera.data, name, value)
        camera.matrix_world = Matrix(pose.tolist())

    def _save_beauty(self, view: int) -> None:
        scene = self.job_scene.ensure()
        with replacing(self.folder.full(render_file(view))) as part:
            compat.set_png(scene.render.image_settings)
            try:
                bpy.data.images["Render Result"].save_render(str(part), scene=scene)
            finally:
                compat.set_multilayer_exr(scene.render.image_settings, compress=self.spec.passes.keep)


def _camera_record(name: str, lens: Lens, pose: Matrix4, size: tuple[int, int]) -> CameraRecord:
    return CameraRecord(
        name=name,
        type=lens.type,
        k=_rows(intrinsics(lens, *size)),
        world_to_camera=_rows(world_to_opencv(pose)),
        cam_to_world=_rows(pose),
    )


def _rows(matrix: np.ndarray) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(value) for value in row) for row in matrix)
