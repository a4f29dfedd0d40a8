# SPDX-License-Identifier: GPL-3.0-or-later
"""How well COCO annotations match masks that are known: each true mask with at most one annotation of its category.

Pairs are made from the best intersection over union down, so that an annotation which covers three copies counts for
one of them at most. No bpy here.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pycocotools import mask as coco
from pycocotools.coco import COCO


@dataclass(frozen=True)
class Score:
    """How the true masks of one group fared."""

    instances: int
    exact: int
    missing: int
    mean_iou: float


def pair(overlaps: np.ndarray) -> np.ndarray:
    """Return the overlap of each row's partner, 0 where it has none.

    Args:
        overlaps: (truths, found) intersection over union; 0 where the two may not be partners.
    """
    best = np.zeros(len(overlaps))
    if not overlaps.size:
        return best
    taken: set[int] = set()
    order = np.argsort(-overlaps, axis=None, kind="stable")
    for row, column in zip(*np.unravel_index(order, overlaps.shape), strict=True):
        if overlaps[row, column] <= 0.0:
            break
        if best[row] == 0.0 and int(column) not in taken:
            best[row] = overlaps[row, column]
            taken.add(int(column))
    return best


def score(
    truth: Mapping[str, Any], found: Sequence[tuple[str, Mapping[str, Any]]]
) -> tuple[dict[str, Score], int]:
    """Return the score of each group of the truth, and how many annotations belong to nothing.

    Args:
        truth: what ``truth.py`` writes.
        found: category and run lengths of each annotation.
    """
    size = truth["size"][::-1]
    known = truth["instances"]
    masks = [{"size": size, "counts": item["counts"].encode()} for item in known]
    overlaps = np.asarray(coco.iou([runs for _, runs in found], masks, [0] * len(masks)) if found else [])
    overlaps = overlaps.T.reshape(len(known), len(found)).copy()
    for row, item in enumerate(known):
        for column, (category, _) in enumerate(found):
            overlaps[row, column] *= category == item["category"]
    best = pair(overlaps)
    groups: dict[str, Score] = {}
    for group in dict.fromkeys(item["group"] for item in known):
        mine = best[[item["group"] == group for item in known]]
        groups[group] = Score(
            len(mine), int((mine == 1.0).sum()), int((mine == 0.0).sum()), float(mine.mean())
        )
    groups["all"] = Score(len(best), int((best == 1.0).sum()), int((best == 0.0).sum()), float(best.mean()))
    return groups, len(found) - int((best > 0.0).sum())


def annotations(file: Path, names: Mapping[int, str] | None) -> list[tuple[str, Mapping[str, Any]]]:
    """Read a COCO file with pycocotools; ``names`` says what its category ids mean, by default its own list does."""
    read = COCO(str(file))
    of = names or {number: category["name"] for number, category in read.cats.items()}
    return [(of[item["category_id"]], read.annToRLE(item)) for item in read.anns.values()]


def main() -> None:
    """Score every file of the request on stdin; print JSON as the last line."""
    asked = json.load(sys.stdin)
    truth = json.loads(Path(asked["truth"]).read_text(encoding="utf-8"))
    numbered = {number: name for name, number in truth["categories"].items()}
    results = {}
    for side, files in asked["files"].items():
        found = [
            item
            for file in files
            for item in annotations(Path(file), numbered if side == "blenderproc" else None)
        ]
        groups, extra = score(truth, found)
        results[side] = {"groups": {name: asdict(value) for name, value in groups.items()}, "extra": extra}
    print(json.dumps(results))


if __name__ == "__main__":
    main()
