# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole check of a dataset, view by view, so that memory does not grow with the masks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ...core.errors import SpecError, SynthDataError, cause
from ...core.journal import Journal
from ...core.layout import DatasetFolder
from ...core.records import JobRecord, LabelRecord
from ...core.spec import validate as validate_spec
from ...labels.coco import LabelledView, labelled_views, rendered
from ...labels.exr import read_passes
from ..ledger import read_job
from .beside import check_captions, check_with_pycocotools
from .coco import check_coco
from .exports import check_exports
from .findings import Findings
from .journals import check_journals
from .labels import ViewLabels
from .panoptic import check_panoptic
from .pictures import read_picture


def validate(root: Path) -> Findings:
    """Re-read a dataset and return all that is wrong with it.

    Checked are the journals, every picture that they name, every mask, area, box and polygon, the mask pictures, the
    COCO files, and the exports that the job asks for.
    """
    findings = Findings()
    folder = DatasetFolder(root)
    try:
        job = read_job(folder)
    except SynthDataError as error:
        findings.add(error.code, "job.json", error.message)
        return findings
    try:
        validate_spec(job.job)
    except SynthDataError as error:
        findings.add("job.settings", "job.json", error.message)
    check_journals(folder, job, findings)
    views = labelled_views(folder, job)
    views = [view for view in views if _is_readable(folder, view, findings)]
    _check_views(folder, job, views, findings)
    check_coco(folder, job, views, findings)
    if job.job.labels.panoptic:
        check_panoptic(folder, job, views, findings)
    if job.job.labels.captions:
        check_captions(folder, job, views, findings)
    check_exports(folder, job, views, findings)
    check_with_pycocotools(folder, findings)
    return findings


def _is_readable(folder: DatasetFolder, view: LabelledView, findings: Findings) -> bool:
    """Tell whether a view's two lines can be read whole, with their annotations and instances."""
    lines: dict[str, Callable[[], object]] = {
        "labels.jsonl": lambda: Journal(folder.labels_journal).at(LabelRecord, view.offset),
        "views.jsonl": lambda: rendered(folder, view),
    }
    readable = True
    for name, read in lines.items():
        try:
            read()
        except SpecError as error:
            findings.add("journal.line", name, f"The line of view {view.view} cannot be read: {cause(error)}")
            readable = False
    return readable


def _check_views(
    folder: DatasetFolder, job: JobRecord, views: Sequence[LabelledView], findings: Findings
) -> None:
    journal = Journal(folder.labels_journal)
    labels = ViewLabels(folder, job, findings)
    for head in views:
        record = journal.at(LabelRecord, head.offset)
        view = rendered(folder, head)
        labels.check(record, view)
        for picture in head.pictures:
            if picture.style:
                read_picture(folder, picture.file, (head.height, head.width), findings)
        if job.job.passes.keep and view is not None and view.pass_file:
            lens = view.camera.distortion if view.camera is not None else None
            size = (head.height, head.width) if lens is None else lens.render_size[::-1]
            _check_passes(folder, view.pass_file, size, findings)


def _check_passes(folder: DatasetFolder, file: str, size: tuple[int, int], findings: Findings) -> None:
    findings.checked["pass files"] += 1
    if not folder.full(file).is_file():
        findings.add("file.missing", file, "The file is not there.")
        return
    try:
        shape = read_passes(folder.full(file)).index.shape
    except (SynthDataError, ValueError, OSError) as error:
        findings.add("file.unreadable", file, f"The passes cannot be read ({cause(error)}).")
        return
    if shape != size:
        findings.add("file.size", file, f"The passes have {shape[1]} x {shape[0]} pixels.")
