# SPDX-License-Identifier: GPL-3.0-or-later
"""What is built from the journals when a run ends: annotation files, gallery, dataset card. Rebuilt whole each time."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.layout import DatasetFolder
from ..core.records import JobRecord
from ..exports.registry import write_exports
from ..exports.source import Files
from ..labels.captions import write_captions
from ..labels.coco import labelled_views, write_annotations
from ..labels.entries import EntryStore
from ..labels.panoptic import write_panoptic
from .card import write_card
from .gallery import write_gallery


@dataclass(frozen=True)
class Counts:
    """Numbers of the whole dataset.

    ``dropped`` are instances that the job's filters left out, ``rejected`` pictures and ``unfaithful`` annotations that
    its fidelity policy did; ``notes`` are sentences on what the exports could not take.
    """

    views: int
    samples: int
    annotations: int
    skipped: int
    dropped: int
    rejected: int
    unfaithful: int
    notes: tuple[str, ...] = ()


def finish_dataset(
    folder: DatasetFolder,
    job: JobRecord,
    skipped: int = 0,
    kept: EntryStore | None = None,
    files: Files | None = None,
) -> Counts:
    """Write everything that is derived; each file is replaced whole, so that it is valid at every moment.

    ``kept`` are annotations that were made while the job ran, which need not be made again. ``files`` are the
    pictures, where these do not lie in the folder.
    """
    views = labelled_views(folder, job)
    samples = sum(1 for view in views for picture in view.pictures if picture.style)
    annotations = write_annotations(folder, job, views, kept)
    if job.job.labels.panoptic:
        write_panoptic(folder, job, views)
    if job.job.labels.captions:
        write_captions(folder, job, views)
    dropped = sum(view.dropped for view in views)
    rejected = sum(view.rejected for view in views)
    unfaithful = sum(len(picture.dropped) for view in views for picture in view.pictures)
    notes = tuple(note for export in write_exports(folder, job, views, files=files) for note in export.notes)
    counts = Counts(len(views), samples, annotations.total(), skipped, dropped, rejected, unfaithful, notes)
    write_gallery(folder, job, views, thumbnails=files is None)
    write_card(folder, job, views, annotations)
    return counts
