# SPDX-License-Identifier: GPL-3.0-or-later
"""The diffusion stage: loads the model when the first picture is due, makes samples in batches.

While the model works, the control images of the next batch are read and the pictures of the last one are written.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

from ..core import layout, models
from ..core.errors import ModelError
from ..core.layout import DatasetFolder
from ..core.model_check import check_model
from ..core.protocol import Message, Progress
from ..core.records import JobRecord, SampleRecord
from ..core.slots import slots
from .background import ReadAhead, WriteBehind, side_by_side
from .batches import BatchSizes, is_out_of_memory
from .judging import Judge
from .pace import Pace
from .png import write_png
from .requests import SampleRequest, SampleRequests
from .view_inputs import ViewInputs, read_inputs

if TYPE_CHECKING:
    from ..core.arrays import RGBImage
    from ..stylize.pipeline import SampleInput, Stylizer

log = logging.getLogger(__name__)
MAX_FAILURES: Final = 3
"""So many failures in a row, with no picture made, mean that the model does not work at all."""
AHEAD: Final = 64
"""So many prompts are encoded at once."""
MAX_WAITING: Final = 64
"""Pictures that wait to be written; more would fill the memory if the disk is slower than the model."""
FAULTS: Final = (RuntimeError, ValueError, TypeError, OSError, MemoryError)
"""What a picture can fail with: torch raises RuntimeError for nearly everything, out of memory included; a spoilt
control image is an OSError."""

Due = tuple[int, int]
"""A labelled view and one of its slots."""
Load = Callable[[JobRecord], "tuple[list[Stylizer], str]"]
"""Loads a job's model once a GPU, and tells its revision."""
Sizes = Mapping[int, tuple[int, int]]
"""Width and height of each labelled view."""


@dataclass(frozen=True)
class FinishedSample:
    """A sample's line of ``samples.jsonl``, and which of its view's slots it fills."""

    slot: int
    record: SampleRecord


@dataclass(frozen=True)
class _Again:
    """A finished picture that is to be made once more, with the next seed."""

    request: SampleRequest


class Sampler:
    """Makes samples with the job's model. ``usable`` turns False when the model cannot be used."""

    def __init__(
        self,
        folder: DatasetFolder,
        job: JobRecord,
        pace: Pace,
        send: Callable[[Message], None],
        load: Load | None = None,
    ) -> None:
        """Make ready; ``load`` loads the model instead of :func:`load_model`."""
        self.usable = bool(job.job.styles)
        self._requests = SampleRequests(folder, job)
        self._judge = Judge(folder, job)
        self._folder = folder
        self._job = job
        self._pace = pace
        self._send = send
        self._load = load or load_model
        self._stylizers: list[Stylizer] = []
        self._revision = ""
        self._failures = 0
        self._encoded = 0
        self._again: deque[SampleRequest] = deque()
        self._reading: ReadAhead[int, ViewInputs] = ReadAhead(self._read)
        self._writing: WriteBehind[FinishedSample | _Again] = WriteBehind()

    @property
    def again(self) -> bool:
        """Whether pictures are to be made once more."""
        return bool(self._again)

    @property
    def writing(self) -> bool:
        """Whether pictures are made whose records nobody has asked for yet."""
        return bool(self._writing)

    def advance(self, unmade: deque[Due], sizes: Sizes, should_stop: Callable[[], bool]) -> None:
        """Make the next batch of what is due; take from ``unmade`` what it holds. :meth:`finished` gives the results.

        A batch that ``should_stop`` ends midway stays due.

        Raises:
            ModelError: the model cannot be used at all; ``usable`` is False from then on.
        """
        stylizers = self._loaded()
        if should_stop():
            return
        batches = [batch for _ in stylizers if (batch := self._next_batch(unmade, sizes))]
        if not batches:
            return
        together = [request for batch in batches for request in batch]
        self._expect(unmade, sizes, len(together))
        self._encode_ahead(together, unmade)
        tasks = [
            partial(self._make, stylizer, batch, sizes[batch[0].view], should_stop)
            for stylizer, batch in zip(stylizers, batches, strict=False)
        ]
        for left in side_by_side(tasks):
            self._again.extendleft(reversed(left))

    def finished(self, *, wait: bool = False) -> Iterator[FinishedSample]:
        """Yield what is finished by now, skipped samples included; with ``wait`` all that was begun.

        Raises:
            OSError: a picture cannot be written.
        """
        for done in self._writing.finished(wait=wait or len(self._writing) > MAX_WAITING):
            if isinstance(done, FinishedSample):
                yield done
            else:
                request = done.request
                self._again.append(self._requests.request(request.view, request.slot, request.attempt + 1))

    def _loaded(self) -> list[Stylizer]:
        """Return the loaded model, once a GPU."""
        if not self._stylizers:
            self.usable = False
            self._send(Progress("model", 0, 1))
            with self._pace.step("model"):
                self._stylizers, self._revision = self._load(self._job)
                self._judge.prepare()
            self._batches = BatchSizes(self._job.job.model.speed.batch, self._stylizers[0].device)
            self.usable = True
            self._send(Progress("model", 1, 1, 0.0))
        return self._stylizers

    def _next_batch(self, unmade: deque[Due], sizes: Sizes) -> list[SampleRequest]:
        """Take the next requests of one size, those that are made again first."""
        if not self._again and unmade:
            self._again.append(self._requests.request(*unmade.popleft()))
        batch: list[SampleRequest] = []
        size = sizes[self._again[0].view] if self._again else (0, 0)
        while self._again and len(batch) < self._batches.of(size) and sizes[self._again[0].view] == size:
            batch.append(self._again.popleft())
        while (
            not self._again and unmade and len(batch) < self._batches.of(size) and sizes[unmade[0][0]] == size
        ):
            batch.append(self._requests.request(*unmade.popleft()))
        return batch

    def _expect(self, unmade: deque[Due], sizes: Sizes, count: int) -> None:
        """Let the control images of the next batch be read."""
        coming = [view for view, _ in list(unmade)[: max(1, count)] if view in sizes]
        self._reading.expect(list(dict.fromkeys(coming)))

    def _encode_ahead(self, batch: Sequence[SampleRequest], unmade: deque[Due]) -> None:
        """Encode the prompts of many samples at once on a GPU, where the text encoders make room for pictures."""
        self._encoded -= len(batch)
        if self._stylizers[0].device == "cpu" or self._encoded > 0:
            return
        coming = [*batch, *(self._requests.request(*due) for due in islice(unmade, AHEAD))]
        self._encoded = len(coming)
        styles = [item.style for item in coming if item.style.kind == "DIFFUSION"]
        for stylizer in self._stylizers:
            stylizer.prepare([(style.prompt, style.negative_prompt, style.name) for style in styles])

    def _read(self, view: int) -> ViewInputs:
        stylizer = self._stylizers[0]
        return read_inputs(self._folder, view, stylizer.kinds, stylizer.model.source)

    def _make(
        self,
        stylizer: Stylizer,
        batch: Sequence[SampleRequest],
        size: tuple[int, int],
        should_stop: Callable[[], bool],
    ) -> Sequence[SampleRequest]:
        """Make a batch, or its parts where it cannot be made as one; return what ``should_stop`` left unmade."""
        start = time.perf_counter()
        try:
            pictures = stylizer.pictures(self._inputs(batch), should_stop)
        except FAULTS as error:
            stylizer.free_memory()
            if len(batch) == 1:
                log.exception("Sample %s failed.", batch[0].sample)
                self._skip(batch[0], size, stylizer, _reason(error, size))
                return ()
            share = self._batches.halve(size, len(batch)) if is_out_of_memory(error) else 1
            log.warning("A batch of %d failed (%s); it is made in parts of %d.", len(batch), error, share)
            return self._make_parts(stylizer, batch, share, size, should_stop)
        if pictures is None:
            return batch
        seconds = (time.perf_counter() - start) / len(batch)
        for request, picture in zip(batch, pictures, strict=True):
            self._failures = -1
            self._pace.add("samples", seconds)
            record = self._record(request, size, stylizer, seconds=round(seconds, 3), together=len(batch))
            self._writing.add(partial(self._finish, request, picture, record))
        return ()

    def _make_parts(
        self,
        stylizer: Stylizer,
        batch: Sequence[SampleRequest],
        share: int,
        size: tuple[int, int],
        should_stop: Callable[[], bool],
    ) -> Sequence[SampleRequest]:
        first = 0
        while first < len(batch):
            step = min(share, self._batches.of(size))  # may have been halved again
            left = self._make(stylizer, batch[first : first + step], size, should_stop)
            first += step
            if left:
                return [*left, *batch[first:]]
        return ()

    def _inputs(self, batch: Sequence[SampleRequest]) -> list[SampleInput]:
        from ..stylize.pipeline import SampleInput

        views = {view: self._reading.get(view) for view in dict.fromkeys(item.view for item in batch)}
        return [
            SampleInput(
                views[item.view].controls,
                item.style.prompt,
                item.style.negative_prompt,
                item.seed,
                item.strength,
                item.style.name,
                views[item.view].picture,
                views[item.view].objects,
            )
            for item in batch
        ]

    def _finish(
        self, request: SampleRequest, picture: RGBImage, record: SampleRecord
    ) -> FinishedSample | _Again:
        """Take a finished picture: the one place that each passes. Runs in the writing thread."""
        try:
            verdict = self._judge.judge(request, picture, record)
        except FAULTS as error:
            log.exception("Sample %s cannot be measured.", request.sample)
            unmade = replace(record, picture="", skipped=f"it cannot be measured: {error}")
            return FinishedSample(request.slot, unmade)
        if verdict.again:
            return _Again(request)
        with layout.replacing(self._folder.full(verdict.record.picture)) as path:
            write_png(path, verdict.picture)
        return FinishedSample(request.slot, verdict.record)

    def _skip(self, request: SampleRequest, size: tuple[int, int], stylizer: Stylizer, reason: str) -> None:
        if self._failures >= 0:
            self._failures += 1
            if self._failures == MAX_FAILURES:
                self.usable = False
                raise ModelError(
                    "model.failing",
                    f"The model failed on its first {MAX_FAILURES} pictures ({reason}).",
                    "Labels are kept; mend the model settings and generate again.",
                )
        record = self._record(request, size, stylizer, skipped=reason)
        self._writing.add(lambda: FinishedSample(request.slot, record))

    def _record(
        self,
        request: SampleRequest,
        size: tuple[int, int],
        stylizer: Stylizer,
        *,
        skipped: str = "",
        seconds: float = 0.0,
        together: int = 1,
    ) -> SampleRecord:
        return SampleRecord(
            sample=request.sample,
            view=request.view,
            style=request.style.name,
            picture="" if skipped else request.picture,
            prompt=request.style.prompt,
            negative_prompt=request.style.negative_prompt,
            seed=str(request.seed),
            width=size[0],
            height=size[1],
            model=self._job.job.model.path or models.EMBEDDED,
            revision=self._revision,
            steps=stylizer.steps,
            guidance_scale=stylizer.guidance_scale,
            seconds=seconds,
            skipped=skipped,
            number=request.number,
            strength=request.strength,
            engine=stylizer.engine + (f", {together} at once" if together > 1 else ""),
        )


def load_model(job: JobRecord) -> tuple[list[Stylizer], str]:
    """Return the job's model, loaded once a GPU, and its revision.

    Raises:
        ModelError: it cannot be used.
    """
    model = job.job.model
    check_model(model)
    try:
        from ..stylize.pipeline import load_everywhere

        return load_everywhere(model, job.views * len(slots(job.job))), models.revision(model)
    except ImportError as error:
        raise ModelError(
            "model.no_torch",
            f"The runner's Python cannot import what diffusion needs ({error}), so that no pictures are made.",
            "Set up the runner in the preferences, or name a Python there that has both; labels are kept.",
        ) from error


def _reason(error: BaseException, size: tuple[int, int]) -> str:
    if is_out_of_memory(error):
        return f"out of memory at {size[0]} x {size[1]} pixels; use a smaller size or another device"
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__
