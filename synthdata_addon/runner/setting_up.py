# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's handle on the runner's set-up and on the check of a Python. Standard library and core; never blocks."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from ..core.errors import RunnerError
from .command_process import Command

Stage = Literal["download", "install", "check"]
CANCELLED: Final = 130
"""Exit status of a set-up that was stopped."""
GRACE: Final = 5.0
"""Seconds in which a set-up that is left alone may tidy up."""


@dataclass(frozen=True)
class SetupProgress:
    """A line of progress: ``done`` and ``total`` in bytes (0: not known), ``seconds_left`` below 0 if not known yet."""

    stage: Stage
    done: int
    total: int
    seconds_left: float = -1.0

    @property
    def share(self) -> float:
        """How much of the stage is done, 0 to 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0


class SetupProcess(Command):
    """A set-up or a check that runs in Blender's own Python: poll until it has ended.

    Raises:
        RunnerError: ``runner.cannot_start``.
    """

    def __init__(self, command: Sequence[str], *, listens: bool = True) -> None:
        self.progress: SetupProgress | None = None
        self.ready: dict[str, Any] = {}
        """What a set-up or a check that went well says: the fields of its record."""
        self.cancelled = False
        self._listens = listens
        super().__init__(sys.executable, command, stdin=subprocess.PIPE)

    @classmethod
    def set_up(cls, base: Path, torch_index: str = "") -> SetupProcess:
        """Start to set up the runner in the folder ``base``; torch from ``torch_index`` if that is given."""
        index = ["--torch-index", torch_index] if torch_index else []
        return cls(["setup-runner", str(base), "--watched", *index])

    @classmethod
    def check(cls, python: str) -> SetupProcess:
        """Start to ask whether a Python can make pictures."""
        return cls(["check-python", python], listens=False)

    def step(self) -> bool:
        """Take in what it said; True when it has ended.

        Raises:
            SynthDataError: it failed.
        """
        status = self.poll()  # before the lines: what it said last is then there
        for line in self.lines():
            self._take(line)
        if status is None:
            return False
        if not self.ready and not self.cancelled:
            self.cancelled = status == CANCELLED
            if not self.cancelled:
                raise RunnerError("runner.setup", f"The runner's set-up ended early: {self.complaint()}.")
        return True

    def cancel(self) -> None:
        """Ask it to end and to remove what it made; poll on until it has. A check makes nothing and is ended."""
        self.cancelled = True
        if not self._listens:
            self._process.kill()
        stream = self._process.stdin
        if stream is not None and not stream.closed:
            with contextlib.suppress(OSError):
                stream.write(b"cancel\n")
                stream.close()

    def close(self) -> None:
        """End it; finished downloads are kept. Safe to call twice."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        if self._process.poll() is None:
            self.wait(GRACE)
        super().close()

    def _take(self, line: str) -> None:
        try:
            message: dict[str, Any] = json.loads(line)
        except ValueError:
            return
        if "progress" in message:
            self.progress = SetupProgress(**message["progress"])
        elif "ready" in message:
            self.ready = message["ready"]
        elif "error" in message:
            said = message["error"]
            raise RunnerError(said["code"], said["message"], said["hint"])
