# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of a dataset in their order, from its journals; which dataset and picture a file belongs to."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from .errors import DatasetError
from .journal import Journal
from .layout import DatasetFolder
from .records import LabelRecord, SampleRecord

VIEW = re.compile(r"(\d{6,})")


@dataclass(frozen=True)
class Shown:
    """One picture: its view, its style ("": the view has none), its file, and where its lines in the journals begin.

    ``sample`` is -1 for a view without a picture of a style.
    """

    view: int
    style: str
    file: str
    label: int
    sample: int


class DatasetPictures:
    """An index of the labelled views' pictures, by view, then in the order they were made. The last line counts."""

    def __init__(self, folder: DatasetFolder) -> None:
        """Read the journals.

        Raises:
            DatasetError: ``dataset.no_views``: nothing is labelled yet.
        """
        self.folder = folder
        labels = {
            record.view: (offset, record)
            for offset, record in Journal(folder.labels_journal).entries(LabelRecord, drop=("annotations",))
            if not record.skipped
        }
        samples: dict[str, tuple[int, SampleRecord]] = {}
        for offset, sample in Journal(folder.samples_journal).entries(SampleRecord, drop=("scores",)):
            if not sample.skipped and not sample.rejected:
                samples[sample.sample] = (offset, sample)
        styled: dict[int, list[Shown]] = {}
        for offset, sample in samples.values():
            if sample.view in labels:
                shown = Shown(sample.view, sample.style, sample.picture, labels[sample.view][0], offset)
                styled.setdefault(sample.view, []).append(shown)
        self.pictures: list[Shown] = []
        for view, (offset, record) in sorted(labels.items()):
            plain = Shown(view, "", record.render_file or record.normal_file, offset, -1)
            self.pictures += styled.get(view, [plain])
        if not self.pictures:
            raise DatasetError(
                "dataset.no_views",
                f"The dataset '{folder.root}' has no labelled view yet.",
                "Generate it first.",
            )

    def place(self, path: Path) -> int:
        """Return the place of the picture that a file is, or else of the first one of its view.

        Raises:
            DatasetError: ``dataset.no_picture``.
        """
        relative = path.relative_to(self.folder.root).as_posix()
        found = next((i for i, item in enumerate(self.pictures) if item.file == relative), None)
        number = VIEW.search(path.name)
        if found is None and number is not None:
            found = self.first(int(number[1]))
        if found is None:
            raise DatasetError(
                "dataset.no_picture",
                f"'{path.name}' is no picture of a labelled view of '{self.folder.root.name}'.",
                "Choose one of the folder 'images'.",
            )
        return found

    def first(self, view: int) -> int | None:
        """Return the place of the first picture of a view; None where it is not labelled."""
        return next((i for i, item in enumerate(self.pictures) if item.view == view), None)

    def label(self, shown: Shown) -> LabelRecord:
        """Return a picture's labels, without those that are left out of it for their fidelity."""
        record = Journal(self.folder.labels_journal).at(LabelRecord, shown.label)
        if shown.sample < 0:
            return record
        sample = Journal(self.folder.samples_journal).at(SampleRecord, shown.sample)
        dropped = {item.instance_id for item in sample.scores if item.dropped}
        kept = tuple(item for item in record.annotations if item.instance_id not in dropped)
        return replace(record, annotations=kept)


def dataset_of(path: Path) -> DatasetFolder:
    """Return the dataset that a file or folder belongs to.

    Raises:
        DatasetError: ``dataset.no_dataset``.
    """
    for folder in (path, *path.parents):
        if DatasetFolder(folder).job_file.is_file():
            return DatasetFolder(folder)
    raise DatasetError(
        "dataset.no_dataset",
        f"'{path}' belongs to no dataset: there is no job.json above it.",
        "Choose another.",
    )
