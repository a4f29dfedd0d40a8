# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts the files of one dataset into another: as hard links where the disk has them, else as copies. Resumable."""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ..core.errors import DatasetError
from ..core.layout import PASSES, gallery_folder
from ..core.shard import FOLDER

DERIVED: Final = frozenset({"exports", FOLDER})
"""Folders whose content is made anew from the journals, or is no part of a dataset; so are hidden ones."""
THUMBNAILS: Final = f"{gallery_folder()}/thumbs"
UNCOMPARED: Final = (f"{PASSES}/", THUMBNAILS)
"""Renders that two runs made of one view hold when each was made; what is labelled from them is compared. Thumbnails
depend on what library packed them.
"""


def view_files(root: Path) -> Iterator[str]:
    """Yield the relative path of every file that was made for some view.

    Those are the files in folders. At the top of a dataset, and of ``annotations``, lie journals and what is derived.
    Thumbnails come last, so that they are not older than their pictures.
    """
    for folder, folders, names in os.walk(root):
        here = Path(folder).relative_to(root).as_posix()
        if here == ".":
            folders[:] = [name for name in folders if name not in DERIVED]
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if here not in (".", "annotations"):
            yield from (f"{here}/{name}" for name in sorted(names) if not name.startswith("."))
    for path in sorted((root / THUMBNAILS).rglob("*.jpg")):
        if not path.name.startswith("."):
            yield path.relative_to(root).as_posix()


def take_over(source: Path, target: Path) -> int:
    """Put the views' files of one dataset into another; return how many were not there yet.

    Raises:
        DatasetError: ``dataset.overlap``: a file is there with other content.
        OSError: the file system refuses.
    """
    count, made = 0, set[Path]()
    for name in view_files(source):
        path = target / name
        if path.parent not in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            made.add(path.parent)
        if place(source / name, path):
            count += 1
        elif not name.startswith(UNCOMPARED):
            _check_same(source / name, path)
    return count


def to_disk() -> None:
    """Have all that was placed on disk, before a journal says that it is there; Windows does so by itself."""
    if hasattr(os, "sync"):
        os.sync()


def place(source: Path, target: Path) -> bool:
    """Put a file to where another dataset has it; return whether it was: False where one is there already."""
    try:
        os.link(source, target)
    except FileExistsError:
        return False
    except OSError:  # another disk, or one without links
        if target.exists():
            return False
        part = target.with_name(f".{target.stem}.{os.getpid()}.part{target.suffix}")
        try:
            shutil.copy2(source, part)  # with its date, by which a merge that goes on knows it
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    return True


def _check_same(one: Path, other: Path) -> None:
    a, b = one.stat(), other.stat()
    is_known = os.path.samestat(a, b) or (a.st_size, a.st_mtime_ns) == (b.st_size, b.st_mtime_ns)
    if not is_known and not filecmp.cmp(one, other, shallow=False):
        raise DatasetError(
            "dataset.overlap",
            f"'{one}' and '{other}' are not the same.",
            "Leave one of the two folders out, or make the shard again.",
        )
