# SPDX-License-Identifier: GPL-3.0-or-later
"""The statistics of a finished dataset, counted from its journals line by line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..core.layout import DatasetFolder
from ..core.statistics import Statistics
from ..labels.coco import LabelledView, rendered


def dataset_statistics(folder: DatasetFolder, views: Sequence[LabelledView]) -> Statistics:
    """Count what the labelled views of a dataset hold."""
    statistics = Statistics()
    # Not as records: of long lines a few numbers are wanted, and whoever reads them whole has checked them.
    for view, label in zip(
        views, _lines(folder.labels_journal, [view.offset for view in views]), strict=True
    ):
        things = label.get("annotations", ())
        statistics.add_things([item["category_id"] for item in things], [item["area"] for item in things])
        statistics.add_boxes([item["bbox"] for item in things], (view.width, view.height))
        for item in things:
            if item.get("visible_fraction") is not None:
                statistics.add_visible(item["visible_fraction"])
    for view in views:
        record = rendered(folder, view, drop=("instances", "variation"))
        if record is not None and record.camera is not None:
            eye = [row[3] for row in record.camera.cam_to_world[:3]]
            statistics.add_view(eye, record.aim or None)
    return statistics


def _lines(path: Path, offsets: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects of the lines at these offsets."""
    if not offsets:
        return
    with path.open("rb") as file:
        for offset in offsets:
            file.seek(offset)
            yield json.loads(file.readline())
