# SPDX-License-Identifier: GPL-3.0-or-later
"""Ultralytics' YOLO layout: ``data.yaml``, ``images/{train,val}``, and one text line an instance in ``labels/``.

Classes count from 0 in the order of the category ids. A detection line is ``class cx cy width height``, a segmentation
line ``class x1 y1 x2 y2 ...``, all as shares of the picture's sides; the format has one outline an instance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np

from ..core.records import AnnotationRecord
from ..labels.rle import decode
from .outline import outline
from .source import ExportView, Source

Shares = Callable[[AnnotationRecord, int, int], Iterable[float]]
DECIMALS: Final = 7
"""A share's rounding is then below a hundredth of a pixel in the largest picture."""


def write_yolo_detect(target: Path, source: Source) -> int:
    """Write boxes; return the number of pictures."""
    return _write(target, source, box_shares)


def write_yolo_segment(target: Path, source: Source) -> int:
    """Write outlines; return the number of pictures."""
    return _write(target, source, outline_shares)


def box_shares(annotation: AnnotationRecord, width: int, height: int) -> tuple[float, ...]:
    """Return the box's centre and size as shares of the picture: x, y, width, height."""
    x, y, w, h = annotation.bbox
    return (x + w / 2) / width, (y + h / 2) / height, w / width, h / height


def outline_shares(annotation: AnnotationRecord, width: int, height: int) -> list[float]:
    """Return the outline's points as shares of the picture: x, y, x, y, ..."""
    x, y, w, h = annotation.bbox
    # A copy: contiguous rows are faster to look at than the transposed picture.
    mask = decode(annotation.counts, height, width)[y : y + h, x : x + w].copy()
    points = (outline(mask) + np.array((x, y))) / np.array((width, height))
    return [float(value) for value in points.ravel()]


def _write(target: Path, source: Source, shares: Shares) -> int:
    classes = source.classes()
    pictures = 0
    for split in source.splits:
        for kind in ("images", "labels"):
            (target / kind / split).mkdir(parents=True)
        for view in source.views(split):
            pictures += len(view.pictures)
            text = _text(view, classes, shares) if view.pictures else ""
            for picture in view.pictures:
                file = PurePosixPath(picture.file)
                source.files.place(picture.file, target / "images" / split / file.name)
                label = target / "labels" / split / f"{file.stem}.txt"
                label.write_text(text, encoding="utf-8", newline="\n")
    (target / "data.yaml").write_text(_data_yaml(source), encoding="utf-8", newline="\n")
    return pictures


def _text(view: ExportView, classes: dict[int, int], shares: Shares) -> str:
    size = view.labels.width, view.labels.height
    lines = []
    for annotation in view.labels.annotations:
        numbers = " ".join(f"{value:.{DECIMALS}f}" for value in shares(annotation, *size))
        lines.append(f"{classes[annotation.category_id]} {numbers}\n")
    return "".join(lines)


def _data_yaml(source: Source) -> str:
    # Without a "path", Ultralytics takes the folder of this file.
    lines = ["train: images/train"]
    if "val" in source.splits:
        lines.append("val: images/val")
    else:
        lines += [
            "# The dataset has no validation views, and Ultralytics insists on some.",
            "val: images/train",
        ]
    lines.append("names:")
    lines += [f"  {number}: {quoted(name)}" for number, name in enumerate(source.class_names())]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """Return a text as a double-quoted YAML scalar, whatever letters it holds."""
    return '"' + "".join(_escaped(letter) for letter in text) + '"'


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return "\\" + letter
    if letter.isprintable():
        return letter
    return f"\\U{ord(letter):08x}"
