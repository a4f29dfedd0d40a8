# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's handle on a question to a language model. Standard library and core only; it never blocks Blender."""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from typing import IO, Final

from ..core.errors import RunnerError
from .client import start_command

LIMIT: Final = 16
"""So many categories are asked for at once."""


class PlacesQuestion:
    """A question that is being asked: poll until there is an answer.

    Raises:
        RunnerError: ``runner.cannot_start``.
    """

    def __init__(
        self,
        python: str,
        categories: Sequence[str],
        *,
        model: str,
        address: str = "",
        site_dirs: Sequence[str] = (),
        environment: Mapping[str, str] = {},
    ) -> None:
        # Files, not pipes: nobody has to read them while the process writes.
        self._out = tempfile.TemporaryFile()  # noqa: SIM115  # close() closes them
        self._log = tempfile.TemporaryFile()  # noqa: SIM115
        where = ["--address", address] if address else []
        command = ["places", "--model", model, *where, "--", *categories[:LIMIT]]
        self._process = start_command(python, command, site_dirs, environment, self._out, self._log)

    def poll(self) -> dict[str, tuple[str, ...]] | None:
        """Return places by category, or None while there is no answer yet.

        Raises:
            RunnerError: ``runner.command``: there will be none; the message says why.
        """
        status = self._process.poll()
        if status is None:
            return None
        out, log = (_text(file) for file in (self._out, self._log))
        self.close()
        if status == 0:
            found: dict[str, list[str]] = json.loads(out)
            return {name: tuple(places) for name, places in found.items()}
        lines = [line for line in log.splitlines() if line.startswith("Error: ")] or log.splitlines()[-1:]
        said = lines[-1].removeprefix("Error: ") if lines else f"exit status {status}"
        raise RunnerError("runner.command", said)

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


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")
