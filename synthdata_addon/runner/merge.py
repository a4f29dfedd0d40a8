# SPDX-License-Identifier: GPL-3.0-or-later
"""Joins shards of a job into the dataset that one machine would have made. A merge that was stopped goes on.

First the files, then the journals that name them, then what is derived: nothing is ever named that is not there. What
is in the target already is one of the datasets to join.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from ..core.claim import Claim
from ..core.decode import to_json
from ..core.errors import DatasetError
from ..core.layout import DatasetFolder
from ..core.lock import Lock
from ..core.records import JobRecord
from ..core.resume import differences, shown_differences
from ..core.shard import FOLDER, missing_shards
from ..exports.source import Files
from . import ledger
from .finishing import Counts, finish_dataset
from .job_journals import MOST_SHOWN, read_journals
from .keeper import keeping
from .merge_files import take_over, to_disk

LATER_FIELDS: Final = ("depth_near", "depth_far", "history")
"""What a resume takes from the folder and a merge has to compare."""


@dataclass(frozen=True)
class Merged:
    """What a merge came to: how many files were new, what the dataset holds now, and what is still missing in it."""

    files: int
    counts: Counts
    lacks: tuple[str, ...] = ()


def found_shards(dataset: Path) -> list[Path]:
    """Return the folders of a dataset's shards that have been begun, by name."""
    folder = dataset / FOLDER
    return sorted(path.parent for path in folder.glob("*/job.json"))


def merge(
    target: Path,
    shards: Sequence[Path],
    *,
    partial_ok: bool = False,
    remove: bool = False,
    renew: bool = False,
    files: Files | None = None,
) -> Merged:
    """Join shards into the dataset ``target``, which may be there already.

    Args:
        target: the folder of the whole dataset.
        shards: folders of datasets of the same job.
        partial_ok: whether views, labels or pictures may be missing.
        remove: delete the shards afterwards, if nothing is missing.
        renew: what the shards say of a view counts, where the target says something else (it was extended by a kind of
            control image, say).
        files: the pictures that exports are to have, where these do not lie in ``target``.

    Raises:
        DatasetError: ``dataset.no_job``, ``dataset.other_job`` (names what differs), ``dataset.overlap``,
            ``dataset.incomplete`` or ``dataset.busy``.
        OSError: the file system refuses.
    """
    folder = DatasetFolder(target)
    folders = [DatasetFolder(path) for path in shards if path.resolve() != target.resolve()]
    if not folders:
        raise DatasetError(
            "dataset.no_shards", f"There is no shard to join in '{target / FOLDER}'.", "Name their folders."
        )
    job = _joint_job(folder, folders)
    for one in folders:
        _check_idle(one)
    first = [folder] if folder.job_file.exists() else []
    journals = read_journals([*first, *folders], job, older=len(first) if renew else 0)
    lacks = _with_shards(journals.lacks(), shards)
    if lacks and not partial_ok:
        raise DatasetError(
            "dataset.incomplete",
            f"The dataset would not be whole. {' '.join(lacks)}",
            "Make the rest, or join with --partial.",
        )
    folder.make_folders()
    with keeping(folder):
        Claim(folder).write(job)
        new = sum(take_over(one.root, folder.root) for one in folders)
        to_disk()
        journals.write(folder)
        counts = finish_dataset(folder, job, skipped=journals.skipped, files=files)
    if remove and not lacks:
        for one in folders:
            shutil.rmtree(one.root)
        _remove_if_empty(target / FOLDER)
    return Merged(new, counts, tuple(lacks))


def finish(folder: DatasetFolder, files: Files | None = None) -> Counts:
    """Write anew what is derived from the journals of a dataset; ``files`` as of :func:`merge`.

    Raises:
        DatasetError: ``dataset.no_job`` or ``dataset.busy``.
        OSError: the file system refuses.
    """
    job = ledger.read_job(folder)
    with keeping(folder):
        return finish_dataset(folder, job, skipped=read_journals([folder], job).skipped, files=files)


def _joint_job(target: DatasetFolder, folders: Sequence[DatasetFolder]) -> JobRecord:
    """Return the job that all folders are of, as old as the oldest of them."""
    first = ledger.read_job(folders[0])
    created = first.created
    others = [*([target] if target.job_file.exists() else []), *folders[1:]]
    for folder in others:
        job = ledger.read_job(folder)
        changes = [*differences(first, job), *_later_differences(first, job)]
        if changes:
            raise DatasetError(
                "dataset.other_job",
                f"'{folder.root}' is of another job than '{folders[0].root}': {shown_differences(changes)}.",
                "Join shards of one job, made from one file with the same settings and versions.",
            )
        created = min(created, job.created)
    return replace(first, created=created)


def _later_differences(first: JobRecord, job: JobRecord) -> Iterator[str]:
    for name in LATER_FIELDS:
        was, now = (to_json(getattr(each, name)) for each in (_undated(first), _undated(job)))
        if was != now:
            shown = f"{was} and {now}" if isinstance(was, float) else f"{len(was)} and {len(now)} versions"
            yield f"{name}: {shown}"


def _undated(job: JobRecord) -> JobRecord:
    return replace(job, history=tuple(replace(version, replaced="") for version in job.history))


def _check_idle(folder: DatasetFolder) -> None:
    """Refuse a shard that is being worked on; nothing is written where nobody left a lock.

    Raises:
        DatasetError: ``dataset.busy``.
    """
    for path in (folder.job_lock, folder.runner_lock):
        if path.exists():
            lock = Lock(path)
            lock.take()
            lock.release()


def _with_shards(lacks: list[str], shards: Sequence[Path]) -> list[str]:
    """Return what is lacking, with the shards that have no folder."""
    missing = missing_shards(shards) if lacks else []
    if not missing:
        return lacks
    shown = ", ".join(str(shard) for shard in missing[:MOST_SHOWN])
    more = f" and {len(missing) - MOST_SHOWN} more" if len(missing) > MOST_SHOWN else ""
    return [*lacks, f"There is no folder of shard {shown}{more}."]


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
