# SPDX-License-Identifier: GPL-3.0-or-later
"""The COCO files: right by themselves, and telling what the journals tell."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ...core.decode import to_json
from ...core.journal import Journal
from ...core.layout import DatasetFolder
from ...core.records import AnnotationRecord, JobRecord, LabelRecord
from ...labels.coco import SPLITS, LabelledView, image_entries
from ...labels.coco_file import category_entry
from .findings import Findings
from .masks import polygon_fault, read_mask

LISTS = ("images", "annotations", "categories")


def load_json(path: Path, lists: Sequence[str], findings: Findings) -> dict[str, Any] | None:
    """Return a COCO file whose ``lists`` hold objects with whole-number ids, or None and a finding."""
    name = f"annotations/{path.name}"
    if not path.is_file():
        findings.add("coco.missing", name, "The file is not there.")
        return None
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError) as error:
        findings.add("coco.unreadable", name, f"The file is not valid JSON ({error}).")
        return None
    for key in lists:
        items = data.get(key) if isinstance(data, dict) else None
        if not isinstance(items, list) or not all(_has_plain_ids(item) for item in items):
            findings.add("coco.unreadable", name, f"'{key}' is not a list of objects with ids.")
            return None
    assert isinstance(data, dict)
    return data


def _has_plain_ids(item: Any) -> bool:
    names = ("id", "image_id")
    return isinstance(item, dict) and all(isinstance(item.get(name, 0), (int, str)) for name in names)


def check_images(
    data: dict[str, Any],
    split: str,
    job: JobRecord,
    views: Sequence[LabelledView],
    name: str,
    findings: Findings,
) -> None:
    """Compare a file's images with the pictures of the journals."""
    wanted = {entry["id"]: (view.split, entry) for view in views for entry in image_entries(job, view)}
    counts = Counter(image.get("id") for image in data["images"])
    for image in data["images"]:
        number = image.get("id")
        side, entry = wanted.get(number, ("", {})) if isinstance(number, int) else ("", {})
        if counts[number] > 1:
            findings.add("coco.ids", name, f"The image id {number} is there {counts[number]} times.")
        elif not entry:
            findings.add("coco.image", name, f"Image {number} is not a picture of the journals.")
        elif side != split:
            findings.add("coco.split", name, f"Image {number} is in '{split}', its view in '{side}'.")
        else:
            for key in ("file_name", "width", "height"):
                if image.get(key) != entry[key]:
                    sentence = f"Image {number} has the {key} {image.get(key)!r}, not {entry[key]!r}."
                    findings.add("coco.image", name, sentence)
    for number, (side, _) in wanted.items():
        if side == split and number not in counts:
            findings.add("coco.image", name, f"Image {number} is missing.")


def files_beside(
    path_of: Callable[[str], Path],
    lists: Sequence[str],
    job: JobRecord,
    views: Sequence[LabelledView],
    findings: Findings,
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield split, name and content of each split's file of another kind, its images checked."""
    for split in SPLITS:
        path = path_of(split)
        data = load_json(path, lists, findings)
        if data is not None:
            name = f"annotations/{path.name}"
            findings.checked["COCO files"] += 1
            check_images(data, split, job, views, name, findings)
            yield split, name, data


def check_coco(
    folder: DatasetFolder, job: JobRecord, views: Sequence[LabelledView], findings: Findings
) -> None:
    """Check the instance files of both splits."""
    for split in SPLITS:
        data = load_json(folder.annotations(split), LISTS, findings)
        if data is not None:
            findings.checked["COCO files"] += 1
            _Split(folder, job, [view for view in views if view.split == split], split, findings).check(
                data, views
            )


class _Split:
    """Checks one split's ``instances`` file."""

    def __init__(
        self, folder: DatasetFolder, job: JobRecord, views: list[LabelledView], split: str, findings: Findings
    ) -> None:
        self._folder = folder
        self._job = job
        self._views = views
        self._split = split
        self._findings = findings
        self._name = f"annotations/{folder.annotations(split).name}"
        self._known = {category.id for category in job.categories}

    def check(self, data: dict[str, Any], views: Sequence[LabelledView]) -> None:
        """Check the whole file."""
        check_images(data, self._split, self._job, views, self._name, self._findings)
        if data["categories"] != [category_entry(category) for category in self._job.categories]:
            self._add("coco.categories", "The categories are not those of the job.")
        sizes = {image.get("id"): (image.get("height"), image.get("width")) for image in data["images"]}
        by_image: dict[Any, list[dict[str, Any]]] = {}
        self._check_ids(data["annotations"])
        for annotation in data["annotations"]:
            size = sizes.get(annotation.get("image_id"))
            who = f"Annotation {annotation.get('id')}"
            if size is None:
                self._add(
                    "coco.image", f"{who} is on image {annotation.get('image_id')}, which is not there."
                )
                continue
            by_image.setdefault(annotation["image_id"], []).append(annotation)
            try:
                self._check_annotation(annotation, who, *size)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                self._add(
                    "coco.annotation", f"{who} is not in COCO's form ({type(error).__name__}: {error})."
                )
        self._compare(by_image)

    def _add(self, code: str, sentence: str) -> None:
        self._findings.add(code, self._name, sentence)

    def _check_ids(self, annotations: list[dict[str, Any]]) -> None:
        for number, count in Counter(item.get("id") for item in annotations).items():
            if count > 1:
                self._add("coco.ids", f"The annotation id {number} is there {count} times.")
            if not isinstance(number, int) or number < 1:
                self._add("coco.ids", f"The annotation id {number} is not a whole number from 1.")

    def _check_annotation(self, annotation: dict[str, Any], who: str, height: int, width: int) -> None:
        if annotation["category_id"] not in self._known:
            self._add(
                "coco.category", f"{who} has the category {annotation['category_id']}, which is unknown."
            )
        if annotation["iscrowd"] != 0:
            self._add("coco.iscrowd", f"{who} is marked as a crowd, which evaluation leaves out.")
        x, y, w, h = annotation["bbox"]
        if not (x >= 0 and y >= 0 and w > 0 and h > 0 and x + w <= width and y + h <= height):
            self._add("coco.box", f"{who} has the box {annotation['bbox']}, which leaves the picture.")
        shape = annotation["segmentation"]
        if isinstance(shape, list):
            fault = polygon_fault(shape, annotation["area"], annotation["bbox"], height, width)
            if fault:
                self._add("coco.polygon", f"{who} {fault}.")
            return
        if shape["size"] != [height, width]:
            self._add("coco.rle", f"{who} has a mask of the size {shape['size']}, not {[height, width]}.")
            return
        try:
            mask = read_mask(shape["counts"], height, width)
        except ValueError as error:
            self._add("coco.rle", f"{who} has a mask that cannot be decoded: {error}.")
            return
        if annotation["area"] != mask.area:
            self._add("coco.area", f"{who} has the area {annotation['area']}, but a mask of {mask.area}.")
        if annotation["bbox"] != list(mask.bbox):
            self._add(
                "coco.box", f"{who} has the box {annotation['bbox']}, but its mask's is {list(mask.bbox)}."
            )

    def _compare(self, by_image: dict[Any, list[dict[str, Any]]]) -> None:
        """Compare with the journal, view by view."""
        journal = Journal(self._folder.labels_journal)
        for view in self._views:
            annotations = journal.at(LabelRecord, view.offset).annotations
            for entry, picture in zip(image_entries(self._job, view), view.pictures, strict=True):
                kept = (item for item in annotations if item.instance_id not in picture.dropped)
                wanted = [_essence(item) for item in kept]
                found = [_essence_of_entry(item) for item in by_image.get(entry["id"], [])]
                if sorted(found, key=str) != sorted(wanted, key=str):
                    sentence = f"The annotations of image {entry['id']} are not those of labels.jsonl."
                    self._add("coco.journal", sentence)


def _essence(record: AnnotationRecord) -> list[Any]:
    shape = to_json(record.polygons) or record.counts
    keypoints = [number for point in record.keypoints for number in (point.x, point.y, point.v)]
    return [
        record.instance_id,
        record.category_id,
        record.area,
        list(record.bbox),
        shape,
        record.visible_fraction,
        record.truncated,
        record.amodal_counts,
        _trimmed(keypoints),
    ]


def _essence_of_entry(entry: dict[str, Any]) -> list[Any]:
    shape = entry.get("segmentation")
    whole = entry.get("amodal_segmentation")
    return [
        entry.get("instance_id"),
        entry.get("category_id"),
        entry.get("area"),
        entry.get("bbox"),
        shape.get("counts") if isinstance(shape, dict) else shape,
        entry.get("visible_fraction"),
        entry.get("truncated"),
        whole.get("counts", "") if isinstance(whole, dict) else "",
        _trimmed(entry.get("keypoints")),
    ]


def _trimmed(keypoints: Any) -> list[Any]:
    """Leave out the zeros that stand for keypoints a view does not have."""
    flat = list(keypoints) if isinstance(keypoints, list) else []
    while flat and flat[-1] == 0:
        flat.pop()
    return flat
