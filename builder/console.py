# SPDX-License-Identifier: GPL-3.0-or-later
"""What build.py says and runs: steps, long commands with a log, errors that are one sentence and a hint."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from .places import LOGS, ROOT

POLL_SECONDS = 0.5
TAIL_LINES = 15


class BuildError(Exception):
    """Something the user can mend: one sentence with the offending value, and a hint."""

    def __init__(self, sentence: str, hint: str = "") -> None:
        super().__init__(sentence)
        self.hint = hint


def say(text: str) -> None:
    """One line to the user, at once even when the output goes to a file."""
    print(text, flush=True)


def seconds(duration: float) -> str:
    """`75.2` as `1 min 15 s`."""
    minutes, rest = divmod(round(duration), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def environment(**changes: str) -> dict[str, str]:
    """This process's environment for a child: the caller's Python settings must not leak into our environments."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    return kept | changes


def run(command: Sequence[object], variables: Mapping[str, str] | None = None) -> int:
    """Run in the foreground from the project's root and return the exit status; the child shares the terminal.

    On Ctrl-C the child gets the signal too: it is left the time to end by itself, so that what is done is kept.
    """
    process = subprocess.Popen(
        [str(part) for part in command], cwd=ROOT, env=environment(**(variables or {}))
    )
    try:
        return process.wait()
    except KeyboardInterrupt:
        try:
            process.wait()
        except KeyboardInterrupt:
            process.kill()
            process.wait()
        raise


def run_logged(step: str, command: Sequence[object], log_name: str) -> None:
    """Run a long, talkative command: its output goes to `.logs/<log_name>.log`, the terminal shows the last line.

    Raises BuildError with the end of the log when it fails.
    """
    LOGS.mkdir(exist_ok=True)
    log_path = LOGS / f"{log_name}.log"
    started = time.monotonic()
    say(f"• {step} …")
    with log_path.open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT,
            env=environment(PYTHONUNBUFFERED="1"),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _follow(process, log_path, started)
        except KeyboardInterrupt:
            process.send_signal(signal.SIGTERM)
            process.wait()
            raise
    if process.returncode:
        end = "\n".join(_lines(log_path)[-TAIL_LINES:])
        raise BuildError(
            f"{step} failed (exit status {process.returncode}):\n{end}", f"The whole output: {log_path}"
        )
    say(f"  done in {seconds(time.monotonic() - started)}")


def _follow(process: subprocess.Popen[bytes], log_path: Path, started: float) -> None:
    live = sys.stdout.isatty()
    while process.poll() is None:
        time.sleep(POLL_SECONDS)
        if live:
            last = (_lines(log_path) or [""])[-1].strip()
            print(f"\r\033[K  {seconds(time.monotonic() - started)}  {last[:70]}", end="", flush=True)
    if live:
        print("\r\033[K", end="", flush=True)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines()
