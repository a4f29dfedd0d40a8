# SPDX-License-Identifier: GPL-3.0-or-later
"""Is a runner that ended by itself worth another start? Standard library and core only."""

from __future__ import annotations

from typing import Final

from ..core.begun import MAX_DEATHS

ENDED: Final = ("runner.died", "runner.hung")


class RunnerRestarts:
    """Counts the ends of runners in which nothing was finished.

    After ``MAX_DEATHS`` of them the next runner leaves out the piece of work that they ended in, which is progress; a
    runner that ends even then, or before it says hello, would end for ever.
    """

    def __init__(self) -> None:
        self._was_well = False
        self._done = 0
        self._in_a_row = 0

    def hello(self) -> None:
        """Note that the runner could start."""
        self._was_well = True

    def may_restart(self, code: str, done: int) -> bool:
        """Tell whether to start the runner again.

        Args:
            code: of the error that the runner ended with.
            done: how many labels and pictures are finished.
        """
        if code not in ENDED or not self._was_well:
            return False
        self._in_a_row = self._in_a_row + 1 if done <= self._done else 1
        self._done, self._was_well = max(done, self._done), False
        return self._in_a_row <= MAX_DEATHS
