# SPDX-License-Identifier: GPL-3.0-or-later
"""The journals by themselves: every line whole and readable, and what they say of a view the same."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TypeVar

from ...core.decode import from_json, parse_json
from ...core.errors import SpecError, cause
from ...core.layout import DatasetFolder
from ...core.records import JobRecord, LabelRecord, SampleRecord, ViewRecord
from ...core.seeds import is_validation
from .findings import Findings

T = TypeVar("T")


def check_journals(folder: DatasetFolder, job: JobRecord, findings: Findings) -> None:
    """Read all three."""
    views = {
        record.view: record
        for record in _lines(folder.views_journal, ViewRecord, ("instances", "camera"), findings)
        if not record.skipped
    }
    labelled = set()
    for label in _lines(folder.labels_journal, LabelRecord, ("annotations",), findings):
        if label.skipped:
            continue
        labelled.add(label.view)
        view = views.get(label.view)
        if view is None:
            findings.add("journal.no_view", "labels.jsonl", f"View {label.view} is not in views.jsonl.")
        else:
            _compare(view, label, job, findings)
    styles = {style.name for style in job.job.styles}
    samples = 0
    if folder.samples_journal.exists():
        for sample in _lines(folder.samples_journal, SampleRecord, (), findings):
            samples += not sample.skipped
            if sample.view not in labelled:
                sentence = f"Sample {sample.sample} is of view {sample.view}, which has no labels."
                findings.add("journal.no_view", "samples.jsonl", sentence)
            if sample.style not in styles:
                findings.add(
                    "journal.style",
                    "samples.jsonl",
                    f"The job has no style '{sample.style}' ({sample.sample}).",
                )
    elif styles:
        findings.notes.append("There is no samples.jsonl: no picture is made yet.")
    findings.checked["views"] += len(labelled)
    if len(labelled) < job.views:
        findings.notes.append(f"The job is not finished: {len(labelled)} of {job.views} views are labelled.")


def _compare(view: ViewRecord, label: LabelRecord, job: JobRecord, findings: Findings) -> None:
    right = "val" if is_validation(job.job.seed, view.view, job.job.val_fraction) else "train"
    for name, split in (("views.jsonl", view.split), ("labels.jsonl", label.split)):
        if split != right:
            findings.add(
                "journal.split", name, f"View {view.view} is in '{split}'; by the job's seed it is '{right}'."
            )
    if (view.width, view.height) != (label.width, label.height):
        sentence = (
            f"View {view.view} is labelled as {label.width} x {label.height} pixels, "
            f"but rendered with {view.width} x {view.height}."
        )
        findings.add("journal.size", "labels.jsonl", sentence)


def _lines(path: Path, cls: type[T], drop: Collection[str], findings: Findings) -> list[T]:
    """Return a journal's records without the fields ``drop``, which are checked view by view."""
    if not path.exists():
        findings.add("journal.missing", path.name, "The journal is not there.")
        return []
    records = []
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                findings.add("journal.torn", path.name, f"Line {number} ends in the middle.")
                break
            try:
                data = parse_json(line.decode(), f"line {number}")
                if isinstance(data, dict):
                    data = {key: value for key, value in data.items() if key not in drop}
                records.append(from_json(cls, data, f"line {number}"))
            except (SpecError, UnicodeDecodeError) as error:
                findings.add("journal.line", path.name, f"Line {number} cannot be read: {cause(error)}")
    return records
