# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of one view of a dataset, and the pictures that are shown of it. Looks at files, changes none of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import bpy
import numpy as np

from ..core.journal import Journal
from ..core.layout import DatasetFolder
from ..core.overlay_picture import Ids, Picture, class_picture, instance_picture, labelled_picture, shaded
from ..core.records import LabelRecord, SampleRecord

LABELS: Final = "labels"
COMPOSED: Final = (LABELS, "instances", "classes")
"""What is drawn of a view's labels here, not by the job."""


@dataclass(frozen=True)
class ViewFiles:
    """What a dataset has of one view. ``pictures`` are its samples' files by style."""

    folder: DatasetFolder
    record: LabelRecord
    pictures: dict[str, str]

    @property
    def kinds(self) -> tuple[str, ...]:
        """What can be shown: the composed ones, then files as they are."""
        return (*COMPOSED, *self._files())

    def _files(self) -> dict[str, str]:
        record = self.record
        controls = {file.split("/")[1]: file for file in record.control_files}
        controls.pop("instances", None)  # the composed one says the same in the classes' colours
        found = {"depth": record.depth_file, "normal": record.normal_file, **controls}
        if record.render_file:
            found["render"] = record.render_file
        return found | {f"style {name}": file for name, file in self.pictures.items()}

    def show(self, kind: str, into: Path) -> Path:
        """Return the file that shows a kind; what has none is composed into a PNG file beside the dataset."""
        files = self._files()
        if kind in files:
            return self.folder.full(files[kind])
        return write_picture(self.compose(kind), into)

    def compose(self, kind: str) -> Picture:
        """Return a picture of the view's labels: over its picture, else its render, else grey shading; or alone."""
        annotations = self.record.annotations
        if kind == "classes":
            return class_picture(self._ids(self.record.category_mask_file))
        instances = self._ids(self.record.mask_file)
        if kind == "instances":
            return instance_picture(instances, annotations)
        return labelled_picture(self._under(), instances, annotations)

    def _under(self) -> Picture:
        for file in (*self.pictures.values(), self.record.render_file):
            if file and self.folder.full(file).is_file():
                return read_picture(self.folder.full(file))[..., :3]
        return shaded(read_picture(self.folder.full(self.record.normal_file))[..., :3])

    def _ids(self, file: str) -> Ids:
        return np.rint(read_picture(self.folder.full(file))[..., 0].astype(np.float64) * 65535.0).astype(
            np.int64
        )


def view_files(folder: DatasetFolder, view: int) -> ViewFiles | None:
    """Return what a dataset has of a view so far; None while it is not labelled. The last line of a view counts."""
    found: LabelRecord | None = None
    for record in Journal(folder.labels_journal).read(LabelRecord):
        found = record if record.view == view else found
    if found is None or found.skipped:
        return None
    samples = [item for item in Journal(folder.samples_journal).read(SampleRecord) if item.view == view]
    return ViewFiles(folder, found, {item.style: item.picture for item in samples if not item.skipped})


def read_picture(path: Path) -> Picture:
    """Return a PNG file's pixels as they are stored, (H, W, 4), row 0 at the top; leaves nothing in the file."""
    image = bpy.data.images.load(str(path), check_existing=False)
    try:
        image.colorspace_settings.name = "Non-Color"
        width, height = image.size
        pixels = np.empty(width * height * 4, np.float32)
        image.pixels.foreach_get(pixels)
    finally:
        bpy.data.images.remove(image)
    return pixels.reshape(height, width, 4)[::-1]


def write_picture(picture: Picture, path: Path) -> Path:
    """Write a picture as PNG; leaves nothing in the file."""
    height, width = picture.shape[:2]
    image = bpy.data.images.new("SynthData Composed", width, height, alpha=False)
    try:
        pixels = np.ones((height, width, 4), np.float32)
        pixels[..., :3] = picture[::-1]
        image.pixels.foreach_set(pixels.ravel())
        image.filepath_raw, image.file_format = str(path), "PNG"
        image.save()
    finally:
        bpy.data.images.remove(image)
    return path


def title(kind: str) -> str:
    """Return what a kind is called in the panel."""
    return kind.removeprefix("style ").replace("_", " ").capitalize()
