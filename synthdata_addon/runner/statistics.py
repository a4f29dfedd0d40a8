# SPDX-License-Identifier: GPL-3.0-or-later
"""The statistics of a finished dataset, counted from its journals line by line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..core.layout import DatasetFolder
from ..core.statistics import Statistics
from ..labels.coco import LabelledView


def dataset_statistics(folder: DatasetFolder, views: Sequence[LabelledView]) -> Statistics:
    """Count what the labelled views of a dataset hold."""
    statistics = Statistics()
    # Not as records: of long lines a few numbers are wanted, and whoever reads them whole has checked them.
    for view, label in zip(
        views, _lines(folder.labels_journal, [view.offset for view in views]), strict=True
    ):
        for item in label.get("annotations", ()):
            statistics.add_thing(item["category_id"], item["area"])
            statistics.add_box(item["bbox"], (view.width, view.height))
            if item.get("visible_fraction") is not None:
                statistics.add_visible(item["visible_fraction"])
    offsets = [view.view_offset for view in views if view.view_offset >= 0]
    for record in _lines(folder.views_journal, offsets):
        camera = record.get("camera")
        if camera:
            eye = [row[3] for row in camera["cam_to_world"][:3]]
            statistics.add_view(eye, record.get("aim") or None)
    return statistics


def _lines(path: Path, offsets: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects of the lines at these offsets."""
    if not offsets:
        return
    with path.open("rb") as file:
        for offset in offsets:
            file.seek(offset)
            yield json.loads(file.readline())
