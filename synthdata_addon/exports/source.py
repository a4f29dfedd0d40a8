# SPDX-License-Identifier: GPL-3.0-or-later
"""What every export reads: the journals, view by view, so that memory holds one view's annotations at a time."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from ..core.journal import Journal
from ..core.layout import DatasetFolder
from ..core.records import JobRecord, LabelRecord
from ..labels.coco import LabelledView, Picture


@dataclass(frozen=True)
class ExportView:
    """One labelled view: its pictures that are on disk, and all that its labels say."""

    head: LabelledView
    pictures: tuple[Picture, ...]
    labels: LabelRecord


class Files(Protocol):
    """Where a dataset's pictures are, by relative paths. They may lie elsewhere than its journals."""

    def has(self, file: str) -> bool:
        """Tell whether there is such a file."""

    def place(self, file: str, target: Path) -> None:
        """Put it into an export."""


@dataclass(frozen=True)
class FilesBeside:
    """The pictures that lie beside the journals, as usual."""

    folder: DatasetFolder

    def has(self, file: str) -> bool:
        """Look on the disk."""
        return self.folder.full(file).is_file()

    def place(self, file: str, target: Path) -> None:
        """Make a hard link, which takes no room, or else a copy."""
        source = self.folder.full(file)
        try:
            os.link(source, target)
        except OSError:
            shutil.copyfile(source, target)


class Source:
    """A dataset to export. ``left_out`` counts, by reason, what the format cannot say or the disk does not hold."""

    def __init__(
        self, folder: DatasetFolder, job: JobRecord, views: Sequence[LabelledView], files: Files | None = None
    ) -> None:
        self.folder = folder
        self.files: Files = files or FilesBeside(folder)
        self.job = job
        self.left_out: Counter[str] = Counter()
        self._heads = views

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that have views, "train" before "val"."""
        return tuple(sorted({head.split for head in self._heads}))

    def views(self, split: str) -> Iterator[ExportView]:
        """Yield the views of a split by number, once for each set of annotations that its pictures have.

        Pictures that are gone are left out.
        """
        journal = Journal(self.folder.labels_journal)
        for head in self._heads:
            if head.split != split:
                continue
            there = tuple(item for item in head.pictures if self.files.has(item.file))
            self.left_out["pictures whose file is gone"] += len(head.pictures) - len(there)
            labels = journal.at(LabelRecord, head.offset)
            for dropped in dict.fromkeys(item.dropped for item in there) or [frozenset[int]()]:
                kept = tuple(item for item in labels.annotations if item.instance_id not in dropped)
                alike = tuple(item for item in there if item.dropped == dropped)
                yield ExportView(head, alike, replace(labels, annotations=kept))

    def classes(self) -> dict[int, int]:
        """Return category ids to class numbers from 0, in the order of the ids, as trainers outside COCO count."""
        ids = sorted(category.id for category in self.job.categories)
        return {category: number for number, category in enumerate(ids)}

    def class_names(self) -> list[str]:
        """Return the categories' names, in the order of :meth:`classes`."""
        return [item.name for item in sorted(self.job.categories, key=lambda item: item.id)]


@contextmanager
def replacing_folder(target: Path) -> Iterator[Path]:
    """Yield an empty folder beside ``target`` that takes its place on success and is gone on failure.

    What is in it is on disk before it gets its name, so that a power cut leaves no folder of empty files.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part, old = (target.with_name(f".{target.name}.{end}") for end in ("part", "old"))
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    try:
        yield part
        _sync(part)
        if target.exists():
            shutil.rmtree(old, ignore_errors=True)
            target.rename(old)
        part.rename(target)
    finally:
        # A folder cannot take another's place in one step: whoever stopped between the two left the older one aside.
        if old.exists() and not target.exists():
            old.rename(target)
        for stale in (part, old):
            shutil.rmtree(stale, ignore_errors=True)


def _sync(folder: Path) -> None:
    """Have all files of a folder on disk; those that are the dataset's own under another name are already."""
    for path in folder.rglob("*"):
        if path.is_file() and path.stat().st_nlink == 1:
            with path.open("r+b") as file:
                os.fsync(file.fileno())
