# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a job is: counts and time left a stage, for the panel and the terminal alike."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass
class Stage:
    """One stage's count, and how long one item takes (a moving average, seconds)."""

    done: int = 0
    total: int = 0
    eta: float = -1.0
    _last: float = field(default_factory=time.monotonic)
    _average: float = 0.0

    def advance(self, seconds: float | None = None) -> None:
        """Count one item more and renew the estimate.

        ``seconds``: what it took, of items that are not made one after the other; None: the time since the last one.
        """
        now = time.monotonic()
        took = now - self._last if seconds is None else seconds
        self._last = now
        self._average = took if self._average == 0.0 else 0.8 * self._average + 0.2 * took
        self.done += 1
        self.eta = self._average * max(self.total - self.done, 0)

    def restart_clock(self) -> None:
        """Begin timing the next item now."""
        self._last = time.monotonic()

    @property
    def share(self) -> float:
        """How much is done, 0 to 1."""
        return 1.0 if self.total == 0 else min(self.done / self.total, 1.0)


def format_seconds(seconds: float) -> str:
    """Return a duration as people write it: ``8 s``, ``3 min 20 s``, ``2 h 05 min``; "" while unknown (negative)."""
    if seconds < 0.0:
        return ""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"
