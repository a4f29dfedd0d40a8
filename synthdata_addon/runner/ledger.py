# SPDX-License-Identifier: GPL-3.0-or-later
"""What a dataset has and what it lacks, read from its journals and its files. The worker's memory of the job."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection

from ..core import layout, models, resume
from ..core.errors import DatasetError
from ..core.journal import Journal
from ..core.layout import DatasetFolder
from ..core.records import JobRecord, LabelRecord, SampleRecord, ViewRecord
from ..core.slots import slot_numbers, slots
from ..core.style_spec import BASELINES


def read_job(folder: DatasetFolder) -> JobRecord:
    """Read ``job.json``.

    Raises:
        DatasetError: ``dataset.no_job`` when the folder has none, ``dataset.bad_job`` when it cannot be read.
    """
    job = resume.read_job(folder)
    if job is None:
        raise DatasetError(
            "dataset.no_job", f"The folder '{folder.root}' has no job.json.", "Choose a dataset's folder."
        )
    return job


class Ledger:
    """The state of one dataset: views to label, samples to make, and what is finished.

    ``unlabelled`` holds view records in order, ``awaited`` those whose passes are gone (Blender renders them again),
    ``unmade`` pairs of a view and the number of one of its slots (see ``core/slots.py``), ``baselines`` such of styles
    that need no model.
    """

    def __init__(
        self,
        folder: DatasetFolder,
        job: JobRecord,
        again: Collection[int] = (),
        *,
        views: int = 0,
        pictures: bool = True,
    ) -> None:
        """Read the dataset.

        What the journals say of the labels and pictures of views in ``again`` does not count. ``views`` is how many
        there will be, 0 for all of the job's; without ``pictures`` no sample is due.
        """
        self.folder = folder
        self.job = job
        self.labelled: dict[int, tuple[int, int]] = {}
        """Width and height of each labelled view."""
        self.unlabelled: dict[int, ViewRecord] = {}
        self.awaited: dict[int, ViewRecord] = {}
        self.unmade: deque[tuple[int, int]] = deque()
        self.baselines: deque[tuple[int, int]] = deque()
        self.lost: list[int] = []
        """Labelled views whose masks or control images are gone, as is the pass file they were made from."""
        self.skipped_views: set[int] = set()
        self.skipped_labels: set[int] = set()
        self.skipped_samples: set[tuple[int, int]] = set()
        self._made: dict[int, set[int]] = {}
        self._kinds = models.control_kinds(job.job)
        self._views = views or job.views
        self._slots = slot_numbers(job.job)
        self._kinds_of_slots = [slot.style.kind for slot in slots(job.job)] if pictures else []
        self._read(again)

    @property
    def made(self) -> int:
        """How many samples are finished."""
        return sum(len(numbers) for numbers in self._made.values())

    @property
    def skipped(self) -> int:
        """How many views and samples could not be made."""
        return len(self.skipped_views) + len(self.skipped_labels) + len(self.skipped_samples)

    def expected_views(self, complete: bool) -> int:
        """Return how many views there will be to label; ``complete`` says that no more will come."""
        known = len(self.labelled.keys() | self.unlabelled.keys() | self.awaited.keys() | self.skipped_labels)
        return known if complete else max(known, self._views - len(self.skipped_views))

    def expected_samples(self, complete: bool) -> int:
        """Return how many samples there will be."""
        return (self.expected_views(complete) - len(self.skipped_labels)) * len(self._kinds_of_slots)

    def add_view(self, record: ViewRecord) -> None:
        """Take in a rendered view; what is labelled already is not asked for again."""
        if record.skipped:
            if record.view not in self.labelled:
                self.skipped_views.add(record.view)
            return
        self.skipped_views.discard(record.view)
        self.awaited.pop(record.view, None)
        if record.view not in self.labelled:
            self.unlabelled[record.view] = record
        elif not self._has_label_files(record):
            if self._can_label(record):
                self.unlabelled[record.view] = record
            else:
                self.lost.append(record.view)

    def give_up_waiting(self) -> None:
        """Take what is still awaited as it is: no more views come."""
        self.unlabelled.update(self.awaited)
        self.awaited.clear()

    def label_done(self, record: LabelRecord) -> None:
        """Note a finished (or skipped) label and queue the samples it makes possible."""
        self.unlabelled.pop(record.view, None)
        if record.skipped:
            if record.view not in self.labelled:
                self.skipped_labels.add(record.view)
            return
        self.skipped_labels.discard(record.view)
        new = record.view not in self.labelled
        self.labelled[record.view] = (record.width, record.height)
        if new:
            self._queue_samples(record.view)

    def sample_done(self, view: int, slot: int, skipped: bool) -> None:
        """Note a finished (or skipped) sample."""
        if skipped:
            self.skipped_samples.add((view, slot))
        else:
            self.skipped_samples.discard((view, slot))
            self._made.setdefault(view, set()).add(slot)

    def _read(self, again: Collection[int]) -> None:
        for _, label in Journal(self.folder.labels_journal).entries(LabelRecord, drop=("annotations",)):
            if not label.skipped and label.view not in again:
                self.labelled[label.view] = (label.width, label.height)
        views = Journal(self.folder.views_journal)
        heads = {head.view: (offset, head) for offset, head in views.entries(ViewRecord, drop=("instances",))}
        for view, (offset, head) in sorted(heads.items()):
            self.add_view(head)
            if view in self.unlabelled:
                waiting = self.unlabelled if self._can_label(head) else self.awaited
                del self.unlabelled[view]
                waiting[view] = views.at(ViewRecord, offset)
        for _, sample in Journal(self.folder.samples_journal).entries(SampleRecord, drop=("scores",)):
            slot = self._slots.get((sample.style, sample.number))
            if sample.view in again:
                continue
            if slot is not None and not sample.skipped and self.folder.full(sample.picture).is_file():
                self._made.setdefault(sample.view, set()).add(slot)
        for labelled in sorted(self.labelled):
            self._queue_samples(labelled)

    def _queue_samples(self, view: int) -> None:
        made = self._made.get(view, set())
        for slot, item in enumerate(self._kinds_of_slots):
            if slot not in made:
                (self.baselines if item in BASELINES else self.unmade).append((view, slot))

    def _can_label(self, record: ViewRecord) -> bool:
        return all(self.folder.full(file).is_file() for file in record.source_files)

    def _has_label_files(self, record: ViewRecord) -> bool:
        panoptic = self.job.job.labels.panoptic
        files = layout.label_files(record.view, record.split, self._kinds, panoptic=panoptic)
        return all(self.folder.full(file).is_file() for file in files)
