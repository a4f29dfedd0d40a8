# SPDX-License-Identifier: GPL-3.0-or-later
"""COCO panoptic: a picture of segment ids for each view, and the file that names them.

By the rules of COCO's panoptic tools: an id is R + 256 G + 256² B, 0 is void, the pictures lie in a folder that is
called as the file is. Every segment is an instance, under its own id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from ..core import layout
from ..core.arrays import IdMap, RGBImage
from ..core.journal import Journal
from ..core.layout import DatasetFolder
from ..core.records import JobRecord, LabelRecord
from .coco import LabelledView, by_split, image_entries
from .coco_file import as_text, category_entry, write_file


def panoptic_picture(ids: IdMap) -> RGBImage:
    """Return (H, W, 3) uint8: each pixel's id in R (low byte) and G (high byte)."""
    picture = np.zeros((*ids.shape, 3), np.uint8)
    picture[..., 0], picture[..., 1] = ids & 0xFF, ids >> 8
    return picture


def write_panoptic(folder: DatasetFolder, job: JobRecord, views: Sequence[LabelledView]) -> None:
    """Write ``panoptic_train.json`` and ``panoptic_val.json``; pictures of one view share its segments."""
    for split, part in by_split(views):
        lists: dict[str, Iterable[str]] = {
            "images": (as_text(image) for view in part for image in image_entries(job, view)),
            "annotations": map(as_text, _annotations(folder, job, part)),
            "categories": (as_text(category_entry(category) | {"isthing": 1}) for category in job.categories),
        }
        write_file(folder.panoptic(split), job, lists)


def _annotations(
    folder: DatasetFolder, job: JobRecord, views: Iterable[LabelledView]
) -> Iterator[dict[str, Any]]:
    journal = Journal(folder.labels_journal)
    for view in views:
        segments = [
            {
                "id": record.instance_id,
                "category_id": record.category_id,
                "area": record.area,
                "bbox": list(record.bbox),
                "iscrowd": 0,
            }
            for record in journal.at(LabelRecord, view.offset).annotations
        ]
        file_name = layout.panoptic_file(view.split, view.view).rpartition("/")[2]
        for image, picture in zip(image_entries(job, view), view.pictures, strict=True):
            # The picture of segments is the whole view's: what is not annotated here is not to be scored.
            here = [item | {"iscrowd": int(item["id"] in picture.dropped)} for item in segments]
            yield {"image_id": image["id"], "file_name": file_name, "segments_info": here}
