# SPDX-License-Identifier: GPL-3.0-or-later
"""Which part of a job is made by this run: a shard of its views, its labels without the pictures, or its job.json."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..core.records import JobRecord
from ..core.shard import Shard, read_part


@dataclass(frozen=True)
class Part:
    """``shard``: None for all views. Without ``pictures`` these are left to the runner's own command. With ``job_only``
    nothing is made but ``job.json``.
    """

    shard: Shard | None = None
    pictures: bool = True
    job_only: bool = False

    def views(self, job: JobRecord, folder: Path) -> set[int]:
        """Return the numbers of the views to be made in a folder."""
        if self.shard is None:
            return set(range(job.views))
        if (handed_out := read_part(folder)) is not None:
            return set(handed_out)
        # Things that are placed anew every so many views stay for those in one shard.
        return set(self.shard.views(job.views, max(1, job.job.populate.every)))


WHOLE: Final = Part()
