# SPDX-License-Identifier: GPL-3.0-or-later
"""Streams the journals into COCO annotation files. Memory holds one view's annotations at a time, whatever the size."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any, Final

from ..core.decode import to_json
from ..core.journal import Journal
from ..core.layout import DatasetFolder, replacing
from ..core.records import AnnotationRecord, JobRecord, LabelRecord, SampleRecord

SPLITS: Final = ("train", "val")


@dataclass(frozen=True)
class Picture:
    """One picture of a view: its file, relative to the dataset, and its style ("" for a render or control image)."""

    file: str
    style: str
    number: int
    prompt: str = ""
    seed: str = ""


@dataclass(frozen=True)
class LabelledView:
    """What is kept in memory of a labelled view; ``offset`` finds the rest in ``labels.jsonl``."""

    view: int
    split: str
    width: int
    height: int
    offset: int
    pictures: tuple[Picture, ...]


def labelled_views(folder: DatasetFolder, job: JobRecord) -> list[LabelledView]:
    """Index the journals: every labelled view by number, each with its pictures in the job's order of styles.

    A view without samples has one picture all the same: its render, or else its depth control image, so that labels
    are complete before (or without) diffusion. Of several lines of one view or sample the last one counts.
    """
    labels: dict[int, tuple[int, LabelRecord]] = {}
    for offset, record in Journal(folder.labels_journal).entries(LabelRecord, drop=("annotations",)):
        if record.skipped:
            # A later failure takes nothing away from what an earlier run has labelled.
            continue
        labels[record.view] = (offset, record)
    pictures = _sample_pictures(folder, job)
    return [
        LabelledView(
            view=view,
            split=record.split,
            width=record.width,
            height=record.height,
            offset=offset,
            pictures=pictures.get(view) or (Picture(record.render_file or record.depth_file, "", 0),),
        )
        for view, (offset, record) in sorted(labels.items())
    ]


def write_annotations(folder: DatasetFolder, job: JobRecord, views: Iterable[LabelledView]) -> Counter[int]:
    """Write ``instances_train.json`` and ``instances_val.json``; both always, empty ones included.

    Equal journals give equal bytes. Image ids come from the view and the style, so that they are the same in a longer
    job and never shared between the splits.

    Returns:
        The number of annotations in both files, by category id.
    """
    chosen = list(views)
    journal = Journal(folder.labels_journal)
    count: Counter[int] = Counter()
    for split in SPLITS:
        part = [view for view in chosen if view.split == split]
        with (
            replacing(folder.annotations(split)) as path,
            path.open("w", encoding="utf-8", newline="\n") as file,
        ):
            _write_split(file, job, part, journal, count)
    return count


def _write_split(
    file: IO[str], job: JobRecord, views: list[LabelledView], journal: Journal, count: Counter[int]
) -> None:
    file.write('{\n"info": ' + _line(_info(job)) + ',\n"licenses": [],\n"images": ')
    _write_list(file, (image for view in views for image in _images(job, view)))
    file.write(',\n"annotations": ')
    _write_list(file, _annotations(job, views, journal, count))
    file.write(',\n"categories": ')
    _write_list(file, (to_json(category) for category in job.categories))
    file.write("\n}\n")


def _info(job: JobRecord) -> dict[str, Any]:
    return {
        "description": f"SynthData dataset of {job.scene_file or 'a scene'}",
        "url": "",
        "version": str(job.software.get("synthdata", "")),
        "year": int(job.created[:4]) if job.created[:4].isdigit() else 0,
        "contributor": "",
        "date_created": job.created,
        # A text, because JSON readers round whole numbers above 2**53.
        "seed": str(job.job.seed),
    }


def _images(job: JobRecord, view: LabelledView) -> Iterator[dict[str, Any]]:
    for picture in view.pictures:
        yield {
            "id": image_id(job, view.view, picture),
            "file_name": picture.file,
            "width": view.width,
            "height": view.height,
            "view": view.view,
            "style": picture.style,
        }


def _annotations(
    job: JobRecord, views: list[LabelledView], journal: Journal, count: Counter[int]
) -> Iterator[dict[str, Any]]:
    number = 0
    for view in views:
        annotations = journal.at(LabelRecord, view.offset).annotations
        for picture in view.pictures:
            image = image_id(job, view.view, picture)
            for annotation in annotations:
                number += 1
                count[annotation.category_id] += 1
                yield _annotation(number, image, view, annotation)


def _annotation(number: int, image: int, view: LabelledView, annotation: AnnotationRecord) -> dict[str, Any]:
    return {
        # COCO's evaluation takes annotation id 0 for "no match": ids start at 1.
        "id": number,
        "image_id": image,
        "category_id": annotation.category_id,
        "segmentation": {"size": [view.height, view.width], "counts": annotation.counts},
        # The number of mask pixels, not of the box's.
        "area": annotation.area,
        "bbox": list(annotation.bbox),
        # 1 would mean "a crowd, do not score", whatever the encoding of the mask.
        "iscrowd": 0,
        "instance_id": annotation.instance_id,
    }


def image_id(job: JobRecord, view: int, picture: Picture) -> int:
    """Return the COCO image id of a picture, from 1."""
    return view * max(1, len(job.job.styles)) + picture.number + 1


def _sample_pictures(folder: DatasetFolder, job: JobRecord) -> dict[int, tuple[Picture, ...]]:
    numbers = {style.name: number for number, style in enumerate(job.job.styles)}
    found: dict[int, dict[int, Picture]] = {}
    for sample in Journal(folder.samples_journal).read(SampleRecord):
        number = numbers.get(sample.style)
        if number is None or sample.skipped:
            continue
        picture = Picture(sample.picture, sample.style, number, sample.prompt, sample.seed)
        found.setdefault(sample.view, {})[number] = picture
    return {view: tuple(item for _, item in sorted(styles.items())) for view, styles in found.items()}


def _write_list(file: IO[str], items: Iterable[Any]) -> None:
    """Write a JSON list, one item a line."""
    opening = "[\n"
    for item in items:
        file.write(opening + _line(item))
        opening = ",\n"
    file.write("[]" if opening == "[\n" else "\n]")


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "), allow_nan=False)
