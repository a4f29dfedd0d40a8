# SPDX-License-Identifier: GPL-3.0-or-later
"""A program and all that it starts, measured from outside: processor seconds and memory at the marks that it sets.

The kernel's own tables (Linux) say it, so that nothing that is measured takes part in the measuring. No bpy here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TICK = 1.0 / os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
SAMPLE_SECONDS = 0.1
TAIL_LINES = 15


@dataclass(frozen=True)
class Mark:
    """What a process tree had used when it said a name: seconds since its start, processor seconds, resident bytes."""

    name: str
    wall: float
    cpu: float
    memory: int


@dataclass
class Measured:
    """A finished program: its marks in order, and the most memory that all its processes held together."""

    marks: list[Mark] = field(default_factory=list)
    peak: int = 0

    def first(self, name: str) -> Mark:
        """Return the first mark of that name.

        Raises:
            KeyError: the program never said it.
        """
        for mark in self.marks:
            if mark.name == name:
                return mark
        raise KeyError(name)


class SideFailedError(Exception):
    """A measured program ended with an error; the text is the end of its log."""


def say(name: str) -> None:
    """Set a mark, from inside of a measured program."""
    os.write(int(os.environ["BENCHMARK_MARKS"]), f"{name}\n".encode())


def leave() -> None:
    """End a measured program at once, all being written: Blender 4.2's module may crash when it ends the usual way."""
    sys.stdout.flush()
    os._exit(0)


def read_tree(root: int) -> tuple[float, int]:
    """Return the processor seconds and the resident bytes of a process and its descendants, ended ones included."""
    found: dict[int, tuple[int, float, int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (read := _read(entry)):
            found[int(entry.name)] = read
    seconds, memory, waiting = 0.0, 0, [root]
    while waiting:
        pid = waiting.pop()
        if pid in found:
            seconds, memory = seconds + found[pid][1], memory + found[pid][2]
            waiting += [child for child, (parent, _, _) in found.items() if parent == pid]
    return seconds, memory


def _read(proc: Path) -> tuple[int, float, int] | None:
    """Return parent, processor seconds (waited children's too) and resident bytes of a process, None if it is gone."""
    try:
        # The name in brackets may hold anything; what follows the last bracket has fixed places.
        fields = (proc / "stat").read_text().rpartition(")")[2].split()
        resident = int((proc / "statm").read_text().split()[1])
    except (OSError, IndexError):
        return None
    return int(fields[1]), TICK * sum(map(int, fields[11:15])), PAGE * resident


class _Watch:
    """Reads a program's tree whenever it sets a mark, and now and then for its peak."""

    def __init__(self, pid: int, began: float) -> None:
        self._pid, self._began = pid, began
        self._over = threading.Event()
        self._lock = threading.Lock()
        self.measured = Measured()

    def mark(self, name: str) -> None:
        seconds, memory = read_tree(self._pid)
        with self._lock:
            self.measured.marks.append(Mark(name, time.perf_counter() - self._began, seconds, memory))
            self.measured.peak = max(self.measured.peak, memory)

    def sample(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            memory = read_tree(self._pid)[1]
            with self._lock:
                self.measured.peak = max(self.measured.peak, memory)

    def end(self) -> None:
        self._over.set()


def measure(
    command: Sequence[object], request: Mapping[str, Any], log: Path, variables: Mapping[str, str]
) -> Measured:
    """Run a program with its request as JSON on stdin; return what it used.

    Raises:
        SideFailedError: it ended with an error.
    """
    out, into = os.pipe()
    began = time.perf_counter()
    with log.open("w", encoding="utf-8") as file:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE,
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, **variables, "BENCHMARK_MARKS": str(into)},
            pass_fds=[into],
        )
        os.close(into)
        watch = _Watch(process.pid, began)
        sampler = threading.Thread(target=watch.sample, daemon=True)
        sampler.start()
        try:
            assert process.stdin is not None
            process.stdin.write(json.dumps(request).encode())
            process.stdin.close()
            with os.fdopen(out, encoding="utf-8") as marks:
                for line in marks:
                    watch.mark(line.strip())
            code = process.wait()
        finally:
            process.kill()
            process.wait()
            watch.end()
            sampler.join()
    if code != 0:
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:])
        raise SideFailedError(f"{Path(str(command[1])).name} ended with status {code}:\n{tail}")
    return watch.measured
