# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's handle on a command of the runner that tells how it goes. Standard library and core only; never blocks."""

from __future__ import annotations

import atexit
import contextlib
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..core.errors import RunnerError
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
