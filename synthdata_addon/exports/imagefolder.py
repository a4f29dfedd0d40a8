# SPDX-License-Identifier: GPL-3.0-or-later
"""Hugging Face's ``imagefolder``: ``train/`` and ``validation/``, each with a ``metadata.jsonl``.

``objects`` has the columns of Hugging Face's detection sets (id, area, bbox, category, which counts from 0 in the order
of the COCO ids) and the categories' names.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final

from ..labels.captions import sentence
from ..labels.coco import Picture, image_id
from ..labels.labelled import sample_of
from .source import ExportView, Source

FOLDERS: Final = {"train": "train", "val": "validation"}
WORDS: Final = """\
# A dataset made by SynthData

`image` is a picture, `text` the prompt it was made with (or what is labelled in it), `style` the prompt's name, `view`
what it shows: pictures of one view have the same objects. In `objects`, `bbox` is `[x, y, width, height]` in pixels,
`area` the number of pixels of the mask, `id` the instance's number in the whole dataset, `category` one of these:

| category | name |
|---|---|
"""


def write_imagefolder(target: Path, source: Source) -> int:
    """Write the pictures and their lines; return the number of pictures.

    ``datasets`` refuses splits whose columns differ, and takes lists that are all empty for another column: where
    another split has objects, one without any is left out.
    """
    written = {split: _write_split(target / FOLDERS[split], source, split) for split in source.splits}
    pictures = 0
    for split, (count, has_objects) in written.items():
        if not has_objects and any(other for _, other in written.values()):
            shutil.rmtree(target / FOLDERS[split])
            source.left_out[f"pictures of the split '{split}', in which nothing is labelled"] += count
        else:
            pictures += count
    (target / "README.md").write_text(WORDS + _table(source), encoding="utf-8", newline="\n")
    return pictures


def _write_split(folder: Path, source: Source, split: str) -> tuple[int, bool]:
    """Return the number of pictures, and whether any shows an object."""
    folder.mkdir()
    count = 0
    waiting: list[str] = []
    has_objects = False
    with (folder / "metadata.jsonl").open("w", encoding="utf-8", newline="\n") as file:
        for picture, line in _lines(source, split):
            source.files.place(picture, folder / line["file_name"])
            count += 1
            waiting.append(json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n")
            # The columns' types are read from the first lines, so that one with objects has to be the very first.
            if has_objects or line["objects"]["id"]:
                file.writelines(waiting if has_objects else [waiting.pop(), *waiting])
                waiting.clear()
                has_objects = True
        file.writelines(waiting)
    return count, has_objects


def _lines(source: Source, split: str) -> Iterator[tuple[str, dict[str, Any]]]:
    names = {item.id: item.name for item in source.job.categories}
    classes = source.classes()
    for view in source.views(split):
        objects = _objects(view, classes, names)
        text = sentence(view.labels.annotations, names)
        for picture in view.pictures:
            name = PurePosixPath(picture.file).name
            head = {"file_name": name, "image_id": image_id(source.job, view.labels.view, picture)}
            sample = sample_of(source.folder, picture)
            prompt = sample.prompt if sample is not None else ""
            yield picture.file, head | _about(view, picture) | {"text": prompt or text, "objects": objects}


def _about(view: ExportView, picture: Picture) -> dict[str, Any]:
    return {
        "width": view.labels.width,
        "height": view.labels.height,
        "view": view.labels.view,
        "style": picture.style,
    }


def _objects(view: ExportView, classes: dict[int, int], names: dict[int, str]) -> dict[str, list[Any]]:
    annotations = view.labels.annotations
    return {
        "id": [item.instance_id for item in annotations],
        "area": [item.area for item in annotations],
        "bbox": [list(item.bbox) for item in annotations],
        "category": [classes[item.category_id] for item in annotations],
        "name": [names[item.category_id] for item in annotations],
    }


def _table(source: Source) -> str:
    rows = enumerate(" ".join(name.split()).replace("|", "\\|") for name in source.class_names())
    return "".join(f"| {number} | {name} |\n" for number, name in rows)
