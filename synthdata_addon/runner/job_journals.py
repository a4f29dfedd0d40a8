# SPDX-License-Identifier: GPL-3.0-or-later
"""The three journals of a job over one or several datasets of it: what is made, and what is left to make."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..core.journal import Journal
from ..core.layout import DatasetFolder, label_files, panoptic_file, render_file
from ..core.models import control_kinds
from ..core.records import JobRecord, LabelRecord, SampleRecord, ViewRecord
from ..core.slots import slot_numbers
from .merge_journals import JoinedJournal, Key, Record

MOST_SHOWN: Final = 8
Has = Callable[[str], bool]
"""Tells whether a dataset has a file, by its relative path."""


@dataclass(frozen=True)
class Journals:
    """The three journals of a job, joined."""

    views: JoinedJournal
    labels: JoinedJournal
    samples: JoinedJournal
    slots: int

    @property
    def skipped(self) -> int:
        """How many views and samples could not be made."""
        return int(sum((journal.there & ~journal.made).sum() for journal in self._in_order()))

    @property
    def whole(self) -> NDArray[np.bool_]:
        """(views,) whether a view is rendered and labelled and has all its pictures."""
        pictured = self.samples.made.reshape(len(self.views.made), self.slots).all(axis=1)
        whole: NDArray[np.bool_] = self.views.made & self.labels.made & pictured
        return whole

    def lacks(self) -> list[str]:
        """Return a sentence for each kind of thing that the job has and the journals have not."""
        views = self.views.there
        labelled = self.labels.there | (views & ~self.views.made)
        pictured = self.samples.there.reshape(len(views), self.slots).all(axis=1) | ~self.labels.made
        lacks = []
        for missing, what in (
            (~views, "are missing"),
            (views & ~labelled, "are not labelled yet"),
            (~pictured, "lack pictures"),
        ):
            if missing.any():
                lacks.append(f"{int(missing.sum())} of {len(views)} views {what}: {_shown(missing)}.")
        return lacks

    def write(self, folder: DatasetFolder, views: Sequence[int] | None = None) -> None:
        """Write the journals of a dataset, each whole: the lines of all views, or of some in order."""
        among = None if views is None else np.asarray(views, np.int64)
        slots = None if among is None else (among[:, None] * self.slots + np.arange(self.slots)).ravel()
        self.views.write(folder.views_journal, among)
        self.labels.write(folder.labels_journal, among)
        self.samples.write(folder.samples_journal, slots)

    def _in_order(self) -> tuple[JoinedJournal, JoinedJournal, JoinedJournal]:
        return self.views, self.labels, self.samples


def read_journals(
    folders: Sequence[DatasetFolder], job: JobRecord, has: Has | None = None, older: int = 0
) -> Journals:
    """Read the journals of some datasets of a job.

    With ``has``, lines whose files are gone do not count. So many datasets at the front as are ``older`` give way to
    the others where these say something else.

    Raises:
        DatasetError: ``dataset.overlap``: two datasets say different things of one view.
    """
    slots = slot_numbers(job.job)
    of_views = [one.views_journal for one in folders]
    of_labels = [one.labels_journal for one in folders]
    of_samples = [one.samples_journal for one in folders]
    return Journals(
        JoinedJournal(of_views, job.views, _view_key(job, has), older),
        JoinedJournal(of_labels, job.views, _label_key(job, has), older),
        JoinedJournal(of_samples, job.views * len(slots), _sample_key(slots, has), older),
        len(slots),
    )


def named_files(folder: DatasetFolder) -> Iterator[str]:
    """Yield the relative paths of the files that a dataset's journals name; they need not be there."""
    for _, view in Journal(folder.views_journal).entries(ViewRecord, drop=("instances", "camera")):
        if not view.skipped:
            yield from view.source_files
            if view.beauty:
                yield render_file(view.view)
    for _, label in Journal(folder.labels_journal).entries(LabelRecord, drop=("annotations",)):
        if not label.skipped:
            yield from (label.mask_file, label.category_mask_file, label.depth_file, label.normal_file)
            yield from label.control_files
            yield panoptic_file(label.split, label.view)
    for _, sample in Journal(folder.samples_journal).entries(SampleRecord, drop=("scores",)):
        if not sample.skipped:
            yield sample.picture


def _view(record: Record) -> int | None:
    view = record.get("view")
    return view if isinstance(view, int) else None


def _view_key(job: JobRecord, has: Has | None) -> Key:
    if has is None or not job.job.passes.keep:
        return _view

    def key(record: Record) -> int | None:
        return _view(record) if record.get("skipped") or has(str(record.get("pass_file"))) else None

    return key


def _label_key(job: JobRecord, has: Has | None) -> Key:
    if has is None:
        return _view
    kinds = control_kinds(job.job)

    def key(record: Record) -> int | None:
        view = _view(record)
        if view is None or record.get("skipped"):
            return view
        files = label_files(view, str(record.get("split")), kinds, panoptic=job.job.labels.panoptic)
        return view if all(map(has, files)) else None

    return key


def _sample_key(slots: dict[tuple[str, int], int], has: Has | None) -> Key:
    def key(record: Record) -> int | None:
        slot = slots.get((str(record.get("style")), record.get("number", 0)))
        view = _view(record)
        if slot is None or view is None:
            return None
        if has is not None and not record.get("skipped") and not has(str(record.get("picture"))):
            return None
        return view * len(slots) + slot

    return key


def _shown(missing: NDArray[np.bool_]) -> str:
    """Return the places of what is True, as ranges: ``2, 5-9, ...``."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], missing, [False]]).astype(np.int8)))
    ranges = [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    texts = [str(a) if a == b else f"{a}-{b}" for a, b in ranges[:MOST_SHOWN]]
    return ", ".join(texts) + (", ..." if len(ranges) > MOST_SHOWN else "")
