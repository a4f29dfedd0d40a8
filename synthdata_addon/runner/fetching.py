# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's handle on a command of the runner that tells how it goes. Standard library and core only; never blocks."""

from __future__ import annotations

import atexit
import contextlib
import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.errors import ModelError, RunnerError
from .client import start_command


class Command:
    """A command of ``python -m synthdata_addon`` in the runner's Python: its lines as they come, its end.

    Raises:
        RunnerError: ``runner.cannot_start``.
    """

    def __init__(
        self,
        python: str,
        command: Sequence[str],
        *,
        site_dirs: Sequence[str] = (),
        environment: Mapping[str, str] = {},
        stdin: int = subprocess.DEVNULL,
    ) -> None:
        # Files, not pipes: nobody has to read them while the process writes. Each side has a handle of its own, as a
        # shared one would have one place to read and write.
        self._folder = tempfile.TemporaryDirectory(prefix="synthdata-")
        paths = [Path(self._folder.name) / name for name in ("out", "log")]
        try:
            with paths[0].open("wb") as out, paths[1].open("wb") as log:
                self._process = start_command(python, command, site_dirs, environment, out, log, stdin)
        except RunnerError:
            self._folder.cleanup()
            raise
        self._out, self._log = (path.open("rb") for path in paths)  # close() closes them
        self._rest = b""
        atexit.register(self.close)

    def poll(self) -> int | None:
        """Return the exit status, None while it runs."""
        return self._process.poll()

    def lines(self) -> list[str]:
        """Return the whole lines that have come since the last call."""
        *lines, self._rest = (self._rest + self._out.read()).split(b"\n")
        return [line.decode(errors="replace") for line in lines]

    def complaint(self) -> str:
        """Return what the process says went wrong: the sentence of an error, else the last line of its log."""
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").splitlines()
        said = [line for line in lines if line.startswith("Error: ")] or [
            line for line in lines if line.strip()
        ]
        return said[-1].removeprefix("Error: ") if said else f"exit status {self._process.poll()}"

    def wait(self, seconds: float) -> None:
        """Block until the process has ended, at most so long; for scripts."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)

    def close(self) -> None:
        """End the process. Safe to call twice."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._out.close()
        self._log.close()
        self._folder.cleanup()
        atexit.unregister(self.close)


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
