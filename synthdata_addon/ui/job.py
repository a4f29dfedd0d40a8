# SPDX-License-Identifier: GPL-3.0-or-later
"""One Generate Dataset job: the render session and the runner, side by side, stepped from a timer or a loop."""

from __future__ import annotations

import datetime as dt
import logging
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import bpy

from ..blender import compat
from ..blender.contents import Contents
from ..blender.facts import metres_per_unit, scene_facts
from ..blender.job_scene import JobScene
from ..blender.missing import warning_of_missing_files
from ..blender.session import RenderSession
from ..core import layout, protocol
from ..core.begun import MAX_DEATHS, Begun
from ..core.claim import Claim, io_errors
from ..core.errors import in_full
from ..core.fidelity_check import check_fidelity_models
from ..core.journal import Journal
from ..core.layout import DatasetFolder
from ..core.model_check import check_model
from ..core.models import control_kinds
from ..core.plan import view_count
from ..core.progress import Stage
from ..core.records import JobRecord, LabelRecord, ViewRecord
from ..core.slots import slot_count
from ..core.spec import SCHEMA, JobSpec, validate
from ..core.standing import standing
from ..core.version import version
from ..runner.client import RunnerClient
from ..runner.restarts import RunnerRestarts
from .one_view import check_view, forget_passes
from .part import WHOLE, Part
from .preferences import RunnerSettings

log = logging.getLogger(__name__)
VIEWS_SYNC = 1.0
"""Seconds of label renders that a power cut may cost; the next run makes them again."""
STAGES = ("render", "labels", "samples")
SHOWN_PICTURES = 3


@dataclass
class JobStatus:
    """What the panel and the terminal show. ``problems`` are errors that left part of the job undone."""

    folder: Path
    stages: dict[str, Stage] = field(default_factory=lambda: {name: Stage() for name in STAGES})
    message: str = "Starting"
    warnings: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    skipped_views: int = 0
    cancelled: bool = False
    finished: bool = False
    done: protocol.Done | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    pictures: list[str] = field(default_factory=list)
    """The last pictures that were made, relative to the folder."""

    @property
    def complete(self) -> bool:
        """Whether everything that was asked for is there."""
        return self.finished and not self.cancelled and not self.problems


class GenerateJob:
    """Call :meth:`step` until it returns False, then look at :attr:`status`; :meth:`close` at any time ends it."""

    def __init__(
        self,
        scene: bpy.types.Scene,
        layer: bpy.types.ViewLayer,
        spec: JobSpec,
        output: Path,
        *,
        extend: bool = False,
        only: int | None = None,
        part: Part = WHOLE,
    ) -> None:
        """Check everything that can be checked, write ``job.json`` and start the runner.

        ``extend`` lets the job be larger than the one that is in the folder. ``only`` makes this one view, anew if it
        is there, and leaves the others as they are; ``part`` makes no more than a part of the job.

        Raises:
            SynthDataError: anything wrong with settings, scene, model, folder or runner; nothing is changed then.
        """
        self.began = time.monotonic()
        validate(spec)
        if any(style.kind == "DIFFUSION" for style in spec.styles):
            check_model(spec.model, (spec.width, spec.height))
        check_fidelity_models(spec.fidelity)
        self.folder, self._only, self._part = DatasetFolder(output), only, part
        self._claim = Claim(self.folder, extend=extend)
        self._begun = Begun(self.folder.rendering)
        spec = self._claim.continued(spec)
        self.status = JobStatus(self.folder.root)
        self._client: RunnerClient | None = None
        self._said_finish = False
        self._restarts = RunnerRestarts()
        self._session = self._open_session(scene, layer, spec)
        try:
            with io_errors(self.folder):
                self._prepare(spec)
        except BaseException:
            self.close()
            raise

    def _open_session(
        self, scene: bpy.types.Scene, layer: bpy.types.ViewLayer, spec: JobSpec
    ) -> RenderSession:
        layer.update()  # matrices of objects that were just moved or made are stale until then
        job_scene = JobScene(scene.name, layer.name, spec)
        try:
            self._contents = Contents(job_scene, scene, layer)
            id_of = self._contents.labelling.id_of
            facts = scene_facts(scene, spec.sweep, self._contents.first, id_of)
            return RenderSession(job_scene, facts, self._contents, self.folder)
        except BaseException:
            job_scene.close()
            raise

    def _prepare(self, spec: JobSpec) -> None:
        check_view(self._only, view_count(spec.sweep, self._session.facts))
        self._claim.take()
        job = self._claim.job(self._describe(spec))
        self._session.sweep_out_leftovers()
        if not self._part.job_only:
            # The runner loads its libraries while Blender goes on preparing.
            self._client = _start_runner(self.folder)
        if self._claim.old is None:
            # As of the views that an extended job began with, so that its job file makes it again.
            first = min((*spec.sweep.extended_from, job.views))
            near, far = self._session.measure_depth_range(first)
            job = replace(job, depth_near=near, depth_far=far)
        if changes := self._claim.write(job):
            self.status.warnings.append(f"The dataset is extended: {changes}.")
        if self._part.job_only:
            self.status.finished = True
            return
        self._views = Journal(self.folder.views_journal, VIEWS_SYNC)
        rendered = self._rendered_views()
        if self._only is not None:
            forget_passes(self.folder, self._only)
            rendered = set(range(job.views)) - {self._only}
        mine = self._part.views(job, self.folder.root)
        self._session.start(sorted(mine - rendered))
        self.status.warnings += self._contents.warnings
        if missing := warning_of_missing_files():
            self.status.warnings.append(missing)
        render, labels, samples = (self.status.stages[name] for name in STAGES)
        render.done, render.total = len(rendered & mine), len(mine)
        labels.total, samples.total = len(mine), len(mine) * slot_count(spec) * self._part.pictures
        self._greet_runner()
        self.status.seconds["start"] = time.monotonic() - self.began
        render.restart_clock()

    def _greet_runner(self) -> None:
        assert self._client is not None
        again = () if self._only is None else (self._only,)
        own = protocol.Start(str(self.folder.root), self._claim.lock.token, again)
        own = replace(own, views=self.status.stages["render"].total, pictures=self._part.pictures)
        self._client.send(own)
        self._view_messages = protocol.ViewSender()

    def _rendered_views(self) -> set[int]:
        """Return the views that need no render: their passes are there, or were dropped after they were labelled."""
        self._control_kinds = control_kinds(self._session.spec)
        labels = Journal(self.folder.labels_journal).entries(LabelRecord, drop=("annotations",))
        labelled = {label.view for _, label in labels if self._is_labelled(label)}
        views = self._views.entries(ViewRecord, drop=("instances", "camera"))
        return {
            record.view
            for _, record in views
            if not record.skipped
            and (
                record.view in labelled
                or all(self.folder.full(file).is_file() for file in record.source_files)
            )
        }

    def _is_labelled(self, label: LabelRecord) -> bool:
        """Whether a view's label files are all there, so that nothing asks for its passes again."""
        if label.skipped or self._session.spec.passes.keep:
            return False
        panoptic = self._session.spec.labels.panoptic
        files = layout.label_files(label.view, label.split, self._control_kinds, panoptic=panoptic)
        return all(self.folder.full(file).is_file() for file in files)

    def _describe(self, spec: JobSpec) -> JobRecord:
        """Return this job as ``job.json`` says it, but for the depth range, which takes ray casts."""
        labelling = self._contents.labelling
        return JobRecord(
            schema=SCHEMA,
            job=spec,
            scene_file=Path(bpy.data.filepath).name,
            categories=labelling.categories,
            views=view_count(spec.sweep, self._session.facts),
            depth_near=0.0,
            depth_far=0.0,
            software={"synthdata": version(), **compat.software()},
            created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            instances=labelling.instances,
            standing=standing(labelling.instances, labelling.seen(self._contents.first)),
            unit_scale=metres_per_unit(bpy.data.scenes[self._session.job_scene.source]),
        )

    @property
    def spec(self) -> JobSpec:
        """The request, as the job works on it."""
        return self._session.spec

    def step(self) -> bool:
        """Render one view (blocking) or wait a moment for the runner; return whether there is more to do.

        Raises:
            DatasetError: ``dataset.io`` or ``dataset.lost``: there is no going on in this folder.
        """
        if self.status.finished:
            return False
        with io_errors(self.folder):
            self._keep()
            if self._session.remaining and not self.status.cancelled:
                self._render_next()
            elif self._client is not None:
                self._client.wait(0.1)
            self._listen()
            return not self.status.finished

    def step_in_window(self) -> bool:
        """Like :meth:`step` for a window, which must not wait for the runner: one view, or a look at its messages.

        Renders run at once, not as Blender's render jobs: these hand the window's GPU contexts to and fro, which ended
        Blender 4.3 and 5.2 with GLX errors when label renders came between them. Raises as :meth:`step`.
        """
        with io_errors(self.folder):
            self._keep()
            self._listen()
            if self.status.finished:
                return False
            if self._session.remaining and not self.status.cancelled:
                self._render_next()
            return True

    def _keep(self) -> None:
        if not self.status.finished:
            self._claim.keep()

    def _render_next(self) -> None:
        record = self._session.step(leave_out=self._begin(self._session.next_view))
        if record is not None:
            self._record(record)
        self._end_of_render()

    def _begin(self, view: int) -> str:
        """Note that a view is worked on; return a reason if Blender ended in the middle of it again and again."""
        deaths = self._begun.deaths(view)
        self._begun.begin(view)
        if deaths < MAX_DEATHS:
            return ""
        self._begun.end()
        return f"Blender ended {deaths} times in a row while it rendered this view."

    def _record(self, record: ViewRecord) -> None:
        self._views.append(record)
        render = self.status.stages["render"]
        render.advance(None if record.skipped else record.seconds)
        if record.skipped:
            self.status.skipped_views += 1
            self.status.warnings.append(f"View {record.view} is left out: {record.skipped}")
        assert self._client is not None
        self._client.send(self._view_messages.message(record))

    def _end_of_render(self) -> None:
        if self._session.remaining:
            self.status.message = "Rendering"
            return
        self._begun.end()
        self._views.sync()
        self.status.seconds["render"] = time.monotonic() - self.began - self.status.seconds["start"]
        self.status.warnings += self._session.variation.warnings
        self._session.close()

    def _listen(self) -> None:
        """Take in what the runner said, and tell it when no more views come."""
        assert self._client is not None
        if not self._session.remaining and not self.status.cancelled and not self._said_finish:
            self._client.send(protocol.Finish())
            self._said_finish = True
            self.status.message = "Labels and pictures"
        for message in self._client.poll():
            self._take(message)
        if self._client.finished:
            self._end()

    def _take(self, message: protocol.Message) -> None:
        if isinstance(message, protocol.Progress):
            stage = self.status.stages.setdefault(message.stage, Stage())
            stage.done, stage.eta = message.done, message.eta
            stage.total = max(stage.total, message.total)
        elif isinstance(message, protocol.Sample):
            self.status.pictures[:] = [*self.status.pictures, message.picture][-SHOWN_PICTURES:]
        elif isinstance(message, protocol.Warning):
            self.status.warnings.append(in_full(message.code, message.message, message.hint))
        elif isinstance(message, protocol.Error):
            log.error("%s: %s", message.code, message.message)
            if not self._restart_runner(message):
                self.status.problems.append(in_full(message.code, message.message, message.hint))
        elif isinstance(message, protocol.Hello):
            self._restarts.hello()
        elif isinstance(message, protocol.Done):
            self.status.done = message

    def _restart_runner(self, error: protocol.Error) -> bool:
        """Start the runner again if it ended by itself and that may help; it goes on from the journals."""
        done = sum(stage.done for name, stage in self.status.stages.items() if name != "render")
        if self.status.cancelled or not self._restarts.may_restart(error.code, done):
            return False
        assert self._client is not None
        self._client.close()
        self._client = _start_runner(self.folder)
        self._greet_runner()
        self._said_finish = False
        self.status.warnings.append(f"{error.message} It was started again; see {self.folder.runner_log}.")
        return True

    def _end(self) -> None:
        if self.status.finished:
            return
        self.status.finished = True
        if self.status.done is not None:
            self.status.seconds.update(
                {name: seconds for name, seconds in self.status.done.seconds.items() if name != "start"}
            )
        if self.status.skipped_views and self.status.skipped_views == self.status.stages["render"].total:
            self.status.problems.append("No view could be rendered; see the reasons above.")
        self.status.seconds["total"] = time.monotonic() - self.began
        self.close()

    def cancel(self) -> None:
        """Stop after the step at hand and keep what is done; go on stepping until the runner has said done."""
        if self.status.cancelled or self.status.finished:
            return
        self.status.cancelled = True
        self.status.message = "Cancelling"
        if self._client is not None:
            self._client.send(protocol.Cancel())

    def suspend(self) -> None:
        """Take our traces out of the file (it is about to be saved); the next step makes them anew."""
        self._session.close()

    def close(self) -> None:
        """Put everything back and end the runner. Safe to call twice."""
        self._session.close()
        if self._client is not None:
            self._client.close()
        self._begun.end()
        self._claim.release()


def _start_runner(folder: DatasetFolder) -> RunnerClient:
    runner = RunnerSettings.current()
    return RunnerClient(
        runner.python,
        folder,
        site_dirs=runner.site_dirs,
        environment=runner.environment,
        silence=runner.silence,
    )
