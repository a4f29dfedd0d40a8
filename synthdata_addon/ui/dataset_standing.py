# SPDX-License-Identifier: GPL-3.0-or-later
"""How far the dataset in the output folder is, and whether it is this job's. Reads what changed on disk only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from ..core.errors import DatasetError, SynthDataError
from ..core.extend import continued
from ..core.layout import DatasetFolder
from ..core.records import JobRecord
from ..core.resume import differences, read_job, shown_differences
from ..core.spec import JobSpec

MOST_COUNTED: Final = 50_000_000
"""Bytes of a journal that are worth counting lines in."""


@dataclass(frozen=True)
class Standing:
    """``views`` that the folder has; ``error`` where a job of these settings would be refused there."""

    views: int = 0
    error: SynthDataError | None = None


def standing_of(root: Path, spec: JobSpec) -> Standing:
    """Return what the folder has of a job. The scene is not compared: that takes a scan, which the job makes."""
    folder = DatasetFolder(root)
    old = _job(root, _stamp(folder.job_file))
    if old is None:
        return Standing()
    views = _lines(folder.views_journal, _stamp(folder.views_journal))
    changes = differences(old, replace(old, job=continued(spec, old, extend=False)))
    if not changes:
        return Standing(views)
    error = DatasetError(
        "dataset.other_job",
        f"'{root.name}' holds a dataset made with other settings: {shown_differences(changes[:2])}.",
        "",
    )
    return Standing(0, error)


def _stamp(path: Path) -> tuple[int, int]:
    """Return what tells one state of a file from another: time and size; zeros where it is not there."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


@lru_cache(maxsize=4)
def _job(root: Path, stamp: tuple[int, int]) -> JobRecord | None:
    return read_job(DatasetFolder(root)) if stamp[1] else None


@lru_cache(maxsize=4)
def _lines(path: Path, stamp: tuple[int, int]) -> int:
    if not 0 < stamp[1] <= MOST_COUNTED:
        return 0
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))
