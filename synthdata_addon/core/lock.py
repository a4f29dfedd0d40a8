# SPDX-License-Identifier: GPL-3.0-or-later
"""One job at a time on a dataset: a lock file that says whose it is, and is taken over when its owner is gone.

An owner on this machine is gone when its process is; one on another machine when its file has not been touched for
:data:`STALE` seconds. Ages are differences of the file system's own times, so that no clock needs to be right.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from .decode import from_json, parse_json, to_json
from .errors import DatasetError, SpecError
from .process import machine, start_of

STALE: Final = 180.0
REFRESH: Final = 20.0
"""Seconds between two touches of a lock that is held."""
GUARD_STALE: Final = 10.0
POLL: Final = 0.1


@dataclass(frozen=True)
class Owner:
    """Who holds a lock. ``token`` is this taking's own, ``started`` tells the process from a later one of its id."""

    host: str
    pid: int
    started: str
    machine: str
    since: str
    token: str = field(default_factory=lambda: secrets.token_hex(8))

    @classmethod
    def here(cls) -> Owner:
        """Return this process as an owner."""
        where = machine()
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        return cls(where.split(" ", 1)[0], os.getpid(), start_of(os.getpid()) or "", where, now)


class Lock:
    """A lock file. Take it, :meth:`refresh` it while working, release it; a killed owner's is taken over."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.taken_over = False
        """Whether the last owner was killed, so that it may have left half-written files."""
        self.gone_pid = 0
        """That owner's process id."""
        self._mine: Owner | None = None
        self._refreshed = 0.0

    @property
    def token(self) -> str:
        """What tells this taking from any other; empty while the lock is not held."""
        return self._mine.token if self._mine is not None else ""

    def take(self, wait: float = 0.0) -> None:
        """Take the lock, or wait ``wait`` seconds for its owner to give it back.

        Raises:
            DatasetError: ``dataset.busy``, naming the owner.
            OSError: the folder cannot be written.
        """
        end = time.monotonic() + max(wait, 2.0 * POLL)
        while not self._try():
            if time.monotonic() >= end:
                raise self._busy()
            time.sleep(POLL)

    def refresh(self) -> bool:
        """Show that the owner is alive; False when the lock is not ours any more. Call it as often as you like."""
        if self._mine is None or owner_token(self.path) != self._mine.token:
            return False
        if time.monotonic() - self._refreshed >= REFRESH:
            self._refreshed = time.monotonic()
            touch(self.path, self._mine.token)
        return True

    def release(self) -> None:
        """Give the lock back, if it is held. Safe to call twice, and when the folder is gone."""
        with contextlib.suppress(OSError):
            if self._mine is not None and owner_token(self.path) == self._mine.token:
                self.path.unlink()
        self._mine = None

    def _try(self) -> bool:
        mine = Owner.here()
        self.taken_over, self.gone_pid = False, 0
        try:
            _create(self.path, mine)
        except FileExistsError:
            found = _read(self.path)
            if not _is_gone(self.path, found, STALE) or not self._take_over(found, mine):
                return False
            self.taken_over, self.gone_pid = True, found.pid if found is not None else 0
        self._mine = mine
        self._refreshed = time.monotonic()
        return True

    def _take_over(self, stale: Owner | None, mine: Owner) -> bool:
        """Put our file in the place of a stale one. Only who holds the guard may, so that there is one winner."""
        guard = self.path.with_name(self.path.name + ".guard")
        try:
            _create(guard, mine)
        except FileExistsError:
            # Its owner holds it for some milliseconds, unless it was killed within them.
            left = _read(guard)
            if _is_gone(guard, left, GUARD_STALE):
                guard.unlink(missing_ok=True)
            return False
        try:
            if not self.path.exists() or _read(self.path) != stale:
                return False
            part = self.path.with_name(f".{self.path.name}.{mine.token}.part")
            _create(part, mine)
            part.replace(self.path)
            return True
        finally:
            if owner_token(guard) == mine.token:
                guard.unlink(missing_ok=True)

    def _busy(self) -> DatasetError:
        owner = _read(self.path)
        if owner is None:
            whose = "Another job, which does not say whose it is,"
        elif owner.machine == machine() and owner.pid == os.getpid():
            whose = (
                f"Another job of this program (process {owner.pid} on '{owner.host}', since {owner.since})"
            )
        else:
            whose = f"Process {owner.pid} on '{owner.host}', since {owner.since},"
        return DatasetError(
            "dataset.busy",
            f"{whose} is working on '{self.path.parent}'.",
            "Wait for it or end it; if it is gone without a trace (another machine's), go on in "
            f"{STALE / 60:g} minutes, or delete '{self.path.name}' there.",
        )


def owner_token(path: Path) -> str:
    """Return the token of whoever holds the lock at ``path``, empty when nobody does."""
    owner = _read(path)
    return owner.token if owner is not None else ""


def touch(path: Path, token: str) -> bool:
    """Refresh the lock at ``path`` if it is the taking ``token``; tell whether it was."""
    if not token or owner_token(path) != token:
        return False
    with contextlib.suppress(OSError):
        os.utime(path)  # to the file system's own now
    return True


def _create(path: Path, owner: Owner) -> None:
    with path.open("xb") as file:
        try:
            file.write(json.dumps(to_json(owner)).encode() + b"\n")
            file.flush()
        except OSError:
            path.unlink(missing_ok=True)
            raise


def _read(path: Path) -> Owner | None:
    """Return the owner; None when the file is gone, not written yet, or spoilt."""
    try:
        return from_json(Owner, parse_json(path.read_text(encoding="utf-8"), path.name), path.name)
    except (OSError, UnicodeDecodeError, SpecError):
        return None


def _is_gone(path: Path, owner: Owner | None, stale: float) -> bool:
    if owner is not None and owner.machine == machine():
        started = start_of(owner.pid)
        if started is None or (started and owner.started and started != owner.started):
            return True
        if started:
            return False
    return _age(path) > stale


def _age(path: Path) -> float:
    """Return how many seconds ago a file was touched, by the clock of the file system that holds it."""
    probe = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        probe.touch()
        return probe.stat().st_mtime - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
    finally:
        probe.unlink(missing_ok=True)
