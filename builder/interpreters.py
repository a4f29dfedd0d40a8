# SPDX-License-Identifier: GPL-3.0-or-later
"""The Pythons of this machine that can make an environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .console import BuildError

USABLE = ((3, 11), (3, 12), (3, 13), (3, 14))
PROBE = "import ensurepip, sys, venv; print(*sys.version_info[:2], sys._base_executable, sep='|')"


@dataclass(frozen=True)
class Interpreter:
    """A Python that has `venv` and `ensurepip`; `version` is (major, minor)."""

    path: Path
    version: tuple[int, int]

    @property
    def name(self) -> str:
        """`3.11`."""
        return f"{self.version[0]}.{self.version[1]}"


@cache
def interpreters() -> tuple[Interpreter, ...]:
    """One Python of each usable version, build.py's own first, then the newest versions' neighbours and PATH.

    Raises BuildError when there is none.
    """
    found: dict[tuple[int, int], Interpreter] = {}
    for path in _candidates():
        interpreter = probe(path)
        if interpreter and interpreter.version in USABLE:
            found.setdefault(interpreter.version, interpreter)
    if not found:
        own = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise BuildError(f"Python {own} here cannot make environments.", f"apt install python{own}-venv")
    return tuple(found.values())


def probe(path: Path) -> Interpreter | None:
    """Ask the program at `path` what it is; None if it is no Python that can make environments."""
    try:
        answer = subprocess.run(
            [str(path), "-c", PROBE], capture_output=True, text=True, timeout=30, check=True
        ).stdout
        major, minor, base = answer.strip().split("|")
        return Interpreter(Path(base), (int(major), int(minor)))
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


def _candidates() -> Iterator[Path]:
    yield Path(sys.executable)
    names = [f"python{major}.{minor}" for major, minor in USABLE]
    for name in names:
        for folder in (*os.get_exec_path(), "/usr/local/bin", "/usr/bin"):
            place = shutil.which(name, path=folder)
            if place:
                yield Path(place)
    # Version managers keep each Python in a folder of its own, side by side.
    siblings = Path(sys.base_prefix).parent
    for name in names:
        yield from sorted(siblings.glob(f"*/bin/{name}"), reverse=True)
