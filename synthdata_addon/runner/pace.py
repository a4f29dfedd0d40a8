# SPDX-License-Identifier: GPL-3.0-or-later
"""How long things take: seconds of each stage, and the time left by a moving average."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

WINDOW: Final = 20
"""How many of the last steps make the average."""


class Pace:
    """Stage times of one run, in seconds."""

    def __init__(self) -> None:
        self._total: defaultdict[str, float] = defaultdict(float)
        self._last: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=WINDOW))

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds spent in each stage so far."""
        return {stage: round(total, 3) for stage, total in self._total.items()}

    @contextmanager
    def step(self, stage: str) -> Iterator[None]:
        """Time one step of a stage, also one that fails."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.add(stage, time.perf_counter() - start)

    def add(self, stage: str, seconds: float) -> None:
        """Count time measured elsewhere."""
        self._total[stage] += seconds
        self._last[stage].append(seconds)

    def eta(self, stage: str, left: int) -> float:
        """Return the seconds that ``left`` steps will take, or -1 while there is nothing to judge by."""
        last = self._last[stage]
        return round(left * sum(last) / len(last), 1) if last else -1.0
