# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's handle on a model that is being downloaded. Standard library and core only; never blocks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..core.errors import ModelError, RunnerError
from .command_process import Command


@dataclass(frozen=True)
class Fetched:
    """How far a download is, in bytes; ``eta`` in seconds, negative while unknown."""

    done: int = 0
    total: int = 0
    eta: float = -1.0
    ready: bool = False

    @property
    def share(self) -> float:
        """How much is there, 0 to 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0


class ModelDownload:
    """A model that is being fetched: poll until it is ready.

    Raises:
        RunnerError: ``runner.cannot_start``.
    """

    def __init__(
        self,
        python: str,
        repo: str,
        *,
        site_dirs: Sequence[str] = (),
        environment: Mapping[str, str] = {},
    ) -> None:
        self.repo = repo
        self.now = Fetched()
        command = ["models", "download", repo, "--json"]
        self._command = Command(python, command, site_dirs=site_dirs, environment=environment)

    def poll(self) -> Fetched:
        """Return how far it is.

        Raises:
            ModelError: it failed; with the code that the runner gives.
            RunnerError: ``runner.command``: the process ended without a word that can be read.
        """
        status = self._command.poll()  # before the lines: what it said last is then there
        for line in self._command.lines():
            self._take(line)
        if status is not None and not self.now.ready:
            raise RunnerError("runner.command", self._command.complaint())
        return self.now

    def wait(self, seconds: float) -> None:
        """Block until it is ready or failed, at most so long; for scripts."""
        self._command.wait(seconds)

    def close(self) -> None:
        """End it; what was fetched is kept. Safe to call twice."""
        self._command.close()

    def _take(self, line: str) -> None:
        try:
            message: dict[str, Any] = json.loads(line)
            event = message["event"]
            if event == "progress":
                self.now = Fetched(int(message["done"]), int(message["total"]), float(message["eta"]))
            elif event == "done":
                self.now = Fetched(self.now.total, self.now.total, 0.0, ready=True)
        except (ValueError, KeyError, TypeError):
            return  # a library's print
        if event == "error":
            raise ModelError(message["code"], message["message"], message["hint"])
