# SPDX-License-Identifier: GPL-3.0-or-later
"""The runner's packages in the extension's own folder, as the set-up leaves them. Standard library only.

::

    runner/
      cp311-3f9a1c/         packages for Blender's own Python 3.11; only the one that the file below names counts
      cp311.json            written last and at once: what is ready
      downloads/            wheels of a set-up that was interrupted
      setup.log             what pip said
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

DOWNLOADS: Final = "downloads"
LOG: Final = "setup.log"
LOCK: Final = "setup.lock"


@dataclass(frozen=True)
class RunnerEnvironment:
    """A finished environment: ``folder`` has the packages, ``size`` is in bytes, ``lock`` is its lock file's digest."""

    folder: str
    python: str
    torch: str
    device: str
    size: int
    lock: str


def tag() -> str:
    """Return what the folders for the running Python are called by, such as ``cp311``."""
    return f"cp{sys.version_info[0]}{sys.version_info[1]}"


def find_environment(base: Path) -> RunnerEnvironment | None:
    """Return the environment for the running Python, or None if none is finished and still there."""
    try:
        data = json.loads((base / f"{tag()}.json").read_text(encoding="utf-8"))
        data["folder"] = str(base / data["folder"])
        found = RunnerEnvironment(**data)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return found if Path(found.folder).is_dir() else None


def finish(base: Path, environment: RunnerEnvironment) -> None:
    """Let ``environment`` be the one that counts; a job that runs in another one keeps it until the next sweep."""
    record = {**asdict(environment), "folder": Path(environment.folder).name}
    part = base / f"{tag()}.json.part"
    part.write_text(json.dumps(record), encoding="utf-8")
    part.replace(base / f"{tag()}.json")


def sweep(base: Path) -> None:
    """Remove folders of the running Python that do not count; what is held open stays for the next time."""
    present = find_environment(base)
    for folder in base.glob(f"{tag()}-*"):
        if present is None or folder != Path(present.folder):
            shutil.rmtree(folder, ignore_errors=True)


def remove(base: Path) -> None:
    """Remove all of it.

    Raises:
        OSError: something is in use, or may not be removed.
    """
    for record in base.glob("cp*.json"):
        record.unlink()
    if base.is_dir():
        shutil.rmtree(base)


def size_of(folder: Path) -> int:
    """Return the bytes of all files in a folder; what vanishes meanwhile counts as nothing."""
    total = 0
    waiting = [folder]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(Path(entry.path))
                    else:
                        total += entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue
    return total
