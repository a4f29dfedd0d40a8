# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that forgets: what a power cut leaves of a dataset, built from what a run really wrote, synced and renamed.

The model is POSIX's, harsher than ext4: only what was synced is there; a rename may be lost on its own as long as
nobody synced the folder, and the file then lies under its temporary name. What was never synced is lost.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Synced:
    """A file's content reached the disk."""

    path: Path
    content: bytes


@dataclass(frozen=True)
class Renamed:
    """A file or a folder got another name, in memory at least."""

    old: Path
    new: Path
    is_file: bool


@dataclass(frozen=True)
class NamesSynced:
    """All names in a folder reached the disk."""

    folder: Path


@dataclass
class Disk:
    """What lay in ``root`` before, and what happened since, in order."""

    root: Path
    before: dict[Path, bytes] = field(default_factory=dict)
    events: list[Synced | Renamed | NamesSynced] = field(default_factory=list)

    def after_cut(self, moment: int, draw: random.Random, recent: int = 6) -> dict[Path, bytes]:
        """Return what is there when the power goes after ``moment`` events; some of the last renames are lost."""
        files = dict(self.before)
        for number, event in enumerate(self.events[:moment]):
            if isinstance(event, NamesSynced):
                continue
            if isinstance(event, Synced):
                files[event.path] = event.content
            elif number < moment - recent or self._is_safe(number, moment) or draw.random() < 0.5:
                moved = [path for path in files if path == event.old or path.is_relative_to(event.old)]
                for path in moved:
                    files[event.new / path.relative_to(event.old)] = files.pop(path)
                if not moved and event.is_file:
                    files[event.new] = b""  # the name came to the disk, the content did not
        return files

    def _is_safe(self, number: int, moment: int) -> bool:
        """Whether the folder of a renamed file was synced since."""
        event = self.events[number]
        return isinstance(event, Renamed) and NamesSynced(event.new.parent) in self.events[number:moment]

    def lay_out(self, files: dict[Path, bytes], target: Path) -> None:
        """Write such files into the new folder ``target``, as they are found once the locks have gone stale."""
        for path, content in files.items():
            if path.suffix == ".lock":
                continue
            place = target / path.relative_to(self.root)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)


@contextmanager
def recording(root: Path) -> Iterator[Disk]:
    """Record every sync and rename below ``root`` in this process; both really happen."""
    disk = Disk(root, _contents(root))
    real = {name: getattr(os, name) for name in ("fsync", "sync", "replace", "rename")}

    def fsync(descriptor: int) -> None:
        real["fsync"](descriptor)
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path.is_relative_to(root):
            disk.events.append(NamesSynced(path) if path.is_dir() else Synced(path, path.read_bytes()))

    def sync() -> None:
        real["sync"]()
        disk.events += [Synced(path, content) for path, content in _contents(root).items()]

    def moving(name: str) -> Callable[[Path, Path], None]:
        def move(old: Path, new: Path) -> None:
            real[name](old, new)
            if Path(new).is_relative_to(root):
                disk.events.append(Renamed(Path(old), Path(new), Path(new).is_file()))

        return move

    os.fsync, os.sync, os.replace, os.rename = fsync, sync, moving("replace"), moving("rename")
    try:
        yield disk
    finally:
        for name, function in real.items():
            setattr(os, name, function)


def _contents(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
