# SPDX-License-Identifier: GPL-3.0-or-later
"""The job of this Blender session, and the status the panel shows of the last one. One dataclass, not saved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .job import GenerateJob, JobStatus


@dataclass
class State:
    """``job`` is set while one runs; ``status`` stays for the panel afterwards."""

    job: GenerateJob | None = None
    status: JobStatus | None = None

    def stop(self) -> None:
        """End the running job at once, keeping what is done."""
        if self.job is not None:
            self.job.close()
            self.job = None


state: Final = State()
