# SPDX-License-Identifier: GPL-3.0-or-later
"""One rendered view to its labels and control images on disk."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..core import layout
from ..core.arrays import IdMap
from ..core.errors import DatasetError
from ..core.layout import DatasetFolder
from ..core.records import JobRecord, LabelRecord, ViewRecord
from ..labels import cryptomatte
from ..labels.distorted import lookup_of
from ..labels.exr import Passes, read_ids, read_passes, read_ranks
from ..labels.ids import Owners, owners
from ..labels.instances import Labels, label
from ..labels.panoptic import panoptic_picture
from .control_images import ControlImages
from .png import write_png

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LabelResult:
    """A view's line of ``labels.jsonl``, and what its passes hold that is nobody's.

    ``unknown`` are Object Index values that no instance of the view has, ``unclear`` counts the pixels that show one of
    several copies, it is not clear which.
    """

    record: LabelRecord
    unknown: tuple[int, ...] = ()
    unclear: int = 0


def label_view(folder: DatasetFolder, job: JobRecord, view: ViewRecord) -> LabelResult:
    """Read a view's passes; write its masks and control images; return its line for the journal.

    Raises:
        DatasetError: the passes, or the finished picture that is asked for, are missing, unreadable or of another size.
        OSError: a file cannot be written.
    """
    start = time.perf_counter()
    passes = read_passes(folder.full(view.pass_file))
    _check_size(view, view.pass_file, passes.index)
    lookup = lookup_of(view.camera, (view.width, view.height))
    if lookup is not None:
        passes = lookup.passes(passes)
    found = _owners(folder, job, view, passes)
    labels = label(found.ids, view.instances, job.job.labels, _solos(folder, view))
    controls = ControlImages(folder, job, view, passes, found.ids)
    record = LabelRecord(
        view=view.view,
        split=view.split,
        width=view.width,
        height=view.height,
        mask_file=layout.mask_file(view.view),
        category_mask_file=layout.category_mask_file(view.view),
        depth_file=layout.control_file("depth", view.view),
        normal_file=layout.control_file("normal", view.view),
        control_files=controls.other_files,
        render_file=_render_file(folder, view),
        annotations=labels.annotations,
        dropped=labels.dropped,
    )
    _write_masks(folder, job, record, labels)
    controls.write()
    record = replace(record, seconds=round(time.perf_counter() - start, 4))
    return LabelResult(record, found.unknown, found.unclear)


def skipped_label(view: ViewRecord, reason: str) -> LabelRecord:
    """Return the line of a view that cannot be labelled."""
    return LabelRecord(
        view=view.view,
        split=view.split,
        width=view.width,
        height=view.height,
        mask_file="",
        category_mask_file="",
        depth_file="",
        normal_file="",
        skipped=reason,
    )


def _owners(folder: DatasetFolder, job: JobRecord, view: ViewRecord, passes: Passes) -> Owners:
    """Find the instance of each pixel, by the source that the job chose."""
    if job.job.labels.source == "INDEX":
        return owners(passes, view.instances)
    file = view.crypto_file or view.pass_file
    ranks = read_ranks(folder.full(file))
    _check_size(view, file, ranks[0][0])
    return cryptomatte.owners(ranks, view.instances, lambda: owners(passes, view.instances).ids)


def _solos(folder: DatasetFolder, view: ViewRecord) -> Iterator[IdMap]:
    """Read the renders of what each instance shows alone, one at a time."""
    for file in view.solo_files:
        ids = read_ids(folder.full(file))
        _check_size(view, file, ids)
        lookup = lookup_of(view.camera, (view.width, view.height))
        yield ids if lookup is None else lookup.image(ids)


def _check_size(view: ViewRecord, file: str, pixels: NDArray[np.generic]) -> None:
    lens = view.camera.distortion if view.camera is not None else None
    wanted = (view.width, view.height) if lens is None else lens.render_size
    height, width = pixels.shape
    if (width, height) != wanted:
        raise DatasetError(
            "dataset.bad_exr",
            f"'{file}' has {width} x {height} pixels, not {wanted[0]} x {wanted[1]}.",
            "Render the view again.",
        )


def _write_masks(folder: DatasetFolder, job: JobRecord, record: LabelRecord, labels: Labels) -> None:
    with layout.replacing(folder.full(record.mask_file)) as path:
        write_png(path, labels.ids)
    with layout.replacing(folder.full(record.category_mask_file)) as path:
        write_png(path, labels.categories)
    if job.job.labels.panoptic:
        with layout.replacing(folder.full(layout.panoptic_file(record.split, record.view))) as path:
            write_png(path, panoptic_picture(labels.ids))


def _render_file(folder: DatasetFolder, view: ViewRecord) -> str:
    if not view.beauty:
        return ""
    file = layout.render_file(view.view)
    if folder.full(file).is_file():
        return file
    log.warning("The beauty render '%s' is missing; the view is labelled without it.", file)
    return ""
