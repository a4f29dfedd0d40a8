# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock files of the runner's packages: which wheel, with which hash, how large. Standard library only.

One file for each platform and Python, made by ``build.py lock``; the set-up and the packaging read them.
A line is one wheel, as pip reads it, with its size and group behind::

    name==version --hash=sha256:...  # 1234 bytes, group
"""

from __future__ import annotations

import hashlib
import platform
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from ..core.errors import RunnerError

Group = Literal["all", "setup", "bundled", "plain", "cpu", "cuda"]
"""``all``: whatever the kind; ``setup``: what Blender ships already; ``bundled``: instead of one of those that does not
go with Blender's numpy; the others are builds of torch, with what they alone need."""
Build = Literal["plain", "cpu", "cuda"]
FOLDER: Final = "locks"
LINE: Final = re.compile(
    r"(?P<name>[\w.-]+)==(?P<version>\S+) --hash=sha256:(?P<sha256>[0-9a-f]{64})  "
    r"# (?P<size>\d+) bytes, (?P<group>all|setup|bundled|plain|cpu|cuda)"
)


@dataclass(frozen=True)
class LockedWheel:
    """One wheel: ``size`` in bytes, ``sha256`` of the file in hexadecimal."""

    name: str
    version: str
    sha256: str
    size: int
    group: Group

    @property
    def requirement(self) -> str:
        """What pip is asked for."""
        return f"{self.name}=={self.version} --hash=sha256:{self.sha256}"

    @property
    def line(self) -> str:
        """Its line in a lock file."""
        return f"{self.requirement}  # {self.size} bytes, {self.group}"


@dataclass(frozen=True)
class WheelLock:
    """All wheels of one platform and Python."""

    wheels: tuple[LockedWheel, ...]
    digest: str
    """Tells one lock from another."""

    @property
    def builds(self) -> tuple[Build, ...]:
        """The builds of torch whose files are known, in the order in which they are preferred."""
        groups = {wheel.group for wheel in self.wheels}
        known: tuple[Build, ...] = ("plain", "cpu", "cuda")
        return tuple(build for build in known if build in groups)

    def for_setup(self, build: Build | None) -> list[LockedWheel]:
        """Return what an environment is made of, the largest first; without torch if no build is named."""
        wanted = {"all", "setup", build}
        return sorted(
            (wheel for wheel in self.wheels if wheel.group in wanted),
            key=lambda wheel: (-wheel.size, wheel.name),
        )

    def for_bundle(self, build: Build | None) -> list[LockedWheel]:
        """Return what a bundled zip carries: nothing that Blender has itself."""
        instead = {wheel.name for wheel in self.wheels if wheel.group == "bundled"}
        wanted = {"all", "bundled", build}
        return [
            wheel
            for wheel in self.wheels
            if wheel.group in wanted and (wheel.group == "bundled" or wheel.name not in instead)
        ]

    def torch_version(self) -> str:
        """Return torch's version without what tells its builds apart, empty if it is not locked."""
        found = (wheel.version.partition("+")[0] for wheel in self.wheels if wheel.name == "torch")
        return next(found, "")


def canonical(name: str) -> str:
    """Return a package's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def sha256_of(path: Path) -> str:
    """Return a file's hash in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_lock(path: Path) -> WheelLock:
    """Read a lock file.

    Raises:
        RunnerError: ``runner.lock``: it is not there, or not a lock.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise RunnerError(
            "runner.lock",
            f"There is no list of the runner's packages for this platform and Python ('{path.name}').",
            "Choose a Python of your own that has torch and diffusers.",
        ) from error
    wheels = tuple(_wheel(line, path) for line in text.splitlines() if line and not line.startswith("#"))
    return WheelLock(wheels, hashlib.sha256(text.encode()).hexdigest()[:12])


def _wheel(line: str, path: Path) -> LockedWheel:
    found = LINE.fullmatch(line)
    if found is None:
        raise RunnerError(
            "runner.lock", f"'{path.name}' has a line that is no wheel: '{line}'.", "Install SynthData again."
        )
    group: Group = found["group"]  # type: ignore[assignment]  # the pattern allows no other
    return LockedWheel(found["name"], found["version"], found["sha256"], int(found["size"]), group)


def write_lock(path: Path, wheels: Iterable[LockedWheel]) -> None:
    """Write a lock file, by name."""
    lines = [wheel.line for wheel in sorted(wheels, key=lambda wheel: (canonical(wheel.name), wheel.group))]
    path.parent.mkdir(parents=True, exist_ok=True)
    head = "# Made by `build.py lock` from the files beside this folder; not edited by hand."
    path.write_text("\n".join([head, *lines, ""]), encoding="utf-8")


def lock_name(platform_name: str, python: Sequence[int]) -> str:
    """Return the file's name for Blender's name of a platform and a Python's version."""
    return f"{platform_name}-cp{python[0]}{python[1]}.txt"


def this_platform() -> str:
    """Return this machine's platform by Blender's name of it."""
    systems = {"Linux": "linux", "Windows": "windows", "Darwin": "macos"}
    machines = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}
    system, machine = platform.system(), platform.machine().lower()
    return f"{systems.get(system, system.lower())}-{machines.get(machine, machine)}"


def this_lock() -> Path:
    """Return where the lock file of this platform and Python is; it may be missing.

    It lies in the package when that is installed, under ``requirements/`` beside it in the repository.
    """
    package = Path(__file__).resolve().parents[1]
    name = lock_name(this_platform(), sys.version_info[:2])
    places = [package / FOLDER / name, package.parent / "requirements" / FOLDER / name]
    return next((place for place in places if place.is_file()), places[0])
