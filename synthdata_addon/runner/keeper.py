# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds a dataset's locks while the runner works, and keeps touching them: a step may take longer than a lock lasts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ..core.errors import DatasetError
from ..core.layout import DatasetFolder
from ..core.lock import REFRESH, Lock, owner_token, touch

WAIT: Final = 30.0
"""Seconds that the runner of a killed Blender may take to end."""


@contextmanager
def keeping(folder: DatasetFolder, job_token: str = "") -> Iterator[Lock]:
    """Hold the runner's lock, which is yielded, and the job's as well when no Blender does (``job_token``: its lock's).

    Raises:
        DatasetError: ``dataset.busy``; ``dataset.lost`` when the Blender that started us lost the folder meanwhile.
        OSError: the folder cannot be written.
    """
    job, runner = Lock(folder.job_lock), Lock(folder.runner_lock)
    ended = threading.Event()
    try:
        if not job_token:
            job.take()
        runner.take(WAIT)
        # Asked after our own lock is there: a new job takes its lock first and waits for this one then.
        if job_token and owner_token(folder.job_lock) != job_token:
            raise DatasetError(
                "dataset.lost",
                f"The job that started this runner does not hold '{folder.root}' any more.",
                "Generate again to go on.",
            )
        if job.taken_over or (runner.taken_over and not job_token):
            folder.sweep_out_parts()
        elif runner.gone_pid:
            # The runner before us was killed and our Blender is at work: what it is writing is not ours to remove.
            folder.sweep_out_parts(of=runner.gone_pid)
        taken = ((folder.job_lock, job_token or job.token), (folder.runner_lock, runner.token))

        def touch_both() -> None:
            while not ended.wait(REFRESH):
                for path, token in taken:
                    touch(path, token)

        threading.Thread(target=touch_both, name="synthdata-keeper", daemon=True).start()
        yield runner
    finally:
        ended.set()
        runner.release()
        job.release()
