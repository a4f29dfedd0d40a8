# SPDX-License-Identifier: GPL-3.0-or-later
"""The gallery: an HTML page that opens from disk and shows the dataset's pictures with their labels over them.

``index.html`` holds one row a view; thumbnails and the labels of views lie in a hidden folder beside it. Equal journals
and pictures give equal bytes. What is new is there before the page that names it, what is old goes after it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from ..core.categories import Category
from ..core.layout import DatasetFolder, gallery_folder, replacing
from ..core.plots import STYLE, plots
from ..core.records import JobRecord, LabelRecord, SampleRecord
from ..core.slots import slot_count
from ..labels.labelled import LabelledView, labelled_views
from .gallery_data import TOGETHER, GalleryData, script
from .statistics import dataset_statistics
from .thumbnails import SMALL, make_thumbnails, remove_others, thumbnail_file

PAGE: Final = Path(__file__).with_name("page")
SCRIPTS: Final = ("paint.js", "gallery.js", "large.js")
DATA_MARK: Final = "/*DATA*/"
STYLE_MARK: Final = "/*STYLE*/"
SCRIPT_MARK: Final = "/*SCRIPT*/"
STATISTICS_MARK: Final = "<!--STATISTICS-->"
MAX_VIEWS: Final = 20_000
"""A page of more takes a browser seconds to open; of a bigger dataset it shows views spread evenly."""


def write_gallery(
    folder: DatasetFolder, job: JobRecord, views: Sequence[LabelledView], *, thumbnails: bool = True
) -> None:
    """Write ``index.html`` and what belongs to it; the pictures themselves are named by relative paths.

    Without ``thumbnails`` these are somebody else's to make: the pictures are not in the folder.
    """
    shown = _spread(views)
    if thumbnails:
        make_thumbnails(folder, _thumbed(shown))
    before, after = _page(folder, job, views).split(DATA_MARK)
    data = GalleryData(folder)
    with replacing(folder.gallery) as path, path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(before + '{"views":[')
        file.writelines(
            (",\n" if number else "\n") + script(row) for number, row in enumerate(data.rows(shown))
        )
        file.write("],\n" + script(_about(job, data, len(views)))[1:] + after)
    data.remove_others()
    remove_others(folder, _thumbed(shown))


class EarlyThumbnails:
    """Makes thumbnails while a runner has nothing else to do; those that it does not come to are made at the end."""

    def __init__(self, folder: DatasetFolder, job: JobRecord) -> None:
        self._folder = folder
        self._has_styles = slot_count(job.job) > 0
        is_each_shown = job.views <= MAX_VIEWS
        self._are_needed = is_each_shown and max(job.job.width, job.job.height) > SMALL
        self._waiting: deque[str] = deque()

    def labelled(self, record: LabelRecord) -> None:
        """Note a view, which the gallery shows by its render or its depth where it has no other pictures."""
        if self._are_needed and not self._has_styles and not record.skipped:
            self._waiting.append(record.render_file or record.depth_file)

    def pictured(self, record: SampleRecord) -> None:
        """Note a picture."""
        if self._are_needed and not record.skipped and not record.rejected:
            self._waiting.append(record.picture)

    @property
    def are_waiting(self) -> bool:
        """Whether there is one to make."""
        return bool(self._waiting)

    def make_one(self) -> None:
        """Make the one that has waited longest."""
        make_thumbnails(self._folder, [self._waiting.popleft()])


def gallery_thumbnails(folder: DatasetFolder, job: JobRecord) -> set[str]:
    """Return the relative paths of the thumbnails that the gallery of a dataset shows."""
    return set(map(thumbnail_file, _thumbed(_spread(labelled_views(folder, job)))))


def _spread(views: Sequence[LabelledView]) -> Sequence[LabelledView]:
    if len(views) <= MAX_VIEWS:
        return views
    return [views[number * len(views) // MAX_VIEWS] for number in range(MAX_VIEWS)]


def _page(folder: DatasetFolder, job: JobRecord, views: Sequence[LabelledView]) -> str:
    """Return the page but for its data, with the plots of the whole dataset in it."""
    categories = {item.id: item.name for item in job.categories}
    drawn = (
        plots(dataset_statistics(folder, views), categories).replace(DATA_MARK, "").replace(SCRIPT_MARK, "")
    )
    code = "\n".join(_part(name) for name in SCRIPTS)
    page = _part("gallery.html").replace(STYLE_MARK, _part("gallery.css") + STYLE)
    page = page.replace(STATISTICS_MARK, drawn)
    return page.replace(SCRIPT_MARK, f'"use strict";\nconst data = {DATA_MARK};\n{code}')


def _part(name: str) -> str:
    return (PAGE / name).read_text(encoding="utf-8")


def _about(job: JobRecord, data: GalleryData, views: int) -> dict[str, Any]:
    """Return what the page knows beside the rows of its views."""
    return {
        "job": {
            "scene": job.scene_file,
            "created": job.created,
            "seed": str(job.job.seed),
            "views": views,
            "categories": {str(item.id): _category(item) for item in job.categories},
        },
        "styles": data.styles,
        "splits": data.splits,
        "kinds": data.kinds,
        "together": TOGETHER,
        "small": SMALL,
        "thumbnails": f"{gallery_folder()}/thumbs/",
        "files": data.files,
    }


def _category(item: Category) -> dict[str, Any]:
    if not item.keypoints:
        return {"name": item.name}
    return {"name": item.name, "keypoints": item.keypoints, "skeleton": item.skeleton}


def _thumbed(views: Iterable[LabelledView]) -> Iterator[str]:
    """Yield the pictures that are too large to be shown as they are in a page of many."""
    for view in views:
        if max(view.width, view.height) > SMALL:
            yield from (picture.file for picture in view.pictures)
