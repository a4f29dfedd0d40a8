# SPDX-License-Identifier: GPL-3.0-or-later
"""Streams the journals into COCO annotation files. Memory holds one view's annotations at a time, whatever the size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from ..core.decode import to_json
from ..core.journal import Journal
from ..core.layout import DatasetFolder
from ..core.records import CameraRecord, InstanceFidelity, JobRecord, LabelRecord, ViewRecord
from ..core.slots import slot_count
from .coco_file import as_text, category_entry, has_license, write_file
from .entries import EntryMaker, EntryStore
from .labelled import SPLITS, LabelledView, Picture, by_split, labelled_views, sample_of

__all__ = [
    "SPLITS",
    "LabelledView",
    "Picture",
    "by_split",
    "image_entries",
    "image_id",
    "instance_scores",
    "labelled_views",
    "rendered",
    "write_annotations",
]


def write_annotations(
    folder: DatasetFolder, job: JobRecord, views: Sequence[LabelledView], kept: EntryStore | None = None
) -> Counter[int]:
    """Write ``instances_train.json`` and ``instances_val.json``; both always, empty ones included.

    Equal journals give equal bytes. Image ids come from the view and the style, so that they are the same in a longer
    job and never shared between the splits.

    Args:
        folder: the dataset.
        job: its job.
        views: its labelled views.
        kept: entries of some of the views, made before.

    Returns:
        The number of annotations in both files, by category id.
    """
    count: Counter[int] = Counter()
    for split, part in by_split(views):
        lists: dict[str, Iterable[str]] = {
            "images": (as_text(image) for view in part for image in _images_in_space(folder, job, view)),
            "annotations": _annotations(folder, job, part, count, kept),
            "categories": (as_text(category_entry(category)) for category in job.categories),
        }
        write_file(folder.annotations(split), job, lists)
    return count


def image_entries(job: JobRecord, view: LabelledView) -> list[dict[str, Any]]:
    """Return COCO's form of each picture of a view."""
    return [
        {
            "id": image_id(job, view.view, picture),
            "file_name": picture.file,
            "width": view.width,
            "height": view.height,
            **({"license": 1} if has_license(job) else {}),
            "view": view.view,
            "style": picture.style,
        }
        for picture in view.pictures
    ]


def _images_in_space(folder: DatasetFolder, job: JobRecord, view: LabelledView) -> Iterator[dict[str, Any]]:
    record = rendered(folder, view, drop=("instances",))
    for entry in image_entries(job, view):
        yield entry | (_camera(record.camera) if record and record.camera else {})


def _lens(camera: CameraRecord) -> dict[str, Any]:
    """Return OpenCV's coefficients of a lens that distorts; nothing of one that does not."""
    lens = camera.distortion
    return {} if lens is None else {"distortion_model": lens.model, "dist_coeffs": list(lens.coefficients)}


def _camera(camera: CameraRecord) -> dict[str, Any]:
    """Return OpenCV's K, R and t: a world point p is at K (R p + t) in the picture, before any distortion."""
    return {
        "camera_type": camera.type,
        "K": to_json(camera.k),
        **_lens(camera),
        "R": [list(row[:3]) for row in camera.world_to_camera[:3]],
        "t": [row[3] for row in camera.world_to_camera[:3]],
    }


def rendered(folder: DatasetFolder, view: LabelledView, drop: Collection[str] = ()) -> ViewRecord | None:
    """Return the line of ``views.jsonl`` that a labelled view came from, without the fields in ``drop``."""
    if view.view_offset < 0:
        return None
    return Journal(folder.views_journal).at(ViewRecord, view.view_offset, drop)


def _annotations(
    folder: DatasetFolder,
    job: JobRecord,
    views: Iterable[LabelledView],
    count: Counter[int],
    kept: EntryStore | None,
) -> Iterator[str]:
    maker = EntryMaker(job)
    journal = Journal(folder.labels_journal)
    number = 0
    for view in views:
        entries = kept.entries(view.offset) if kept is not None else None
        if entries is None:
            entries = maker.make(journal.at(LabelRecord, view.offset), rendered(folder, view))
        for picture in view.pictures:
            image = image_id(job, view.view, picture)
            scores = instance_scores(folder, picture)
            for entry in entries:
                if entry.instance_id in picture.dropped:
                    continue
                number += 1
                count[entry.category_id] += 1
                said = scores.get(entry.instance_id)
                more = f", {as_text(said)[1:-1]}" if said else ""
                # COCO's evaluation takes annotation id 0 for "no match": ids start at 1.
                yield f'{{"id": {number}, "image_id": {image}, {entry.text}{more}}}'


def image_id(job: JobRecord, view: int, picture: Picture) -> int:
    """Return the COCO image id of a picture, from 1."""
    return view * max(1, slot_count(job.job)) + picture.slot + 1


def instance_scores(folder: DatasetFolder, picture: Picture) -> dict[int, dict[str, float]]:
    """Return what an annotation says of its fidelity in a picture, by the instance's id."""
    if picture.fidelity is None:
        return {}
    record = sample_of(folder, picture)
    return {item.instance_id: _scores_entry(item) for item in record.scores} if record is not None else {}


def _scores_entry(item: InstanceFidelity) -> dict[str, float]:
    said = {
        "fidelity": item.fidelity,
        "fidelity_depth": item.depth,
        "fidelity_clip": item.clip,
        "fidelity_detection": item.detection,
    }
    return {name: value for name, value in said.items() if value is not None}
