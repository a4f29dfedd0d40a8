# SPDX-License-Identifier: GPL-3.0-or-later
"""The gallery: one HTML file that opens from disk and shows the dataset's pictures with boxes and masks over them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from ..core import layout
from ..core.journal import Journal
from ..core.layout import DatasetFolder, replacing
from ..core.plots import STYLE, plots
from ..core.records import JobRecord, LabelRecord
from ..labels.coco import LabelledView
from .statistics import dataset_statistics

TEMPLATE: Final = Path(__file__).with_name("gallery.html")
DATA_MARK: Final = "/*DATA*/null"
STYLE_MARK: Final = "/*STYLE*/"
STATISTICS_MARK: Final = "<!--STATISTICS-->"
MAX_VIEWS: Final = 400
"""A page with more views takes a browser too long to open; of a bigger dataset it shows views spread evenly."""


def write_gallery(folder: DatasetFolder, job: JobRecord, views: Sequence[LabelledView]) -> None:
    """Write ``index.html``. It names the pictures by relative paths and holds everything else itself."""
    before, after = _with_statistics(folder, job, views).split(DATA_MARK)
    with replacing(folder.gallery) as path, path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(before)
        file.write('{"job":' + _script(_about(job, len(views))) + ',"views":[')
        for number, view in enumerate(_views(folder, _spread(views))):
            file.write((",\n" if number else "\n") + _script(view))
        file.write("]}")
        file.write(after)


def _with_statistics(folder: DatasetFolder, job: JobRecord, views: Sequence[LabelledView]) -> str:
    """Return the page with the plots of the whole dataset in it, whatever it shows of the pictures."""
    categories = {item.id: item.name for item in job.categories}
    drawn = plots(dataset_statistics(folder, views), categories).replace(DATA_MARK, "")
    page = TEMPLATE.read_text(encoding="utf-8")
    return page.replace(STYLE_MARK, STYLE).replace(STATISTICS_MARK, drawn)


def _about(job: JobRecord, views: int) -> dict[str, Any]:
    return {
        "scene": job.scene_file,
        "created": job.created,
        "seed": str(job.job.seed),
        "views": views,
        "categories": {str(item.id): item.name for item in job.categories},
        "styles": [style.name for style in job.job.styles],
    }


def _views(folder: DatasetFolder, views: Sequence[LabelledView]) -> Iterator[dict[str, Any]]:
    journal = Journal(folder.labels_journal)
    for view in views:
        record = journal.at(LabelRecord, view.offset)
        yield {
            "view": view.view,
            "split": view.split,
            "size": [view.width, view.height],
            "beside": {
                "depth": layout.control_file("depth", view.view),
                "normal": layout.control_file("normal", view.view),
                **{file.split("/")[1]: file for file in record.control_files},
                **({"render": record.render_file} if record.render_file else {}),
            },
            "pictures": [
                {
                    "file": item.file,
                    "style": item.style,
                    "prompt": item.prompt,
                    "seed": item.seed,
                    **({} if item.fidelity is None else {"fidelity": item.fidelity}),
                }
                for item in view.pictures
            ],
            "things": [[item.category_id, *item.bbox, item.counts] for item in record.annotations],
        }


def _spread(views: Sequence[LabelledView]) -> Sequence[LabelledView]:
    if len(views) <= MAX_VIEWS:
        return views
    return [views[number * len(views) // MAX_VIEWS] for number in range(MAX_VIEWS)]


def _script(value: Any) -> str:
    """Return JSON that is safe inside a script element, whatever names and prompts hold."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
