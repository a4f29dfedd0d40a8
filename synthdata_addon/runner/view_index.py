# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds a view's line in a journal that grows while it is read."""

from __future__ import annotations

from typing import Generic, TypeVar

from ..core.journal import Journal
from ..core.records import LabelRecord, ViewRecord

Record = TypeVar("Record", LabelRecord, ViewRecord)


class ViewIndex(Generic[Record]):
    """Where each view's last line is; the journal is read on from where it ended, never anew."""

    def __init__(self, journal: Journal, cls: type[Record]) -> None:
        self._journal = journal
        self._cls: type[Record] = cls
        self._offsets: dict[int, int] = {}
        self._read = 0

    def record(self, view: int, drop: tuple[str, ...] = ()) -> Record:
        """Return the record of a view that was not skipped, without the fields in ``drop``.

        Raises:
            KeyError: there is none.
        """
        if view not in self._offsets:
            self._go_on()
        return self._journal.at(self._cls, self._offsets[view], drop)

    def _go_on(self) -> None:
        drop = ("annotations", "instances", "camera")
        for offset, record in self._journal.entries(self._cls, drop, self._read):
            self._read = offset  # that line is read again: where it ends is not known
            if not record.skipped:
                self._offsets[record.view] = offset
