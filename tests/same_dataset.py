# SPDX-License-Identifier: GPL-3.0-or-later
"""What two datasets must have in common to be the same: every file, byte for byte, but for dates and times taken."""

from __future__ import annotations

import json
from pathlib import Path

JOURNALS = {"views.jsonl": "view", "labels.jsonl": "view", "samples.jsonl": "sample"}
NOT_COMPARED = {"runner.log", "blender.log"}
"""What was said while it was made. Files that only a running or killed job has (locks, parts) are compared."""


def essence(root: Path) -> dict[str, bytes]:
    """Return every file's content by its relative path.

    The date of the job becomes a constant wherever it is written. A journal becomes its last line of each view or
    sample in order, without ``seconds``: a view may have been made twice, in another order.
    """
    created = json.loads((root / "job.json").read_text(encoding="utf-8"))["created"]
    found = {}
    for path in root.rglob("*"):
        name = path.relative_to(root).as_posix()
        if not path.is_file() or name in NOT_COMPARED:
            continue
        data = path.read_bytes()
        if name in JOURNALS:
            data = _journal(data, JOURNALS[name])
        found[name] = data.replace(created.encode(), b"DATE")
    return found


def differing(one: Path, other: Path) -> list[str]:
    """Return the names of the files that differ or that only one of two datasets has."""
    a, b = essence(one), essence(other)
    return sorted(name for name in a.keys() | b.keys() if a.get(name) != b.get(name))


def _journal(data: bytes, key: str) -> bytes:
    last = {}
    for line in data.splitlines():
        record = json.loads(line)
        record.pop("seconds")
        last[record[key]] = record
    return json.dumps([last[which] for which in sorted(last)]).encode()
