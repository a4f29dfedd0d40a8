# SPDX-License-Identifier: GPL-3.0-or-later
"""A part of a job's views that is made by itself, on any machine: shard 3 of 16. Which views those are, and where."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .errors import SpecError

FOLDER: Final = "shards"
"""Folder of a dataset that its shards lie in; each is a whole dataset of fewer views."""
PART: Final = "part.json"
"""File in a shard's folder: the numbers of its views, where it was handed out and has not those of :meth:`Shard.views`.
"""
MAX_COUNT: Final = 1_000_000
_NAME: Final = re.compile(r"(\d+)-of-(\d+)")


@dataclass(frozen=True)
class Shard:
    """Shard ``number`` (from 1) of ``count``."""

    number: int
    count: int

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    @property
    def name(self) -> str:
        """The name of its folder: ``03-of-16``."""
        width = max(2, len(str(self.count)))
        return f"{self.number:0{width}}-of-{self.count:0{width}}"

    def views(self, total: int, together: int = 1) -> Iterator[int]:
        """Yield the shard's views of a job of ``total``, in order.

        Blocks of views are dealt out in turn, not cut into ranges: neighbours of a sweep cost alike, so that shards
        end at about the same time, and a dataset that lacks one has no gap. ``together`` is how many views in a row
        share what is costly to set up (a placement of things); a block is as long, if there are enough for all.
        """
        block = max(1, min(together, total // self.count))
        for start in range((self.number - 1) * block, total, self.count * block):
            yield from range(start, min(start + block, total))


def deal(views: Iterable[int], total: int, count: int, together: int = 1) -> list[list[int]]:
    """Return the views of each of at most ``count`` shards, some of a job of ``total`` being left to make.

    They are dealt out as by :meth:`Shard.views`, which they are the same as when all are left. No shard is empty.
    """
    block = max(1, min(together, total // count))
    blocks: dict[int, list[int]] = {}
    for view in views:
        blocks.setdefault(view // block, []).append(view)
    parts: list[list[int]] = [[] for _ in range(min(count, len(blocks)))]
    for number, some in enumerate(blocks.values()):
        parts[number % len(parts)] += some
    return parts


def parse_shard(text: str) -> Shard:
    """Return the shard that is written ``3/16``.

    Raises:
        SpecError: ``spec.shard``.
    """
    number, slash, count = text.strip().partition("/")
    if not (slash and number.isascii() and number.isdigit() and count.isascii() and count.isdigit()):
        raise SpecError("spec.shard", f"'{text}' is no shard.", "Write the third of sixteen as 3/16.")
    if not 1 <= int(number) <= int(count) <= MAX_COUNT:
        raise SpecError(
            "spec.shard", f"There is no shard {number} of {count}.", f"Shards of {count} are 1 to {count}."
        )
    return Shard(int(number), int(count))


def shard_folder(dataset: Path, shard: Shard) -> Path:
    """Return where a shard of a dataset is made: ``shards/03-of-16`` in it."""
    return dataset / FOLDER / shard.name


def write_part(folder: Path, views: Iterable[int]) -> None:
    """Note the views of a shard in its folder."""
    (folder / PART).write_text(json.dumps(list(views)), encoding="utf-8")


def read_part(folder: Path) -> list[int] | None:
    """Return the views that a shard's folder names; None when it names none."""
    path = folder / PART
    return [int(view) for view in json.loads(path.read_text(encoding="utf-8"))] if path.exists() else None


def shard_of(folder: Path) -> Shard | None:
    """Return which shard a folder's name says it is; None for other names."""
    found = _NAME.fullmatch(folder.name)
    return Shard(int(found[1]), int(found[2])) if found and int(found[2]) else None


def missing_shards(folders: Collection[Path]) -> list[Shard]:
    """Return the shards that some folders lack, by their names; none if one of them has another kind of name."""
    found = [shard_of(folder) for folder in folders]
    there = {shard for shard in found if shard is not None}
    counts = {shard.count for shard in there}
    if None in found or len(counts) != 1:
        return []
    count = counts.pop()
    return [shard for number in range(1, count + 1) if (shard := Shard(number, count)) not in there]
