# SPDX-License-Identifier: GPL-3.0-or-later
"""Where shards lie between the workers that make them: in a folder that all machines see, or in object storage."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ..core.errors import DatasetError
from ..core.layout import DatasetFolder
from ..core.shard import FOLDER, Shard, shard_folder
from ..runner.merge import Merged, found_shards, merge
from ..runner.merge_files import view_files


class Store(Protocol):
    """A place for shards. Stores are sent to other machines: they hold names only."""

    def borrowed(self, shard: Shard) -> Any:
        """Return a context with the dataset's folder on this machine, what there is of the shard in it.

        What is made there in the context is kept.
        """

    def join(self) -> Merged:
        """Make one dataset of all shards, and remove them.

        Raises:
            DatasetError: as :func:`~synthdata_addon.runner.merge.merge`.
        """


@dataclass(frozen=True)
class SharedFolder:
    """A folder at the same path on all machines. Shards are made in it, so that a lost worker's is gone on with."""

    root: str

    @contextmanager
    def borrowed(self, shard: Shard) -> Iterator[Path]:  # noqa: ARG002 - where it lies is all the same here
        """Yield the folder itself."""
        yield Path(self.root)

    def join(self) -> Merged:
        """Join with hard links."""
        return merge(Path(self.root), found_shards(Path(self.root)), remove=True)


@dataclass(frozen=True)
class ObjectStore:
    """A folder of any file system that fsspec knows (``s3://bucket/set``, ``gs://``, ``memory://``, ``file://``).

    A shard is made on the worker's own disk and brought there whole when it is finished. Joining moves the views' files
    within the storage; journals alone pass through the machine that joins.
    """

    url: str

    @contextmanager
    def borrowed(self, shard: Shard) -> Iterator[Path]:
        """Yield a temporary folder with a copy of the shard; what is in it afterwards is stored."""
        with tempfile.TemporaryDirectory(prefix="synthdata-") as work:
            root = Path(work)
            self._fetch(shard, root)
            yield root
            self._keep(shard, root)

    def join(self) -> Merged:
        """Join the journals here and move the files there."""
        fs, root = self._open()
        with tempfile.TemporaryDirectory(prefix="synthdata-") as work:
            local = Path(work)
            folders = sorted(name.rstrip("/") for name in fs.ls(f"{root}/{FOLDER}", detail=False))
            for folder in folders:
                self._fetch_journals(fs, folder, local / FOLDER / folder.rpartition("/")[2])
            merged = merge(local, found_shards(local), remove=True)
            for folder in folders:
                _move_files(fs, folder, root)
            for path in sorted(path for path in local.rglob("*") if path.is_file()):
                target = f"{root}/{path.relative_to(local).as_posix()}"
                fs.makedirs(target.rpartition("/")[0], exist_ok=True)
                fs.put_file(str(path), target)
        fs.rm(f"{root}/{FOLDER}", recursive=True)
        return merged

    def _open(self) -> tuple[Any, str]:
        import fsspec

        fs, root = fsspec.core.url_to_fs(self.url)
        return fs, root.rstrip("/")

    def _fetch(self, shard: Shard, root: Path) -> None:
        fs, there = self._open()
        source = f"{there}/{FOLDER}/{shard.name}"
        if fs.exists(f"{source}/job.json"):
            for name in fs.find(source):
                target = shard_folder(root, shard) / name[len(source) :].lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                fs.get_file(name, str(target))

    def _keep(self, shard: Shard, root: Path) -> None:
        """Store a shard, its job.json last: with that it is there."""
        fs, there = self._open()
        source, target = shard_folder(root, shard), f"{there}/{FOLDER}/{shard.name}"
        state = [path for path in source.glob("*.jsonl") if path.is_file()]
        _check_exports(source)
        for name in [*view_files(source), *(path.name for path in state), "job.json"]:
            fs.makedirs(f"{target}/{name}".rpartition("/")[0], exist_ok=True)
            fs.put_file(str(source / name), f"{target}/{name}")

    def _fetch_journals(self, fs: Any, folder: str, target: Path) -> None:
        target.mkdir(parents=True)
        for name in fs.ls(folder, detail=False):
            if name.endswith((".jsonl", "/job.json")):
                fs.get_file(name, str(target / name.rpartition("/")[2]))


def store_for(output: str) -> Store:
    """Return the store that a user names: a URL, or a folder."""
    return ObjectStore(output) if "://" in output else SharedFolder(str(Path(output).resolve()))


def _check_exports(shard: Path) -> None:
    from ..runner.ledger import read_job

    if exports := read_job(DatasetFolder(shard)).job.exports:
        shutil.rmtree(shard, ignore_errors=True)
        raise DatasetError(
            "farm.exports",
            f"Exports ({', '.join(exports).lower()}) cannot be written in object storage.",
            "Leave them out, and write them from a copy of the dataset with the export command.",
        )


def _move_files(fs: Any, folder: str, root: str) -> None:
    """Move a shard's files to where the dataset has them; one that was moved before is there already."""
    for name in fs.find(folder):
        relative = name[len(folder) :].lstrip("/")
        if "/" in relative:
            target = f"{root}/{relative}"
            fs.makedirs(target.rpartition("/")[0], exist_ok=True)
            fs.mv(name, target)
