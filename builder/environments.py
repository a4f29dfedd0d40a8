# SPDX-License-Identifier: GPL-3.0-or-later
"""The environments under `.envs/`: made from the locks in layers, each layer stamped so that it is installed once."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .console import BuildError, run_logged, say
from .interpreters import Interpreter, interpreters, probe
from .places import ENVS, REQUIREMENTS


@dataclass(frozen=True)
class Environment:
    """A virtual environment; it need not exist yet."""

    name: str

    @property
    def path(self) -> Path:
        """The folder."""
        return ENVS / self.name

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.path / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def interpreter(self) -> Interpreter | None:
        """The Python it was made with, or None if it is missing or broken."""
        return probe(self.python) if self.python.exists() else None

    def create(self, interpreter: Interpreter) -> None:
        """Make it with `interpreter` unless it already is of that version; a broken one is made anew."""
        present = self.interpreter()
        if present and present.version == interpreter.version:
            return
        if self.path.exists():
            shutil.rmtree(self.path)
        command = [interpreter.path, "-m", "venv", self.path]
        run_logged(f"environment {self.name} with Python {interpreter.name}", command, f"{self.name}-venv")

    def install(
        self, layer: str, arguments: Sequence[str], locks: Sequence[str] = (), size: str = ""
    ) -> None:
        """Bring `layer` in with pip: `arguments` and the named lock files. No work when its stamp shows the same.

        Args:
            layer: the stamp's name; layers of one environment are independent.
            arguments: further arguments of `pip install`.
            locks: file names under `requirements/`.
            size: what to tell the user about the download.
        """
        files = [REQUIREMENTS / name for name in locks]
        wanted = _stamp(arguments, files)
        stamp = self.path / ".installed" / layer
        if self.stamp(layer) == wanted:
            return
        step = f"installing {layer} into {self.path.name}" + (f" ({size})" if size else "")
        sources = [part for file in files for part in ("-r", str(file))]
        command = [self.python, "-m", "pip", "install", "--disable-pip-version-check", *arguments, *sources]
        run_logged(step, command, f"{self.name}-{layer}")
        stamp.parent.mkdir(exist_ok=True)
        stamp.write_text(wanted, encoding="utf-8")

    def stamp(self, layer: str) -> str:
        """What `layer` was installed from, beginning with pip's arguments; empty if it is not installed."""
        stamp = self.path / ".installed" / layer
        return stamp.read_text(encoding="utf-8") if stamp.is_file() else ""


@dataclass(frozen=True)
class BlenderRelease:
    """A Blender that comes as a Python module, for one Python."""

    version: str
    python: tuple[int, int]

    @property
    def lock(self) -> str:
        """Its lock file's name."""
        return f"blender-{self.version}.txt"


BLENDERS = (
    BlenderRelease("4.5", (3, 11)),
    BlenderRelease("5.2", (3, 13)),
    BlenderRelease("4.2", (3, 11)),
    BlenderRelease("5.0", (3, 11)),
)
"""Preferred ones first."""


def other_releases(chosen: Environment) -> list[str]:
    """The versions that some Python of this machine can run, but for the one already chosen."""
    versions = {interpreter.version for interpreter in interpreters()}
    names = [release.version for release in BLENDERS if release.python in versions]
    return [name for name in names if chosen.name != f"blender-{name}"]


def blender_environment(version: str | None = None) -> Environment:
    """The environment with Blender `version` (by default the one that fits build.py's own Python), ready to use.

    Raises BuildError when no fitting Python is on this machine or pip fails.
    """
    release, interpreter = _choose_blender(version)
    environment = Environment(f"blender-{release.version}")
    environment.create(interpreter)
    environment.install("blender", [], [release.lock], size=f"Blender {release.version}, about 350 MB")
    return environment


def _choose_blender(version: str | None) -> tuple[BlenderRelease, Interpreter]:
    known = interpreters()
    for interpreter in known:
        for release in BLENDERS:
            if interpreter.version == release.python and version in (None, release.version):
                if interpreter is not known[0] and version is None:
                    say(f"• Blender needs Python 3.11 or 3.13: taking {interpreter.path}")
                return release, interpreter
    fitting = {release.version: release for release in BLENDERS}.get(version or "")
    wanted = f"Python {fitting.python[0]}.{fitting.python[1]}" if fitting else "Python 3.11 or 3.13"
    here = ", ".join(item.name for item in known)
    raise BuildError(
        f"Blender's Python module needs {wanted}, found only {here}.",
        "Install it (apt install python3.11 python3.11-venv, or pyenv) and run build.py with it.",
    )


def _stamp(arguments: Sequence[str], files: Sequence[Path]) -> str:
    locks = "".join(file.read_text(encoding="utf-8") for file in files)
    return f"{' '.join(arguments)}\n{hashlib.sha256(locks.encode()).hexdigest()}\n"
