# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture of a dataset in the Image Editor with its labels over it, by the same image that previews are shown in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import bpy

from ..core.dataset_pictures import DatasetPictures, Shown, dataset_of
from ..core.resume import read_job
from .sidebar import redraw_sidebars
from .view_files import LABELS, ViewFiles
from .view_preview import open_editor, preview_of_view


@dataclass
class LoadedPicture:
    """Which picture was loaded last. One for this session, not saved."""

    dataset: DatasetPictures | None = None
    place: int = 0
    text: str = ""
    """What the panel says of it."""

    @property
    def shown(self) -> Shown | None:
        """The picture."""
        return self.dataset.pictures[self.place] if self.dataset is not None else None

    def load(self, path: Path, context: bpy.types.Context) -> None:
        """Show a picture by its file, or the first one of a dataset by its folder.

        Raises:
            DatasetError: it belongs to no dataset, or to no labelled view.
        """
        dataset = DatasetPictures(dataset_of(path))
        place = 0 if path == dataset.folder.root else dataset.place(path)
        self._show(dataset, place, context)

    def step(self, by: int, context: bpy.types.Context) -> None:
        """Show the next picture, or the one before; the first follows the last.

        Raises:
            DatasetError: the dataset is gone.
        """
        assert self.dataset is not None
        dataset = DatasetPictures(dataset_of(self.dataset.folder.root))
        self._show(dataset, (self.place + by) % len(dataset.pictures), context)

    def clear(self) -> None:
        """Forget it."""
        self.dataset, self.place, self.text = None, 0, ""

    def _show(self, dataset: DatasetPictures, place: int, context: bpy.types.Context) -> None:
        shown = dataset.pictures[place]
        pictures = {shown.style: shown.file} if shown.style else {}
        job = read_job(dataset.folder)
        assert job is not None  # it is how the dataset was found
        preview_of_view.names = {item.id: item.name for item in job.categories}
        preview_of_view.view, preview_of_view.views, preview_of_view.message = shown.view, job.views, ""
        preview_of_view.kind = LABELS
        preview_of_view.found = ViewFiles(dataset.folder, dataset.label(shown), pictures)
        preview_of_view.show()
        open_editor(context)
        self.dataset, self.place = dataset, place
        name = f"View {shown.view}" + (f", {shown.style}" if shown.style else "")
        self.text = f"{name} ({place + 1} / {len(dataset.pictures)})"
        redraw_sidebars()


loaded: Final = LoadedPicture()
