# SPDX-License-Identifier: GPL-3.0-or-later
"""Which part of a job is made by this run: a shard of its views, or its labels without the pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..core.records import JobRecord
from ..core.shard import Shard


@dataclass(frozen=True)
class Part:
    """``shard``: None for all views. Without ``pictures`` these are left to the runner's own command."""

    shard: Shard | None = None
    pictures: bool = True

    def views(self, job: JobRecord) -> set[int]:
        """Return the numbers of the views to be made."""
        if self.shard is None:
            return set(range(job.views))
        # Things that are placed anew every so many views stay for those in one shard.
        return set(self.shard.views(job.views, max(1, job.job.populate.every)))


WHOLE: Final = Part()
