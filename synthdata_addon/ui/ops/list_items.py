# SPDX-License-Identifier: GPL-3.0-or-later
"""What the panel's lists have in common: a name that is free, and which item is active when one goes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def free_name(word: str, items: Iterable[Any]) -> str:
    """Return the first of "word 1", "word 2" ... that no item has."""
    taken = {item.name for item in items}
    return next(f"{word} {i}" for i in range(1, len(taken) + 2) if f"{word} {i}" not in taken)


def remove_active(group: Any, items: str, active: str) -> None:
    """Remove the active item of a list; the one that takes its place becomes active, or else the last.

    Args:
        group: the property group that holds the list and the number of its active item.
        items: name of the list.
        active: name of the number.
    """
    found = getattr(group, items)
    found.remove(getattr(group, active))
    setattr(group, active, max(0, min(getattr(group, active), len(found) - 1)))
