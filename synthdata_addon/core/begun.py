# SPDX-License-Identifier: GPL-3.0-or-later
"""A note of what is being worked on, so that something that brings the whole process down is not tried for ever."""

from __future__ import annotations

import contextlib
import json
from io import FileIO
from pathlib import Path
from typing import Final

MAX_DEATHS: Final = 3
"""So many runs in a row may end in the same piece of work; fewer would take two unlucky kills for its fault."""


class Begun:
    """A file that is there while a piece of work is in hand: which one, and how many runs began it before.

    It is not synced: only a process that dies matters, not a machine that does.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._before = _read(path)
        self._file: FileIO | None = None

    def deaths(self, piece: int) -> int:
        """Return how many runs in a row, before this one, ended while they worked on ``piece``."""
        before, deaths = self._before
        return deaths if piece == before else 0

    def begin(self, piece: int) -> None:
        """Note that work on ``piece`` begins, or goes on after something else.

        Raises:
            OSError: the note cannot be written.
        """
        if self._file is None:
            self._file = self._path.open("wb", buffering=0)
        # In place and of one width: a new file for each piece would cost more than a small render's share.
        self._file.seek(0)
        self._file.write(b"[%8d,%8d]" % (piece, self.deaths(piece) + 1))

    def end(self) -> None:
        """Note that nothing that this run began is in hand any more. Safe to call twice."""
        if self._file is not None:
            self._file.close()
            self._before, self._file = (-1, 0), None
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)


def _read(path: Path) -> tuple[int, int]:
    try:
        piece, deaths = json.loads(path.read_bytes())
        return int(piece), int(deaths)
    except (OSError, ValueError, TypeError):
        return -1, 0
