# SPDX-License-Identifier: GPL-3.0-or-later
"""The runner's main loop: labels first, pictures when there is nothing to label, annotations at the end.

It works from the dataset's journals alone, so that a killed run goes on where it was and nothing is made twice.
"""

from __future__ import annotations

import logging
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NoReturn

from ..core import protocol
from ..core.begun import MAX_DEATHS, Begun
from ..core.claim import io_error, keep
from ..core.errors import ModelError, SynthDataError
from ..core.journal import Journal
from ..core.layout import DatasetFolder
from ..core.protocol import Message
from ..core.records import SampleRecord, ViewRecord
from ..labels.entries import EntryStore
from ..labels.packing import pack
from .baselines import Baselines
from .finishing import finish_dataset
from .gallery import EarlyThumbnails
from .inbox import Inbox
from .keeper import keeping
from .labelling import LabelResult, label_view, skipped_label
from .ledger import Ledger, read_job
from .manners import give_way, keep_freed_memory
from .pace import Pace
from .sampling import Load, Sampler

log = logging.getLogger(__name__)
Send = Callable[[Message], None]
LABELS_SYNC: Final = 1.0
"""Seconds of labels that a power cut may cost; the next run makes them again."""
ALIVE: Final = 30.0
"""Seconds without a message after which the runner says that it is well."""
LATE_LABELS: Final = 10
"""So many waiting views are still labelled after a cancel; a long queue (an old dataset) is left for the next run."""


def serve() -> NoReturn:
    """Run as Blender's runner: messages on stdin and stdout, everything else to stderr; ends the process."""
    # A library that prints must not break the protocol: messages keep a private copy of stdout, and what anything
    # (Python or C) writes to fd 1 from here on goes to the log.
    messages = os.dup(1)
    os.dup2(2, 1)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    give_way()
    keep_freed_memory()
    inbox = Inbox()
    inbox.listen(0)

    def send(message: Message) -> None:
        try:
            _write_all(messages, protocol.encode(message))
        except OSError:
            inbox.put(protocol.Cancel())

    status = Worker(inbox, send).run()
    # All is written and said; taking numpy and torch apart again would keep Blender waiting.
    logging.shutdown()
    os._exit(status)


class Worker:
    """One run on one dataset."""

    def __init__(self, inbox: Inbox, send: Send, load: Load | None = None) -> None:
        """Take messages from ``inbox`` and ``send`` answers; ``load`` loads models instead of the sampler's own way."""
        self._inbox = inbox
        self._load = load
        self._send = send
        self._pace = Pace()
        self._views = protocol.ViewTaker()
        self._finishing = False
        self._unclear: list[tuple[int, int]] = []
        self._alive = time.monotonic()

    def run(self) -> int:
        """Say hello, work, say done; return the exit status."""
        start = time.perf_counter()
        self._send(_hello())
        first = self._inbox.get()
        if not isinstance(first, protocol.Start):
            self._send(protocol.Done(cancelled=True))
            return 0
        done = protocol.Done(cancelled=self._inbox.cancelled)
        status = 0
        folder = DatasetFolder(Path(first.dataset))
        try:
            read_job(folder)  # no lock is put into a folder that is no dataset
            with keeping(folder, first.lock) as self._lock:
                self._open(folder, first)
                self._pace.add("start", time.perf_counter() - start)
                self._work()
                done = self._finish()
        except SynthDataError as error:
            status = self._fail(error.code, error.message, error.hint)
        except OSError as error:
            log.exception("The dataset cannot be written or read.")
            fault = io_error(folder, error)
            status = self._fail(fault.code, fault.message, fault.hint)
        self._send(done)
        return status

    def _fail(self, code: str, message: str, hint: str) -> int:
        self._send(protocol.Error(code, message, hint))
        return 1

    def _open(self, folder: DatasetFolder, start: protocol.Start) -> None:
        self._folder = folder
        self._job = read_job(folder)
        self._ledger = Ledger(folder, self._job, start.again, views=start.views, pictures=start.pictures)
        self._labels = Journal(folder.labels_journal, LABELS_SYNC)
        self._entries = EntryStore(folder, self._job)
        self._thumbnails = EarlyThumbnails(folder, self._job)
        self._labelling = Begun(folder.labelling)
        self._samples = Journal(folder.samples_journal)
        self._sampler = Sampler(folder, self._job, self._pace, self._send, self._load)
        self._baselines = Baselines(folder, self._job)
        if self._ledger.lost:
            first, count = self._ledger.lost[0], len(self._ledger.lost)
            self._warn(
                "labels.lost",
                f"Masks or control images of {count} views (the first is {first}) are gone, and so are their passes.",
                "Their annotations are kept; render them again to have the files back.",
            )
        self._progress()

    def _work(self) -> None:
        """Take messages and do what is due until all is done or a cancel comes."""
        late = 0
        while True:
            ending = self._finishing or self._inbox.cancelled
            self._take_messages(wait=not ending and not self._is_work_left())
            late += self._inbox.cancelled
            if self._ledger.unlabelled and late <= LATE_LABELS:
                # Also after a cancel: what was just rendered gets its labels, which take a moment.
                self._label(next(iter(self._ledger.unlabelled.values())))
            elif self._inbox.cancelled or (self._finishing and not self._is_work_left()):
                return
            elif self._is_work_left():
                self._make_samples()

    def _is_work_left(self) -> bool:
        ledger = self._ledger
        return bool(ledger.unlabelled or ledger.baselines) or self._are_samples_due() or self._sampler.writing

    def _are_samples_due(self) -> bool:
        return self._sampler.usable and bool(self._ledger.unmade or self._sampler.again)

    def _take_messages(self, wait: bool) -> None:
        message = self._next_message() if wait else self._inbox.get_if_any()
        while message is not None:
            if isinstance(message, protocol.View):
                self._take_view(self._views.record(message))
            elif isinstance(message, protocol.Finish):
                self._finishing = True
                self._ledger.give_up_waiting()
            elif not isinstance(message, protocol.Cancel):
                log.error("A '%s' message is not expected here.", type(message).__name__)
            message = self._inbox.get_if_any()

    def _take_view(self, record: ViewRecord) -> None:
        self._ledger.add_view(record)
        if record.view in self._ledger.labelled and record.view not in self._ledger.unlabelled:
            self._pack_sources(record)  # rendered again for its kept passes alone

    def _next_message(self) -> Message:
        """Wait for a message; what need not be made now is made meanwhile."""
        message = self._inbox.get_if_any()
        while message is None and self._thumbnails.are_waiting:
            keep(self._lock)
            self._thumbnails.make_one()
            message = self._inbox.get_if_any()
        while message is None:
            message = self._inbox.get(timeout=ALIVE)
            if message is None:
                self._send(protocol.Alive())
        return message

    def _is_cancelled(self) -> bool:
        """Answer a step that asks whether it should stop; it asks often, which shows that it is not stuck."""
        if time.monotonic() - self._alive >= ALIVE:
            self._alive = time.monotonic()
            self._send(protocol.Alive())
        return self._inbox.cancelled

    def _label(self, view: ViewRecord) -> None:
        keep(self._lock)  # else a folder that was removed would come into being again
        with self._pace.step("labels"):
            result = self._labelled(view)
            offset = self._labels.append(result.record)
            if not result.record.skipped:
                self._entries.add(offset, result.record, view)
        self._thumbnails.labelled(result.record)
        self._ledger.label_done(result.record)
        if not self._ledger.unlabelled:
            self._labelling.end()  # else what ends the runner next would count for this view
        if result.record.skipped:
            self._warn("labels.skipped", f"View {view.view} is not labelled: {result.record.skipped}")
        elif not result.record.annotations:
            self._warn("labels.nothing_visible", f"View {view.view} shows no labelled object.")
        if result.unknown:
            shown = ", ".join(map(str, result.unknown[:5]))
            self._warn(
                "labels.unknown_id",
                f"View {view.view} shows Object Index {shown}, which no labelled object has; it counts as unlabelled.",
            )
        if result.unclear:
            self._unclear.append((view.view, result.unclear))
        if not self._job.job.passes.keep and not result.record.skipped:
            self._remove_sources(view)
        self._progress()

    def _labelled(self, view: ViewRecord) -> LabelResult:
        deaths = self._labelling.deaths(view.view)
        self._labelling.begin(view.view)
        if deaths >= MAX_DEATHS:
            self._labelling.end()
            reason = f"the runner ended {deaths} times in a row while it labelled this view"
            return LabelResult(skipped_label(view, reason))
        try:
            return self._label_and_pack(view)
        except SynthDataError as error:
            # Nothing can be made of such a file; without it the next run renders the view again.
            self._remove_sources(view)
            return LabelResult(skipped_label(view, error.message))
        except MemoryError as error:
            log.exception("View %d cannot be labelled.", view.view)
            return LabelResult(skipped_label(view, f"there was not enough memory ({error})"))
        except ValueError as error:
            log.exception("View %d cannot be labelled.", view.view)
            return LabelResult(skipped_label(view, f"{type(error).__name__}: {error}"))

    def _label_and_pack(self, view: ViewRecord) -> LabelResult:
        """Label a view and pack what is kept of it, before the journal has it: until then it is rendered again."""
        result = label_view(self._folder, self._job, view)
        self._pack_sources(view)
        return result

    def _pack_sources(self, view: ViewRecord) -> None:
        if self._job.job.passes.keep:
            # The passes last: a view is rendered again if these are not packed.
            for path in map(self._folder.full, reversed(view.source_files)):
                if path.is_file():
                    pack(path)

    def _remove_sources(self, view: ViewRecord) -> None:
        for file in view.source_files:
            self._folder.full(file).unlink(missing_ok=True)

    def _make_samples(self) -> None:
        keep(self._lock)
        due = self._are_samples_due()
        if self._is_baseline_due(pictures_come=due or self._sampler.writing):
            self._make_baseline()
            return
        if due:
            try:
                self._sampler.advance(self._ledger.unmade, self._ledger.labelled, self._is_cancelled)
            except ModelError as error:
                # Labels do not need the model: the job goes on without pictures.
                self._send(protocol.Error(error.code, error.message, error.hint))
        self._note_samples(wait=not due)

    def _is_baseline_due(self, *, pictures_come: bool) -> bool:
        """Tell whether the next style without a model can be made: its background may be a picture that comes."""
        waiting = self._ledger.baselines
        return bool(waiting) and not (pictures_come and self._baselines.needs_pictures(waiting[0][1]))

    def _make_baseline(self) -> None:
        view, slot = self._ledger.baselines.popleft()
        with self._pace.step("baselines"):
            record = self._baselines.make(view, slot, self._ledger.labelled[view])
        self._note_sample(slot, record)

    def _note_samples(self, *, wait: bool) -> None:
        for done in self._sampler.finished(wait=wait):
            self._note_sample(done.slot, done.record)

    def _note_sample(self, slot: int, record: SampleRecord) -> None:
        self._samples.append(record)
        self._thumbnails.pictured(record)
        self._ledger.sample_done(record.view, slot, bool(record.skipped))
        if record.skipped:
            self._warn("samples.skipped", f"Sample {record.sample} is not made: {record.skipped}")
        else:
            self._send(protocol.Sample(record.sample, record.picture))
        self._progress()

    def _finish(self) -> protocol.Done:
        keep(self._lock)
        self._note_samples(wait=True)
        self._send(protocol.Progress("annotations", 0, 1))
        self._labelling.end()
        self._labels.sync()
        self._warn_of_unclear()
        with self._pace.step("annotations"):
            counts = finish_dataset(self._folder, self._job, self._ledger.skipped, self._entries)
        self._entries.close()
        for note in counts.notes:
            self._warn("exports.left_out", note)
        self._send(protocol.Progress("annotations", 1, 1, 0.0))
        return protocol.Done(
            labelled=counts.views,
            samples=counts.samples,
            skipped=counts.skipped,
            annotations=counts.annotations,
            dropped=counts.dropped,
            rejected=counts.rejected,
            unfaithful=counts.unfaithful,
            cancelled=self._inbox.cancelled,
            seconds=self._pace.seconds,
        )

    def _warn_of_unclear(self) -> None:
        if self._unclear:
            pixels = sum(count for _, count in self._unclear)
            self._warn(
                "labels.unclear_copies",
                f"{pixels} pixels, the first in view {self._unclear[0][0]}, show copies that cannot be told apart. "
                "They count as unlabelled.",
                "Look for copies without a material behind see-through ones.",
            )

    def _progress(self) -> None:
        ledger = self._ledger
        views = ledger.expected_views(self._finishing)
        done = len(ledger.labelled) + len(ledger.skipped_labels)
        self._send(protocol.Progress("labels", done, views, self._pace.eta("labels", max(0, views - done))))
        samples = ledger.expected_samples(self._finishing)
        if samples and self._sampler.usable:
            made = ledger.made + len(ledger.skipped_samples)
            eta = self._pace.eta("samples", max(0, samples - made))
            self._send(protocol.Progress("samples", made, samples, eta))

    def _warn(self, code: str, message: str, hint: str = "") -> None:
        log.warning("%s %s", message, hint)
        self._send(protocol.Warning(code, message, hint))


def _hello() -> protocol.Hello:
    return protocol.Hello(protocol.VERSION, os.getpid(), platform.python_version())


def _write_all(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]
