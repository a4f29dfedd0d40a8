# SPDX-License-Identifier: GPL-3.0-or-later
"""The labelled views of a dataset and their pictures, indexed from its journals in a few dozen bytes a view.

A dataset may have a million views: what is kept of each is numbers in arrays, and everything else is found by offset.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, overload

import numpy as np
from numpy.typing import NDArray

from ..core import layout
from ..core.journal import Journal
from ..core.layout import DatasetFolder
from ..core.records import JobRecord, LabelRecord, SampleRecord, ViewRecord
from ..core.slots import slot_numbers, slots

SPLITS: Final = ("train", "val")
DEPTH, RENDER, OTHER = range(3)
"""What a view without samples shows: its depth control image, its render, or a file of another name."""
TOGETHER: Final = 1024
"""Views that are taken from the arrays at once, which is several times faster than one by one."""
ROW: Final = np.dtype(
    [
        ("offset", "i8"),
        ("view_offset", "i8"),
        ("width", "i4"),
        ("height", "i4"),
        ("dropped", "i4"),
        ("split", "i2"),
        ("shows", "i2"),
    ]
)


@dataclass(frozen=True)
class Picture:
    """One picture of a view: its file, relative to the dataset, its style ("" for a render or control image), and the
    number of its slot (see ``core/slots.py``). :func:`sample_of` tells the rest.
    """

    file: str
    style: str
    slot: int
    fidelity: float | None = None
    offset: int = -1
    """Where its line begins in ``samples.jsonl``."""
    dropped: frozenset[int] = frozenset()
    """Instances whose annotations are left out of this picture."""


@dataclass(frozen=True)
class LabelledView:
    """What the index tells of a labelled view.

    ``offset`` finds the rest in ``labels.jsonl``, ``view_offset`` in ``views.jsonl`` (-1: it is not there). ``dropped``
    counts the instances that the job's filters left out, ``rejected`` the pictures that its fidelity policy did.
    """

    view: int
    split: str
    width: int
    height: int
    offset: int
    pictures: tuple[Picture, ...]
    view_offset: int = -1
    dropped: int = 0
    rejected: int = 0


class LabelledViews(Sequence[LabelledView]):
    """Every labelled view by number, each with its pictures in the job's order of styles; each made when asked for.

    A view without samples has one picture all the same: its render, or else its depth control image, so that labels
    are complete before (or without) diffusion; one whose pictures were all rejected has none. Of several lines of one
    view or sample the last one counts.
    """

    def __init__(self, folder: DatasetFolder, job: JobRecord) -> None:
        """Read the journals, once."""
        self._slots = slots(job.job)
        self._rows = np.zeros(max(job.views, 1), ROW)
        self._rows["offset"] = self._rows["view_offset"] = -1
        self._splits: list[str] = list(SPLITS)
        self._other_files: dict[tuple[int, int], str] = {}
        """Files that are not called as ``core/layout.py`` has it, by view and slot (-1: without samples)."""
        self._read_labels(folder)
        self._read_views(folder)
        size = len(self._rows), len(self._slots)
        self._samples = np.full(size, -1, np.int64)
        self._fidelity = np.full(size, np.nan)
        self._rejected = np.zeros(size, np.bool_)
        self._without: dict[tuple[int, int], frozenset[int]] = {}
        self._read_samples(folder, job)
        self._numbers: NDArray[np.int64] = np.flatnonzero(self._rows["offset"] >= 0)

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> LabelledView: ...
    @overload
    def __getitem__(self, index: slice) -> list[LabelledView]: ...
    def __getitem__(self, index: int | slice) -> LabelledView | list[LabelledView]:
        if isinstance(index, slice):
            return list(self._views(self._numbers[index]))
        return next(self._views(self._numbers[[index]]))

    def __iter__(self) -> Iterator[LabelledView]:
        for start in range(0, len(self._numbers), TOGETHER):
            yield from self._views(self._numbers[start : start + TOGETHER])

    def _views(self, numbers: NDArray[np.int64]) -> Iterator[LabelledView]:
        rows, offsets, scores = (
            table[numbers].tolist() for table in (self._rows, self._samples, self._fidelity)
        )
        rejected = self._rejected[numbers].sum(axis=1).tolist()
        for number, row, *samples, out in zip(numbers.tolist(), rows, offsets, scores, rejected, strict=True):
            offset, view_offset, width, height, dropped, split, shows = row
            pictures = self._pictures(number, *samples)
            if not pictures and not out:
                pictures = (Picture(self._without_sample(number, shows), "", 0),)
            yield LabelledView(
                number, self._splits[split], width, height, offset, pictures, view_offset, dropped, out
            )

    def _pictures(self, view: int, offsets: list[int], scores: list[float]) -> tuple[Picture, ...]:
        return tuple(
            Picture(
                self._other_files.get((view, number))
                or layout.image_file(view, slot.style.name, slot.number),
                slot.style.name,
                number,
                None if math.isnan(scores[number]) else scores[number],
                offset,
                self._without.get((view, number), frozenset()),
            )
            for number, (slot, offset) in enumerate(zip(self._slots, offsets, strict=True))
            if offset >= 0
        )

    def _without_sample(self, view: int, shows: int) -> str:
        if shows == OTHER:
            return self._other_files[view, -1]
        return layout.control_file("depth", view) if shows == DEPTH else layout.render_file(view)

    def _read_labels(self, folder: DatasetFolder) -> None:
        for offset, record in Journal(folder.labels_journal).entries(LabelRecord, drop=("annotations",)):
            view = record.view
            # A later failure takes nothing away from what an earlier run has labelled.
            if record.skipped or view < 0:
                continue
            if view >= len(self._rows):
                self._grow(view + 1)
            if record.split not in self._splits:
                self._splits.append(record.split)
            file = record.render_file or record.depth_file
            shows = {layout.control_file("depth", view): DEPTH, layout.render_file(view): RENDER}.get(
                file, OTHER
            )
            if shows == OTHER:
                self._other_files[view, -1] = file
            split = self._splits.index(record.split)
            self._rows[view] = (offset, -1, record.width, record.height, record.dropped, split, shows)

    def _grow(self, size: int) -> None:
        more = np.zeros(max(size, 2 * len(self._rows)) - len(self._rows), ROW)
        more["offset"] = more["view_offset"] = -1
        self._rows = np.concatenate([self._rows, more])

    def _read_views(self, folder: DatasetFolder) -> None:
        heads = Journal(folder.views_journal).entries(ViewRecord, drop=("instances", "camera", "variation"))
        for offset, head in heads:
            if not head.skipped and 0 <= head.view < len(self._rows):
                self._rows[head.view]["view_offset"] = offset

    def _read_samples(self, folder: DatasetFolder, job: JobRecord) -> None:
        numbers = slot_numbers(job.job)
        # Which annotations are dropped is not much to keep, all scores would be.
        drop = () if job.job.fidelity.drop == "ANNOTATION" else ("scores",)
        for offset, sample in Journal(folder.samples_journal).entries(SampleRecord, drop):
            slot = numbers.get((sample.style, sample.number))
            if slot is None or sample.skipped or not 0 <= sample.view < len(self._rows):
                continue
            self._note_sample(offset, sample, slot)

    def _note_sample(self, offset: int, sample: SampleRecord, slot: int) -> None:
        key = sample.view, slot
        self._rejected[key] = bool(sample.rejected)
        self._samples[key] = -1 if sample.rejected else offset
        self._fidelity[key] = np.nan if sample.fidelity is None else sample.fidelity
        self._other_files.pop(key, None)
        self._without.pop(key, None)
        if sample.picture != layout.image_file(sample.view, sample.style, sample.number):
            self._other_files[key] = sample.picture
        if dropped := frozenset(item.instance_id for item in sample.scores if item.dropped):
            self._without[key] = dropped


class OfSplit(Iterable[LabelledView]):
    """The views of one split in their order, as often as they are gone through."""

    def __init__(self, views: Sequence[LabelledView], split: str) -> None:
        self._views, self._split = views, split

    def __iter__(self) -> Iterator[LabelledView]:
        return (view for view in self._views if view.split == self._split)


def by_split(views: Sequence[LabelledView]) -> Iterator[tuple[str, OfSplit]]:
    """Yield every split with its views, in their order; a split may have none."""
    for split in SPLITS:
        yield split, OfSplit(views, split)


def labelled_views(folder: DatasetFolder, job: JobRecord) -> Sequence[LabelledView]:
    """Index the journals of a dataset."""
    return LabelledViews(folder, job)


def sample_of(folder: DatasetFolder, picture: Picture) -> SampleRecord | None:
    """Return the line of ``samples.jsonl`` that a picture has; None for a render or control image."""
    if picture.offset < 0:
        return None
    return Journal(folder.samples_journal).at(SampleRecord, picture.offset)
