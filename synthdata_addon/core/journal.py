# SPDX-License-Identifier: GPL-3.0-or-later
"""Append-only JSON lines: one durable line a finished thing, tolerant of a line torn by a crash."""

from __future__ import annotations

import logging
import math
import os
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, TypeVar

from .errors import SpecError
from .json_line import from_line, json_line

log = logging.getLogger(__name__)
T = TypeVar("T")


class Journal:
    """One journal file.

    When :meth:`append` returns, a line survives whatever happens to this process. It survives a power cut too (fsync),
    but for lines that follow less than ``sync_every`` seconds on one that does: a disk takes long for each, and what
    such a line tells of can be made again.
    """

    def __init__(self, path: Path, sync_every: float = 0.0) -> None:
        self.path = path
        self._sync_every = sync_every
        self._synced = -math.inf
        self._mended = False

    def append(self, record: Any) -> int:
        """Write one record (a dataclass or plain JSON values) as a line; return where the line begins."""
        if not self._mended:
            self._drop_torn_line()
        line = json_line(record)
        self._mended = False  # a full disk may take half of the line, which the next must not join
        with self.path.open("ab") as file:
            offset = file.tell()
            file.write(line.encode() + b"\n")
            file.flush()
            self._mended = True
            if time.monotonic() - self._synced >= self._sync_every:
                os.fsync(file.fileno())
                self._synced = time.monotonic()
        return offset

    def sync(self) -> None:
        """Have every line so far on disk."""
        if self._sync_every and self.path.exists():
            with self.path.open("ab") as file:
                os.fsync(file.fileno())

    def read(self, cls: type[T]) -> Iterator[T]:
        """Yield every whole record in order; a torn last line is left out, a spoilt one is logged and left out."""
        for _, record in self.entries(cls):
            yield record

    def entries(self, cls: type[T], drop: Collection[str] = (), start: int = 0) -> Iterator[tuple[int, T]]:
        """Yield as :meth:`read`, each record with its offset for :meth:`at`, from the line at offset ``start`` on.

        Keys in ``drop`` are left at their defaults unread, which makes an index of long lines several times faster.
        """
        if not self.path.exists():
            return
        offset = start
        with self.path.open("rb") as file:
            file.seek(start)
            for number, line in enumerate(file, start=1):
                if not line.endswith(b"\n"):
                    return
                try:
                    yield offset, from_line(cls, line, self.path.name, drop)
                except (SpecError, UnicodeDecodeError) as error:
                    log.warning("%s line %d is unreadable and is left out: %s", self.path.name, number, error)
                offset += len(line)

    def at(self, cls: type[T], offset: int, drop: Collection[str] = ()) -> T:
        """Return the record whose line begins at ``offset``, so that a caller need not keep all of them in memory."""
        with self.path.open("rb") as file:
            file.seek(offset)
            return from_line(cls, file.readline(), self.path.name, drop)

    def _drop_torn_line(self) -> None:
        """Cut what follows the last newline, so that a new line never joins a torn one."""
        self._mended = True
        if not self.path.exists():
            return
        with self.path.open("r+b") as file:
            size = file.seek(0, os.SEEK_END)
            end = _last_newline(file, size)
            if end != size:
                log.warning(
                    "%s ended in the middle of a line; %d bytes are dropped.", self.path.name, size - end
                )
                file.truncate(end)


def _last_newline(file: Any, size: int) -> int:
    """Return the offset just after the last newline, reading blocks from the end."""
    block, end = 1 << 16, size
    while end > 0:
        start = max(0, end - block)
        file.seek(start)
        found = file.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + int(found) + 1
        end = start
    return 0
