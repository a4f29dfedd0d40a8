# SPDX-License-Identifier: GPL-3.0-or-later
"""The processes that a farm's workers start: Blender on a leash, and a runner that serves many datasets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from ..core.begun import MAX_DEATHS
from ..core.errors import RunnerError
from ..core.layout import DatasetFolder
from .many import wait_until_idle

PACKAGE_PARENT: Final = Path(__file__).resolve().parents[2]
BOOTSTRAP: Final = Path(__file__).with_name("bootstrap.py")
LEASH: Final = Path(__file__).with_name("leash.py")
LOG_LINES: Final = 5
KILLED: Final = 128
"""Exit statuses from here on tell the signal that ended a command."""


def generate(
    python: str, arguments: Sequence[str], folder: DatasetFolder, environment: Mapping[str, str], log: Path
) -> None:
    """Run ``generate`` in the Python that has ``bpy``; it ends with this process, and goes on where another one was.

    Args:
        python: the interpreter.
        arguments: what stands behind ``generate`` on the command line.
        folder: the dataset that it makes.
        environment: variables beside those of this process.
        log: what it says is added to this file.

    Raises:
        RunnerError: ``runner.render_failed``, with the last lines of the log.
        DatasetError: ``dataset.busy``.
    """
    wait_until_idle(folder)
    command = [sys.executable, "-I", str(LEASH), python, "-m", "synthdata_addon", "generate", *arguments]
    log.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(MAX_DEATHS + 1):
        status = _run(command, environment, log)
        if status < KILLED:
            break
        # Blender crashed: the next run goes on, and leaves out a view in which that happens again and again.
    if status:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:]
        raise RunnerError(
            "runner.render_failed",
            f"Rendering into '{folder.root}' ended with exit status {status}: {' '.join(lines)}",
            f"See '{log}'.",
        )


def _run(command: Sequence[str], environment: Mapping[str, str], log: Path) -> int:
    path = os.pathsep.join(filter(None, [str(PACKAGE_PARENT), os.environ.get("PYTHONPATH", "")]))
    variables = {**os.environ, **environment, "PYTHONPATH": path}
    with log.open("ab") as file:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=file, stderr=file, env=variables)
        status = process.wait()
        assert process.stdin is not None
        process.stdin.close()
    return status


class ManyRunner:
    """A runner process that makes what datasets lack, one after the other, with the model loaded once."""

    def __init__(self, python: str) -> None:
        """Start it in the Python that has torch."""
        self._process = subprocess.Popen(
            [python, "-I", str(BOOTSTRAP), "runner", "--many"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def finish(self, folder: DatasetFolder) -> None:
        """Make what a dataset lacks, blocking.

        Raises:
            RunnerError: ``runner.failed``, with what it said, or ``runner.died``.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(f"{folder.root}\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise RunnerError(
                "runner.died",
                f"The runner ended with exit status {self._process.wait()} while it worked on '{folder.root}'.",
                "Look for too little memory.",
            )
        errors = json.loads(answer)["errors"]
        if errors:
            raise RunnerError("runner.failed", f"'{folder.root}' is not finished: {' '.join(errors)}")

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
