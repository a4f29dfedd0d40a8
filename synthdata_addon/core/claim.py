# SPDX-License-Identifier: GPL-3.0-or-later
"""A job's hold on its folder: alone there, and the same job as the one that is there, or an extension of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from .decode import to_json
from .errors import DatasetError
from .extend import continued, extended
from .layout import DatasetFolder, replacing
from .lock import Lock
from .records import JobRecord
from .resume import as_asked, check_same_job, differences, read_job, shown_differences
from .spec import JobSpec

RUNNER_WAIT: Final = 20.0
"""Seconds that the runner of a killed Blender may take to end: the step at hand, then its annotations."""


class Claim:
    """Look at the folder first (nothing is written), then :meth:`take` it, then ask which :meth:`job` to do."""

    def __init__(self, folder: DatasetFolder, *, extend: bool = False) -> None:
        self.folder = folder
        self.old = read_job(folder)
        self.lock = Lock(folder.job_lock)
        self._extend = extend

    def continued(self, spec: JobSpec) -> JobSpec:
        """Return the request with what only the folder knows."""
        return continued(spec, self.old, extend=self._extend)

    def take(self) -> None:
        """Create the folder and lock it.

        Raises:
            DatasetError: ``dataset.not_writable`` or ``dataset.busy``.
        """
        self.folder.make_folders()
        self.lock.take()
        runner = Lock(self.folder.runner_lock)
        runner.take(RUNNER_WAIT)
        if self.lock.taken_over or runner.taken_over:
            self.folder.sweep_out_parts()
        runner.release()
        if read_job(self.folder) != self.old:
            raise DatasetError(
                "dataset.busy",
                f"Another job has just begun or extended the dataset '{self.folder.root}'.",
                "Try again.",
            )

    def job(self, new: JobRecord) -> JobRecord:
        """Return the job to do: ``new`` in an empty folder, the folder's own as now asked, or ``new`` as its extension.

        Raises:
            DatasetError: ``dataset.other_job``.
        """
        if self.old is None:
            return new
        if self._extend:
            return extended(self.old, new, self.folder)
        check_same_job(self.old, new, self.folder)
        return as_asked(self.old, new)

    def write(self, job: JobRecord) -> str:
        """Put a job that is not the folder's into its ``job.json``; return what that changes, empty for a new one."""
        if job is self.old:
            return ""
        with replacing(self.folder.job_file) as part:
            part.write_text(json.dumps(to_json(job), indent=2, ensure_ascii=False), encoding="utf-8")
        changes = shown_differences(differences(self.old, job)) if self.old is not None else ""
        self.old = job
        return changes

    def keep(self) -> None:
        """Show that the job is alive; call it often.

        Raises:
            DatasetError: ``dataset.lost``: the folder is another job's now, or gone.
        """
        keep(self.lock)

    def release(self) -> None:
        """Let the folder go. Safe to call twice."""
        self.lock.release()


def keep(lock: Lock) -> None:
    """Refresh a lock that must be held.

    Raises:
        DatasetError: ``dataset.lost``.
    """
    if not lock.refresh():
        raise DatasetError(
            "dataset.lost",
            f"The lock '{lock.path}' is gone: the folder was removed, or another job took it over.",
            "What is still there is kept; generate again to go on.",
        )


def io_error(folder: DatasetFolder, error: OSError) -> DatasetError:
    """Return the error that a file system's refusal is to the user."""
    reason = error.strerror or str(error)
    where = f" ('{error.filename}')" if error.filename else ""
    return DatasetError(
        "dataset.io",
        f"The dataset '{folder.root}' cannot be written or read: {reason}{where}.",
        "Look for a full disk, missing rights or a folder that was removed; what is done is kept, generate again to go "
        "on.",
    )


@contextmanager
def io_errors(folder: DatasetFolder) -> Iterator[None]:
    """Raise what the file system refuses as :func:`io_error`."""
    try:
        yield
    except OSError as error:
        raise io_error(folder, error) from error
