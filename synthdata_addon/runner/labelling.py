# SPDX-License-Identifier: GPL-3.0-or-later
"""One rendered view to its labels and control images on disk."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace

import numpy as np

from ..core import layout
from ..core.errors import DatasetError
from ..core.layout import DatasetFolder
from ..core.records import CameraRecord, JobRecord, LabelRecord, ViewRecord
from ..labels.exr import Passes, read_passes
from ..labels.instances import Labels, label
from ..stylize.depth import disparity
from ..stylize.normal import normal_bae
from .png import write_png

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LabelResult:
    """A view's line of ``labels.jsonl``, and the ids its passes hold that the view does not know."""

    record: LabelRecord
    unknown: tuple[int, ...] = ()


def label_view(folder: DatasetFolder, job: JobRecord, view: ViewRecord) -> LabelResult:
    """Read a view's passes; write its masks and control images; return its line for the journal.

    Raises:
        DatasetError: the passes are missing, unreadable or of another size.
        OSError: a file cannot be written.
    """
    start = time.perf_counter()
    camera = _camera(view)
    passes = read_passes(folder.full(view.pass_file))
    if passes.depth.shape != (view.height, view.width):
        height, width = passes.depth.shape
        raise DatasetError(
            "dataset.bad_exr",
            f"'{view.pass_file}' has {width} x {height} pixels, not {view.width} x {view.height}.",
            "Render the view again.",
        )
    labels = label(passes.index, view.instances)
    record = LabelRecord(
        view=view.view,
        split=view.split,
        width=view.width,
        height=view.height,
        mask_file=layout.mask_file(view.view),
        category_mask_file=layout.category_mask_file(view.view),
        depth_file=layout.control_file("depth", view.view),
        normal_file=layout.control_file("normal", view.view),
        render_file=_render_file(folder, view),
        annotations=labels.annotations,
    )
    _write_files(folder, job, record, passes, labels, camera)
    return LabelResult(replace(record, seconds=round(time.perf_counter() - start, 4)), labels.unknown)


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


def _write_files(
    folder: DatasetFolder,
    job: JobRecord,
    record: LabelRecord,
    passes: Passes,
    labels: Labels,
    camera: CameraRecord,
) -> None:
    with layout.replacing(folder.full(record.mask_file)) as path:
        write_png(path, labels.ids)
    with layout.replacing(folder.full(record.category_mask_file)) as path:
        write_png(path, labels.categories)
    with layout.replacing(folder.full(record.depth_file)) as path:
        write_png(path, disparity(passes.depth, job.depth_near, job.depth_far))
    with layout.replacing(folder.full(record.normal_file)) as path:
        write_png(path, normal_bae(passes.normal, np.array(camera.cam_to_world)))


def _camera(view: ViewRecord) -> CameraRecord:
    if view.camera is None:
        raise DatasetError(
            "dataset.no_camera", f"View {view.view} has no camera in views.jsonl.", "Render it again."
        )
    return view.camera


def _render_file(folder: DatasetFolder, view: ViewRecord) -> str:
    if not view.beauty:
        return ""
    file = layout.render_file(view.view)
    if folder.full(file).is_file():
        return file
    log.warning("The beauty render '%s' is missing; the view is labelled without it.", file)
    return ""
