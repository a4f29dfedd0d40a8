# SPDX-License-Identifier: GPL-3.0-or-later
"""The exports that a job asks for: there, whole in themselves, and with as many things as the journals have."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ...core.journal import Journal
from ...core.layout import DatasetFolder
from ...core.records import JobRecord, LabelRecord
from ...core.spec import ExportKind
from ...exports.registry import export_folder
from ...labels.coco import LabelledView, image_id, rendered
from .findings import Findings

Faults = Iterator[str]


def check_exports(
    folder: DatasetFolder, job: JobRecord, views: Sequence[LabelledView], findings: Findings
) -> None:
    """Check every export of the job."""
    for kind in job.job.exports:
        root = export_folder(folder, kind)
        file = root.relative_to(folder.root).as_posix()
        if not root.is_dir():
            findings.add("export.missing", file, "The export is not there.")
            continue
        findings.checked["exports"] += 1
        try:
            for fault in CHECKS[kind](root, folder, job, views):
                findings.add("export.content", file, fault)
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            sentence = f"The export cannot be read ({type(error).__name__}: {error})."
            findings.add("export.content", file, sentence)


def _yolo(root: Path, folder: DatasetFolder, job: JobRecord, views: Sequence[LabelledView]) -> Faults:
    journal = Journal(folder.labels_journal)
    if not (root / "data.yaml").is_file():
        yield "There is no data.yaml."
    for view in views:
        annotations = journal.at(LabelRecord, view.offset).annotations
        for picture in view.pictures:
            wanted = sum(item.instance_id not in picture.dropped for item in annotations)
            name = Path(picture.file).name
            label = root / "labels" / view.split / f"{Path(name).stem}.txt"
            if not (root / "images" / view.split / name).is_file() or not label.is_file():
                yield f"The picture {name} or its labels are not there."
                continue
            lines = [line.split() for line in label.read_text(encoding="utf-8").splitlines()]
            if len(lines) != wanted:
                yield f"{label.name} has {len(lines)} things, not {wanted}."
            for line in lines:
                numbers = [float(value) for value in line[1:]]
                if not 0 <= int(line[0]) < len(job.categories) or min(numbers) < 0.0 or max(numbers) > 1.0:
                    yield f"{label.name} has a line that is out of range: {' '.join(line[:5])}."


def _bop(root: Path, folder: DatasetFolder, job: JobRecord, views: Sequence[LabelledView]) -> Faults:
    found: set[int] = set()
    for scene in sorted(root.glob("*/*/")):
        tables = [
            json.loads((scene / f"{name}.json").read_text(encoding="utf-8"))
            for name in ("scene_camera", "scene_gt", "scene_gt_info")
        ]
        if not tables[0].keys() == tables[1].keys() == tables[2].keys():
            yield f"The tables of {scene.parent.name}/{scene.name} are not of the same pictures."
        for image, things in tables[1].items():
            found.add(int(scene.name) * 1000 + int(image))
            files = [scene / "rgb" / f"{int(image):06d}.png"]
            for number in range(len(things)):
                name = f"{int(image):06d}_{number:06d}.png"
                files += [scene / "mask" / name, scene / "mask_visib" / name]
            lost = [path for path in files if not path.is_file()]
            if lost:
                yield f"{lost[0].relative_to(root).as_posix()} is not there."
    wanted = {
        image_id(job, view.view, picture)
        for view in views
        if _is_perspective(folder, view)
        for picture in view.pictures
    }
    if found != wanted:
        yield f"It has {len(found & wanted)} of {len(wanted)} pictures, and {len(found - wanted)} others."


def _is_perspective(folder: DatasetFolder, view: LabelledView) -> bool:
    record = rendered(folder, view, drop=("instances",))
    return record is not None and record.camera is not None and record.camera.type == "PERSP"


def _imagefolder(root: Path, _folder: DatasetFolder, job: JobRecord, views: Sequence[LabelledView]) -> Faults:
    for split, name in (("train", "train"), ("val", "validation")):
        wanted = {image_id(job, v.view, picture) for v in views if v.split == split for picture in v.pictures}
        # A split in which nothing is labelled is left out.
        if not wanted or not (root / name).is_dir():
            continue
        text = (root / name / "metadata.jsonl").read_text(encoding="utf-8")
        lines = [json.loads(line) for line in text.split("\n") if line]
        for line in lines:
            if not (root / name / line["file_name"]).is_file():
                yield f"The picture {name}/{line['file_name']} is not there."
        if {line["image_id"] for line in lines} != wanted:
            yield f"{name}/metadata.jsonl has {len(lines)} pictures, not {len(wanted)}."


CHECKS: dict[
    ExportKind, Callable[[Path, DatasetFolder, JobRecord, Sequence[LabelledView]], Iterator[str]]
] = {
    "YOLO_DETECT": _yolo,
    "YOLO_SEGMENT": _yolo,
    "BOP": _bop,
    "IMAGEFOLDER": _imagefolder,
}
