# SPDX-License-Identifier: GPL-3.0-or-later
"""COCO captions: what each picture was asked to be, or else what is labelled in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ..core.journal import Journal
from ..core.layout import DatasetFolder
from ..core.records import AnnotationRecord, JobRecord, LabelRecord
from .coco import LabelledView, by_split, image_entries
from .coco_file import as_text, write_file
from .labelled import sample_of


def write_captions(folder: DatasetFolder, job: JobRecord, views: Sequence[LabelledView]) -> None:
    """Write ``captions_train.json`` and ``captions_val.json``: one caption a picture."""
    for split, part in by_split(views):
        lists: dict[str, Iterable[str]] = {
            "images": (as_text(image) for view in part for image in image_entries(job, view)),
            "annotations": map(as_text, _annotations(folder, job, part)),
        }
        write_file(folder.captions(split), job, lists)


def _annotations(
    folder: DatasetFolder, job: JobRecord, views: Iterable[LabelledView]
) -> Iterator[dict[str, Any]]:
    journal = Journal(folder.labels_journal)
    names = {category.id: category.name for category in job.categories}
    number = 0
    for view in views:
        shown = ""
        for image, picture in zip(image_entries(job, view), view.pictures, strict=True):
            sample = sample_of(folder, picture)
            prompt = sample.prompt if sample is not None else ""
            if not prompt:
                shown = shown or sentence(journal.at(LabelRecord, view.offset).annotations, names)
            number += 1
            yield {"id": number, "image_id": image["id"], "caption": prompt or shown}


def sentence(annotations: Iterable[AnnotationRecord], names: dict[int, str]) -> str:
    """Say what is labelled: "A picture of 2 × ball and 1 × box.", the most frequent first."""
    counts = Counter(names.get(item.category_id, str(item.category_id)) for item in annotations)
    words = [
        f"{count} × {name}" for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]
    if not words:
        return "A picture of nothing that is labelled."
    return "A picture of " + " and ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words) + "."
