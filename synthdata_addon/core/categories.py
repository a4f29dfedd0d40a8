# SPDX-License-Identifier: GPL-3.0-or-later
"""COCO categories of a dataset: names to ids from 1, in a fixed order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Category:
    """A COCO category; ``id`` starts at 1, as COCO's do, because 0 means background to many trainers."""

    id: int
    name: str
    supercategory: str = ""


def number_categories(names: Iterable[str]) -> tuple[Category, ...]:
    """Number the distinct names alphabetically from 1, so that equal scenes give equal ids."""
    return tuple(Category(id=i, name=name) for i, name in enumerate(sorted(set(names)), start=1))
