# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things lie in a dataset folder, and how they get there whole: temporary name first, then rename."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .errors import DatasetError
from .shard import FOLDER as SHARDS
from .style_spec import style_slug

CARD: Final = "README.md"
"""The dataset card."""
PASSES: Final = "passes"
"""Folder of what labels are made from."""


@dataclass(frozen=True)
class DatasetFolder:
    """The paths of one dataset. Paths that go into journals are relative to :attr:`root`, with forward slashes."""

    root: Path

    @property
    def job_file(self) -> Path:
        """The request: ``job.json``."""
        return self.root / "job.json"

    @property
    def views_journal(self) -> Path:
        """What was rendered."""
        return self.root / "views.jsonl"

    @property
    def labels_journal(self) -> Path:
        """What was labelled."""
        return self.root / "labels.jsonl"

    @property
    def samples_journal(self) -> Path:
        """What was pictured."""
        return self.root / "samples.jsonl"

    @property
    def card(self) -> Path:
        """The dataset card, which is the last that a run writes."""
        return self.root / CARD

    @property
    def gallery(self) -> Path:
        """The page to look at it all."""
        return self.root / "index.html"

    @property
    def runner_log(self) -> Path:
        """What the runner and its libraries said."""
        return self.root / "runner.log"

    @property
    def job_lock(self) -> Path:
        """Held by the one job that may work here; see ``core/lock.py``."""
        return self.root / "job.lock"

    @property
    def runner_lock(self) -> Path:
        """Held by a job's runner, which may outlive its Blender for a moment."""
        return self.root / "runner.lock"

    @property
    def rendering(self) -> Path:
        """The view that Blender is rendering; see ``core/begun.py``."""
        return self.root / "rendering.json"

    @property
    def labelling(self) -> Path:
        """The view that the runner is labelling; see ``core/begun.py``."""
        return self.root / "labelling.json"

    def annotations(self, split: str) -> Path:
        """Return the COCO file of a split."""
        return self.root / "annotations" / f"instances_{split}.json"

    def panoptic(self, split: str) -> Path:
        """Return the COCO panoptic file of a split; the pictures it names lie in the folder beside it."""
        return self.root / "annotations" / f"panoptic_{split}.json"

    def captions(self, split: str) -> Path:
        """Return the COCO captions file of a split."""
        return self.root / "annotations" / f"captions_{split}.json"

    def full(self, relative: str) -> Path:
        """Return the absolute path of a path from a journal."""
        return self.root / relative

    def make_folders(self) -> None:
        """Create the folder and prove that it can be written.

        Raises:
            DatasetError: ``dataset.not_writable``.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            probe = self.root / f".write-test-{os.getpid()}"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise DatasetError(
                "dataset.not_writable",
                f"The output folder '{self.root}' cannot be written ({error.strerror or error}).",
                "Choose a folder of your own.",
            ) from error

    def sweep_out_parts(self, of: int = 0) -> None:
        """Remove the temporary files of killed processes; nobody may be at work.

        ``of``: remove only those that the process with this id wrote by :func:`replacing`; others may be at work.
        """
        mark = f".{of}.part" if of else ".part"
        for folder, folders, names in os.walk(self.root):
            if Path(folder) == self.root and SHARDS in folders:
                folders.remove(SHARDS)  # datasets of their own, at which others may be at work
            for name in names:
                if name.startswith(".") and mark in name:
                    (Path(folder) / name).unlink(missing_ok=True)


def pass_file(view: int) -> str:
    """Return the relative path of a view's multilayer EXR."""
    return f"{PASSES}/{view:06d}.exr"


def crypto_file(view: int) -> str:
    """Return the relative path of a view's Cryptomatte EXR."""
    return f"{PASSES}/{view:06d}.crypto.exr"


def solo_file(view: int, number: int) -> str:
    """Return the relative path of one of the EXR files that show a view's instances alone."""
    return f"{PASSES}/{view:06d}.solo{number}.exr"


def mask_file(view: int) -> str:
    """Return the relative path of a view's instance map (16-bit PNG, the instance id of each pixel)."""
    return f"masks/instance/{view:06d}.png"


def category_mask_file(view: int) -> str:
    """Return the relative path of a view's class map (16-bit PNG, the category id of each pixel)."""
    return f"masks/category/{view:06d}.png"


def panoptic_file(split: str, view: int) -> str:
    """Return the relative path of a view's panoptic picture, where readers of COCO panoptic look for it."""
    return f"annotations/panoptic_{split}/{view:06d}.png"


def control_file(kind: str, view: int) -> str:
    """Return the relative path of a view's control image."""
    return f"control/{kind}/{view:06d}.png"


def label_files(view: int, split: str, kinds: Iterable[str], *, panoptic: bool) -> list[str]:
    """Return the relative paths of the files that a labelled view must have; ``kinds`` are its control images."""
    files = [mask_file(view), category_mask_file(view), *(control_file(kind, view) for kind in kinds)]
    return [*files, panoptic_file(split, view)] if panoptic else files


def render_file(view: int) -> str:
    """Return the relative path of a view's beauty render."""
    return f"renders/{view:06d}.png"


def sample_id(view: int, style: str, number: int = 0) -> str:
    """Return the id of a sample, which is also its file's name; the second picture of a style ends in ``_2``."""
    return f"{view:06d}_{style_slug(style)}" + (f"_{number + 1}" if number else "")


def image_file(view: int, style: str, number: int = 0) -> str:
    """Return the relative path of a sample's picture."""
    return f"images/{sample_id(view, style, number)}.png"


def gallery_folder() -> str:
    """Return the relative path of the hidden folder with what the gallery loads: thumbnails, labels of views."""
    return ".gallery"


def rejected_file(picture: str) -> str:
    """Return the relative path of a sample's picture that is left out of the dataset."""
    return f"rejected/{picture.rpartition('/')[2]}"


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; rename it over ``path`` on success, remove it on failure.

    The content is on disk (fsync) before the rename, so that the name never shows a half-written file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def sync_names(folder: Path) -> None:
    """Have the names of a folder's files on disk too, so that no power cut brings back what a file was before.

    Where a file system cannot be asked (Windows, some shares) nothing is done.
    """
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
