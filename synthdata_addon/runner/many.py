# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m synthdata_addon runner --many``: one process for many datasets of a job, whose model is loaded once.

A line of standard input names a dataset; what is lacking there is made, and a line of JSON answers:
``{"errors": [...]}``. It ends with its input.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.errors import SynthDataError
from ..core.layout import DatasetFolder
from ..core.lock import STALE, Lock
from ..core.protocol import Error, Finish, Message, Start
from .inbox import Inbox
from .sampling import load_model
from .worker import Worker

if TYPE_CHECKING:
    from ..core.records import JobRecord
    from ..stylize.pipeline import Stylizer

PATIENCE = STALE + 30.0
"""Seconds after which the lock of a machine that is gone counts for nothing."""


def many_main() -> int:
    """Serve until standard input ends; return 0."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is no answer
    model = KeptModel()
    for line in sys.stdin:
        errors = _run(Path(line.rstrip("\n")), model)
        answers.write(json.dumps({"errors": errors}) + "\n")
        answers.flush()
    return 0


class KeptModel:
    """Loads a job's model, or hands out the one that is loaded if the next job has the same."""

    def __init__(self) -> None:
        self._job: object = None
        self._kept: tuple[list[Stylizer], str] = ([], "")

    def __call__(self, job: JobRecord) -> tuple[list[Stylizer], str]:
        """Return what :func:`load_model` does."""
        if (job.job, job.views) != self._job:
            self._kept = load_model(job)
            self._job = job.job, job.views
        return self._kept


def wait_until_idle(folder: DatasetFolder) -> None:
    """Wait for a process that still works on a dataset, or for the lock of a lost machine to grow stale.

    Raises:
        DatasetError: ``dataset.busy``.
    """
    for path in (folder.job_lock, folder.runner_lock):
        if path.exists():
            lock = Lock(path)
            lock.take(PATIENCE)
            lock.release()


def _run(root: Path, model: KeptModel) -> list[str]:
    errors: list[str] = []

    def note(message: Message) -> None:
        if isinstance(message, Error):
            errors.append(f"{message.message} {message.hint}".strip())

    inbox = Inbox()
    inbox.put(Start(str(root)))
    inbox.put(Finish())
    try:
        wait_until_idle(DatasetFolder(root))
    except SynthDataError as error:
        return [str(error)]
    Worker(inbox, note, model).run()
    return errors
