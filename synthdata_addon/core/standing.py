# SPDX-License-Identifier: GPL-3.0-or-later
"""Where labelled things stand as a job begins, in a few letters each, so that a resume sees a changed scene."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from .records import InstanceRecord, SeenInstance

PRECISION = 1e-5
"""Of the largest of a thing's numbers: half of the digits of Blender's 32 bits, so that nobody is told of rounding."""


def standing(instances: Sequence[InstanceRecord], seen: Iterable[SeenInstance]) -> tuple[str, ...]:
    """Return a mark of place, turn and size for each instance; "" for one that is not seen in the first frame.

    Marks of one machine and one Blender compare; what is moved there and back again is as it was.
    """
    marks = {item.id: _mark(item) for item in seen}
    return tuple(marks.get(item.id, "") for item in instances)


def moved(
    instances: Sequence[InstanceRecord], before: Sequence[str], now: Sequence[str], shown: int = 3
) -> list[str]:
    """Return what changed, as one or no sentence part; datasets of older versions have no marks and tell nothing."""
    if not before or len(before) != len(now):
        return []
    names = [item.name for item, old, new in zip(instances, before, now, strict=False) if old != new]
    if not names:
        return []
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ["place or size of " + ", ".join(f"'{name}'" for name in names[:shown]) + more + " in the scene"]


def _mark(item: SeenInstance) -> str:
    numbers = [value for row in item.matrix_world for value in row] + list(item.box)
    step = max((abs(value) for value in numbers), default=0.0) * PRECISION or 1.0
    text = " ".join(str(round(value / step)) for value in numbers)
    return hashlib.blake2s(text.encode(), digest_size=4).hexdigest()
