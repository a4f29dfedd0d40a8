# SPDX-License-Identifier: GPL-3.0-or-later
"""What is built from the journals when a run ends: annotation files, gallery, dataset card. Rebuilt whole each time."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.layout import DatasetFolder
from ..core.records import JobRecord
from ..labels.coco import labelled_views, write_annotations
from .card import write_card
from .gallery import write_gallery


@dataclass(frozen=True)
class Counts:
    """Numbers of the whole dataset."""

    views: int
    samples: int
    annotations: int
    skipped: int


def finish_dataset(folder: DatasetFolder, job: JobRecord, skipped: int = 0) -> Counts:
    """Write everything that is derived; each file is replaced whole, so that it is valid at every moment."""
    views = labelled_views(folder, job)
    samples = sum(1 for view in views for picture in view.pictures if picture.style)
    annotations = write_annotations(folder, job, views)
    counts = Counts(len(views), samples, annotations.total(), skipped)
    write_gallery(folder, job, views)
    write_card(folder, job, views, annotations)
    return counts
