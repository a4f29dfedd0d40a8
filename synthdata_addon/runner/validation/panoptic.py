# SPDX-License-Identifier: GPL-3.0-or-later
"""COCO panoptic: every segment that the file names against its pixels in the picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core import layout
from ...core.layout import DatasetFolder
from ...core.records import JobRecord
from ...labels.coco import LabelledView
from .coco import LISTS, files_beside
from .findings import Findings
from .pictures import read_picture


def check_panoptic(
    folder: DatasetFolder, job: JobRecord, views: Sequence[LabelledView], findings: Findings
) -> None:
    """Check the panoptic files of both splits."""
    for split, name, data in files_beside(folder.panoptic, LISTS, job, views, findings):
        wanted = [(item.get("id"), item.get("name")) for item in data["categories"]]
        if wanted != [(category.id, category.name) for category in job.categories]:
            findings.add("panoptic.categories", name, "The categories are not those of the job.")
        if {item.get("image_id") for item in data["annotations"]} != {
            item.get("id") for item in data["images"]
        }:
            findings.add("panoptic.segments", name, "Not every image has its segments.")
        entries: dict[str, list[Any]] = {}
        for item in data["annotations"]:
            entries.setdefault(str(item.get("file_name")), []).append(item.get("segments_info"))
        for view in views:
            if view.split == split:
                _check_view(folder, view, entries, job, findings)


def _check_view(
    folder: DatasetFolder,
    view: LabelledView,
    entries: dict[str, list[Any]],
    job: JobRecord,
    findings: Findings,
) -> None:
    """Check what all pictures of a view say of its one panoptic picture."""
    file = layout.panoptic_file(view.split, view.view)
    pixels = read_picture(folder, file, (view.height, view.width), findings)
    if pixels is None:
        return
    # An id is R + 256 G + 256² B.
    ids = pixels[..., :3].astype(np.int64) @ np.array([1, 256, 65536]) if pixels.ndim == 3 else pixels
    found = segments_of(ids)
    known = {category.id for category in job.categories}
    for segments in entries.get(file.rpartition("/")[2], []):
        items = [item for item in segments if isinstance(item, dict)] if isinstance(segments, list) else []
        said = [(item.get("id"), item.get("area"), item.get("bbox")) for item in items]
        wrong = [segment for segment in found if segment not in said]
        if wrong or len(said) != len(found):
            sentence = f"It has {len(found)} segments, of which the panoptic file has {len(found) - len(wrong)} right."
            findings.add("panoptic.segments", file, sentence)
        strange = [item.get("category_id") for item in items if item.get("category_id") not in known]
        if strange:
            findings.add(
                "panoptic.categories", file, f"A segment has the category {strange[0]}, which is unknown."
            )


def segments_of(ids: NDArray[np.int64]) -> list[tuple[int, int, list[int]]]:
    """Return id, area and box [x, y, width, height] of every id above 0 of an (H, W) map."""
    y, x = np.nonzero(ids)
    numbers, which, areas = np.unique(ids[y, x], return_inverse=True, return_counts=True)
    low = np.full((2, numbers.size), max(ids.shape), np.int64)
    high = np.zeros((2, numbers.size), np.int64)
    for axis, place in enumerate((x, y)):
        np.minimum.at(low[axis], which, place)
        np.maximum.at(high[axis], which, place)
    boxes = np.concatenate([low, high - low + 1]).T.tolist()
    return list(zip(numbers.tolist(), areas.tolist(), boxes, strict=True))
