# SPDX-License-Identifier: GPL-3.0-or-later
"""A dataset in object storage, by fsspec: shards come and go whole, and what is derived is made beside and brought."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..core.layout import CARD, DatasetFolder, gallery_folder
from ..core.records import JobRecord
from ..core.shard import FOLDER, PART, Shard, shard_folder
from ..runner.gallery import gallery_thumbnails
from ..runner.ledger import read_job
from ..runner.merge import Merged, finish, found_shards, merge
from ..runner.merge_files import THUMBNAILS, view_files
from ..runner.shares import Standing, hand_out

EXPORTS: Final = "exports"
SHARDS: Final = f"{FOLDER}/"
REPLACED: Final = (f"{EXPORTS}/", f"{gallery_folder()}/")
STATE: Final = (".jsonl", "/job.json", f"/{PART}")
_OF_VIEW: Final = re.compile(r"(.*/)(\d{6,})([^/]*)")
Stamps = dict[str, tuple[int, int]]
"""Size and date of files by their relative paths."""


@dataclass(frozen=True)
class ObjectStore:
    """A folder of any file system that fsspec knows (``s3://bucket/set``, ``gs://``, ``memory://``, ``file://``).

    A shard is made on the worker's own disk and brought there whole when it is finished. Joining moves the views' files
    within the storage; journals alone pass through the machine that joins, and what is derived from them. Exports get
    their pictures by copies within the storage.
    """

    url: str

    @property
    def name(self) -> str:
        """The URL."""
        return self.url

    def held(self) -> Any:
        """Nothing is held: storage has no locks."""
        return contextlib.nullcontext()

    @contextmanager
    def borrowed(self, shard: Shard) -> Iterator[Path]:
        """Yield a temporary folder with a copy of the shard; what is new in it afterwards is stored."""
        with tempfile.TemporaryDirectory(prefix="synthdata-") as work:
            root = Path(work)
            came = self._fetch(shard, root)
            yield root
            self._keep(shard, root, came)

    def job(self) -> str:
        """Read it."""
        fs, root = self._open()
        path = f"{root}/job.json"
        return str(fs.cat_file(path).decode()) if fs.exists(path) else ""

    def begin(self, job: str) -> None:
        """Take the card away first, by which a finished dataset is known."""
        fs, root = self._open()
        if fs.exists(f"{root}/{CARD}"):
            fs.rm_file(f"{root}/{CARD}")
        fs.makedirs(root, exist_ok=True)
        fs.pipe_file(f"{root}/job.json", job.encode())

    def hand_out(self, count: int) -> tuple[Standing, list[Shard]]:
        """Copy the files that shards need within the storage."""
        shards = []
        with self._top() as (fs, root, top):
            files = Listing(read_job(top).views)
            files.read(fs, root)
            standing, shares = hand_out(top, files.has, count)
            for share in shares:
                target = f"{root}/{FOLDER}/{share.shard.name}"
                _put(fs, share.folder.root, target)
                for file in share.linked:
                    _transfer(fs, f"{root}/{file}", f"{target}/{file}", move=False)
                for file in share.moved:
                    _transfer(fs, f"{root}/{file}", f"{target}/{file}", move=True)
                shards.append(share.shard)
        return standing, shards

    def join(self, *, partial_ok: bool = False) -> Merged | None:
        """Join the journals here and move the files there."""
        with self._top() as (fs, root, top):
            if not fs.exists(f"{root}/{FOLDER}"):
                return None
            folders = sorted(name.rstrip("/") for name in fs.ls(f"{root}/{FOLDER}", detail=False))
            for folder in folders:
                _fetch_state(fs, folder, top.root / FOLDER / folder.rpartition("/")[2])
            shards = found_shards(top.root)
            merged = None
            if shards:
                files = _pictures(fs, [root, *folders], read_job(DatasetFolder(shards[0])))
                merged = merge(top.root, shards, partial_ok=partial_ok, renew=True, files=files)
            for folder in folders:
                _move_files(fs, folder, root)
            _put(fs, top.root, root)
            _drop_thumbnails(fs, root, top)
        fs.rm(f"{root}/{FOLDER}", recursive=True)
        return merged

    def finish(self) -> None:
        """Write it here and bring it there."""
        with self._top() as (fs, root, top):
            if not fs.exists(f"{root}/{CARD}"):
                finish(top, _pictures(fs, [root], read_job(top)))
                _put(fs, top.root, root)

    def _open(self) -> tuple[Any, str]:
        import fsspec

        fs, root = fsspec.core.url_to_fs(self.url)
        fs.invalidate_cache()  # other machines write there, too
        return fs, root.rstrip("/")

    @contextmanager
    def _top(self) -> Iterator[tuple[Any, str, DatasetFolder]]:
        """Yield the file system, the dataset's path in it, and a folder here with a copy of its job and journals."""
        fs, root = self._open()
        with tempfile.TemporaryDirectory(prefix="synthdata-") as work:
            _fetch_state(fs, root, Path(work))
            yield fs, root, DatasetFolder(Path(work))

    def _fetch(self, shard: Shard, root: Path) -> Stamps:
        fs, there = self._open()
        source, folder = f"{there}/{FOLDER}/{shard.name}", shard_folder(root, shard)
        if fs.exists(f"{source}/job.json"):
            for name in fs.find(source):
                target = folder / name[len(source) :].lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                fs.get_file(name, str(target))
        return _stamps(folder)

    def _keep(self, shard: Shard, root: Path, came: Stamps) -> None:
        """Store what is new in a shard, journals after the files that they name; drop what was dropped."""
        fs, there = self._open()
        source, target = shard_folder(root, shard), f"{there}/{FOLDER}/{shard.name}"
        now = _stamps(source)
        for name, stamp in now.items():
            if came.get(name) != stamp:
                fs.makedirs(f"{target}/{name}".rpartition("/")[0], exist_ok=True)
                fs.put_file(str(source / name), f"{target}/{name}")
        for name in came.keys() - now.keys():
            fs.rm_file(f"{target}/{name}")


class Listing:
    """What files a dataset in storage has for its views: asked for once, and kept in a byte for each."""

    def __init__(self, views: int) -> None:
        self._views = views
        self._kinds: dict[tuple[str, str], NDArray[np.bool_]] = {}

    def read(self, fs: Any, root: str) -> None:
        """Take in a dataset's files, or a shard's."""
        for folder, folders, files in fs.walk(root):
            inside = folder.rstrip("/")[len(root) :].lstrip("/")
            if not inside:
                folders[:] = [name for name in folders if name not in (FOLDER, EXPORTS)]
            for name in files:
                self._add(f"{inside}/{name}")

    def has(self, file: str) -> bool:
        """Tell whether there is a file, by its relative path."""
        found = _OF_VIEW.fullmatch(file)
        there = self._kinds.get((found[1], found[3])) if found else None
        return (
            there is not None
            and found is not None
            and int(found[2]) < self._views
            and bool(there[int(found[2])])
        )

    def place(self, file: str, target: Path) -> None:
        """Put a link into an export, to be followed when the export is put into the storage."""
        target.symlink_to(file)

    def _add(self, file: str) -> None:
        found = _OF_VIEW.fullmatch(file)
        if found and int(found[2]) < self._views:
            there = self._kinds.setdefault((found[1], found[3]), np.zeros(self._views, np.bool_))
            there[int(found[2])] = True


def _stamps(folder: Path) -> Stamps:
    """Return the files of a shard that are stored, in the order to store them: its job is there last."""
    names = [*view_files(folder), *(path.name for path in sorted(folder.glob("*.jsonl")))]
    names += [name for name in (PART, "job.json") if (folder / name).exists()]
    stats = ((name, (folder / name).stat()) for name in names)
    return {name: (stat.st_size, stat.st_mtime_ns) for name, stat in stats}


def _fetch_state(fs: Any, folder: str, target: Path) -> None:
    """Get a dataset's job and journals."""
    target.mkdir(parents=True, exist_ok=True)
    for name in fs.ls(folder, detail=False) if fs.exists(folder) else ():
        if name.endswith(STATE):
            fs.get_file(name, str(target / name.rpartition("/")[2]))


def _pictures(fs: Any, roots: list[str], job: JobRecord) -> Listing:
    """Return what files there are for exports to place; without exports nobody asks."""
    files = Listing(job.views)
    for root in roots if job.job.exports else ():
        files.read(fs, root)
    return files


def _put(fs: Any, folder: Path, root: str) -> None:
    """Put what is in a folder here to where it belongs there, the card last: with that the dataset is finished.

    Exports and the gallery's data are then what they are here: older files of theirs are removed.
    """
    found = (path for path in folder.rglob("*") if path.is_symlink() or path.is_file())
    names = sorted(
        name for path in found if not (name := path.relative_to(folder).as_posix()).startswith(SHARDS)
    )
    for name in names:
        if name != CARD:
            _put_file(fs, folder / name, root, name)
    for whole in {"/".join(name.split("/")[:2]) for name in names if name.startswith(REPLACED)}:
        for old in {path[len(root) + 1 :] for path in fs.find(f"{root}/{whole}")} - set(names):
            fs.rm_file(f"{root}/{old}")
    if CARD in names:
        _put_file(fs, folder / CARD, root, CARD)


def _drop_thumbnails(fs: Any, root: str, top: DatasetFolder) -> None:
    """Remove the thumbnails that the gallery does not show: of views that had no pictures yet, say."""
    shown = gallery_thumbnails(top, read_job(top)) if top.job_file.exists() else set()
    for path in fs.find(f"{root}/{THUMBNAILS}"):
        if path[len(root) + 1 :] not in shown:
            fs.rm_file(path)


def _put_file(fs: Any, path: Path, root: str, name: str) -> None:
    """Put a file; one that is a link is another one of the dataset's, which is copied there."""
    fs.makedirs(f"{root}/{name}".rpartition("/")[0], exist_ok=True)
    if path.is_symlink():
        fs.cp_file(f"{root}/{path.readlink().as_posix()}", f"{root}/{name}")
    else:
        fs.put_file(str(path), f"{root}/{name}")


def _move_files(fs: Any, folder: str, root: str) -> None:
    """Move a shard's files to where the dataset has them; one that was moved before is there already."""
    for name in fs.find(folder):
        relative = name[len(folder) :].lstrip("/")
        if "/" in relative:
            _transfer(fs, name, f"{root}/{relative}", move=True)


def _transfer(fs: Any, source: str, target: str, *, move: bool) -> None:
    fs.makedirs(target.rpartition("/")[0], exist_ok=True)
    if move:
        fs.mv(source, target)
    else:
        fs.cp_file(source, target)
