# SPDX-License-Identifier: GPL-3.0-or-later
"""Joins the journals of many datasets of one job into one, in the order of the views. Memory: a few bytes a line.

Lines are copied as they are; what is kept of each is where it lies: a million of them take some dozen megabytes.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from ..core.errors import DatasetError
from ..core.layout import replacing

log = logging.getLogger(__name__)
CHUNK: Final = 64 << 20
"""Bytes of lines that are held at once; each shard is opened once for so many."""
ROW: Final = np.dtype([("source", "i4"), ("length", "i4"), ("offset", "i8"), ("skipped", "?")])
Record = dict[str, Any]
Key = Callable[[Record], int | None]


class JoinedJournal:
    """Where the line of each key is, over one journal of several datasets.

    Of several lines of one key in one dataset the last one counts, but a later failure takes nothing away from what an
    earlier run has made. Lines of one key in two datasets must say the same, but for the time taken, unless one of them
    is a failure.
    """

    def __init__(self, paths: Sequence[Path], size: int, key: Key, older: int = 0) -> None:
        """Read the journals, one after the other.

        Args:
            paths: the journal in each dataset; it need not be there.
            size: keys are 0 .. ``size`` - 1.
            key: tells the key of a parsed line, None for one that is to be left out.
            older: so many datasets at the front give way to the others where these say something else.

        Raises:
            DatasetError: ``dataset.overlap``: two datasets say different things of one key.
        """
        self._paths = paths
        self._older = older
        self._rows = np.zeros(size, ROW)
        self._rows["source"] = -1
        for source in range(len(paths)):
            self._add(source, size, key)

    @property
    def there(self) -> NDArray[np.bool_]:
        """(size,) whether there is a line, of a failure or not."""
        found: NDArray[np.bool_] = self._rows["source"] >= 0
        return found

    @property
    def made(self) -> NDArray[np.bool_]:
        """(size,) whether there is a line that is not of a failure."""
        found: NDArray[np.bool_] = self.there & ~self._rows["skipped"]
        return found

    def write(self, target: Path, among: NDArray[np.int64] | None = None) -> int:
        """Write the lines in the order of their keys, all or those ``among`` some; replaces the file whole.

        Return their number; without any, none is written.
        """
        keys = np.flatnonzero(self.there) if among is None else among[self.there[among]]
        if not len(keys):
            return 0
        with replacing(target) as part, part.open("wb") as file:
            ends = np.cumsum(self._rows["length"][keys], dtype=np.int64)
            for number in range(int(ends[-1]) // CHUNK + 1):
                first, last = np.searchsorted(ends, [number * CHUNK, (number + 1) * CHUNK], side="left")
                self._write_some(file, keys[first:last])
        return len(keys)

    def _write_some(self, file: BinaryIO, keys: NDArray[np.int64]) -> None:
        """Write the lines of a few keys: each dataset is opened once, and read from front to back."""
        rows = self._rows[keys]
        lines: dict[int, bytes] = {}
        order = np.lexsort((rows["offset"], rows["source"]))
        opened, source = None, -1
        try:
            for place in order.tolist():
                if rows["source"][place] != source:
                    if opened is not None:
                        opened.close()
                    source = int(rows["source"][place])
                    opened = self._paths[source].open("rb")
                assert opened is not None
                opened.seek(int(rows["offset"][place]))
                lines[place] = opened.read(int(rows["length"][place]))
        finally:
            if opened is not None:
                opened.close()
        file.writelines(lines[place] for place in range(len(keys)))

    def _add(self, source: int, size: int, key: Key) -> None:
        found: dict[int, tuple[int, int, bool]] = {}
        for offset, line, record in _lines(self._paths[source]):
            number = key(record)
            if number is None or not 0 <= number < size:
                continue
            skipped = bool(record.get("skipped"))
            if not skipped or number not in found or found[number][2]:
                found[number] = offset, len(line), skipped
        for number, (offset, length, skipped) in found.items():
            row = self._rows[number]
            if row["source"] >= 0:
                # What one dataset has made, another one's failure does not take away.
                if skipped:
                    continue
                if not row["skipped"] and row["source"] >= self._older:
                    self._check_same(number, source, offset, length)
                    continue
            self._rows[number] = (source, length, offset, skipped)

    def _check_same(self, number: int, source: int, offset: int, length: int) -> None:
        row = self._rows[number]
        one = _line_at(self._paths[row["source"]], int(row["offset"]), int(row["length"]))
        other = _line_at(self._paths[source], offset, length)
        if one == other:
            return
        first, second = (json.loads(line) for line in (one, other))
        names = [name for name in sorted(first.keys() | second.keys()) if first.get(name) != second.get(name)]
        names = [name for name in names if name != "seconds"]
        if names:
            what = first.get("sample") or f"view {first.get('view')}"
            raise DatasetError(
                "dataset.overlap",
                f"'{self._paths[row['source']]}' and '{self._paths[source]}' both have {what}, with another "
                f"{', '.join(names)}.",
                "Leave one of the two folders out, or make the shard again.",
            )


def _lines(path: Path) -> Iterator[tuple[int, bytes, Record]]:
    """Yield offset, bytes and values of every whole line; a torn last line is left out, a spoilt one is logged."""
    if not path.exists():
        return
    offset = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                return
            try:
                record = json.loads(line)
            except ValueError as error:
                log.warning("%s line %d is unreadable and is left out: %s", path, number, error)
            else:
                if isinstance(record, dict):
                    yield offset, line, record
            offset += len(line)


def _line_at(path: Path, offset: int, length: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(length)
