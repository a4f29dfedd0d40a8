# SPDX-License-Identifier: GPL-3.0-or-later
"""A view's annotations as the text of COCO's JSON, which all its pictures share, and a store that keeps it.

To make that text takes most of the time of writing the annotation files. A runner has time for it while it waits for
renders; at the end of a job nobody does.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterable
from typing import IO, NamedTuple

import numpy as np

from ..core.layout import DatasetFolder
from ..core.records import JobRecord, LabelRecord, ViewRecord
from .annotation import annotation_entry, space_entries
from .coco_file import as_text

log = logging.getLogger(__name__)


class Entry(NamedTuple):
    """One annotation; ``text`` is its JSON object without braces, and without the ids and scores of a picture."""

    instance_id: int
    category_id: int
    text: str


class EntryMaker:
    """Makes the entries of views."""

    def __init__(self, job: JobRecord) -> None:
        self._categories = {category.id: category for category in job.categories}
        self._instances = {instance.id: instance for instance in job.instances}

    def make(self, label: LabelRecord, view: ViewRecord | None) -> list[Entry]:
        """Return the entries of what a view shows; without its line in ``views.jsonl`` they have no places in space."""
        size = label.height, label.width
        places = {}
        if view is not None and view.camera is not None:
            shown = {item.instance_id for item in label.annotations}
            seen = [item for item in view.instances if item.id in shown]
            places = space_entries(seen, np.array(view.camera.world_to_camera))
        return [
            Entry(
                item.instance_id,
                item.category_id,
                as_text(
                    annotation_entry(
                        item,
                        self._categories.get(item.category_id),
                        self._instances.get(item.instance_id),
                        size,
                    )
                    | places.get(item.instance_id, {})
                )[1:-1],
            )
            for item in label.annotations
        ]


class EntryStore:
    """Keeps the entries of views in a file without a name until the annotation files are written, and not longer.

    Views are known by where their line begins in ``labels.jsonl``. What cannot be kept is made again when asked for.
    """

    def __init__(self, folder: DatasetFolder, job: JobRecord) -> None:
        self._folder = folder
        self._maker = EntryMaker(job)
        self._places: dict[int, tuple[int, int]] = {}
        self._file: IO[bytes] | None = None
        self._is_failed = False

    def add(self, offset: int, label: LabelRecord, view: ViewRecord) -> None:
        """Make the entries of a view that was just labelled, and keep them."""
        if self._is_failed:
            return
        made = self._maker.make(label, view)
        data = "".join(f"{item.instance_id} {item.category_id} {item.text}\n" for item in made).encode()
        try:
            if self._file is None:
                self._file = _unnamed_file(self._folder)
            self._places[offset] = self._file.seek(0, 2), len(data)
            self._file.write(data)
            self._file.flush()  # a full disk is met here, not when the annotation files are written
        except OSError as error:
            log.warning("Annotations cannot be kept for the end of the job (%s); they are made then.", error)
            self._is_failed = True
            self.close()

    def entries(self, offset: int) -> Iterable[Entry] | None:
        """Return the entries that are kept of the view whose label line begins there; None if they are not."""
        if offset not in self._places or self._file is None:
            return None
        place, size = self._places[offset]
        self._file.seek(place)
        # Names may hold other breaks of lines, which JSON does not escape.
        return [_entry(line) for line in self._file.read(size).decode().split("\n")[:-1]]

    def close(self) -> None:
        """Give the file back. Safe to call twice."""
        self._places.clear()
        if self._file is not None:
            self._file.close()
            self._file = None


def _entry(line: str) -> Entry:
    number, category, text = line.split(" ", 2)
    return Entry(int(number), int(category), text)


def _unnamed_file(folder: DatasetFolder) -> IO[bytes]:
    # In the dataset: it grows as large as the annotation files, which a system's folder for such may not hold.
    place = folder.annotations("train").parent
    place.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryFile(dir=place)
