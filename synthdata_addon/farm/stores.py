# SPDX-License-Identifier: GPL-3.0-or-later
"""Where shards lie between the workers that make them: in a folder that all machines see, or in object storage."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ..core.layout import DatasetFolder, replacing
from ..core.shard import FOLDER, Shard
from ..runner.keeper import keeping
from ..runner.many import wait_until_idle
from ..runner.merge import Merged, finish, found_shards, merge
from ..runner.merge_files import place
from ..runner.shares import Standing, hand_out


class Store(Protocol):
    """A place for a dataset and its shards. Stores are sent to other machines: they hold names only."""

    @property
    def name(self) -> str:
        """What the user calls it."""

    def held(self) -> Any:
        """Return a context in which no other command shares out the dataset.

        Raises:
            DatasetError: ``dataset.busy``.
        """

    def borrowed(self, shard: Shard) -> Any:
        """Return a context with the dataset's folder on this machine, what there is of the shard in it.

        What is made there in the context is kept.
        """

    def job(self) -> str:
        """Return ``job.json``; empty when there is no dataset yet."""

    def begin(self, job: str) -> None:
        """Put another ``job.json`` there: the dataset is not finished then."""

    def hand_out(self, count: int) -> tuple[Standing, list[Shard]]:
        """Begin at most ``count`` shards that make what the dataset lacks; return where it stands, and the shards."""

    def join(self, *, partial_ok: bool = False) -> Merged | None:
        """Make one dataset of it and all shards, and remove these; None when there are none.

        Raises:
            DatasetError: as :func:`~synthdata_addon.runner.merge.merge`.
        """

    def finish(self) -> None:
        """Write what is derived from the journals, if an earlier command did not come to that."""


@dataclass(frozen=True)
class SharedFolder:
    """A folder at the same path on all machines. Shards are made in it, so that a lost worker's is gone on with."""

    root: str

    @property
    def name(self) -> str:
        """The folder."""
        return self.root

    @property
    def _top(self) -> DatasetFolder:
        return DatasetFolder(Path(self.root))

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder of the shards; every shard has a lock of its own beside."""
        shards = DatasetFolder(self._top.root / FOLDER)
        shards.make_folders()
        try:
            with keeping(shards):
                yield
        finally:
            with contextlib.suppress(OSError):  # what is not empty stays
                shards.root.rmdir()
                self._top.root.rmdir()

    @contextmanager
    def borrowed(self, shard: Shard) -> Iterator[Path]:  # noqa: ARG002 - where it lies is all the same here
        """Yield the folder itself."""
        yield Path(self.root)

    def job(self) -> str:
        """Read it."""
        file = self._top.job_file
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def begin(self, job: str) -> None:
        """Take the card away first, by which a finished dataset is known."""
        self._top.make_folders()
        self._top.card.unlink(missing_ok=True)
        with replacing(self._top.job_file) as part:
            part.write_text(job, encoding="utf-8")

    def hand_out(self, count: int) -> tuple[Standing, list[Shard]]:
        """Link the files that shards need into their folders."""
        top = self._top
        wait_until_idle(top)
        standing, shares = hand_out(top, lambda file: top.full(file).is_file(), count)
        shards = []
        for share in shares:
            for file in (*share.linked, *share.moved):
                target = share.folder.full(file)
                target.parent.mkdir(parents=True, exist_ok=True)
                place(top.full(file), target)
            for file in share.moved:
                top.full(file).unlink()
            shards.append(share.shard)
        return standing, shards

    def join(self, *, partial_ok: bool = False) -> Merged | None:
        """Join with hard links."""
        top = self._top.root
        shards = found_shards(top)
        for shard in shards:
            wait_until_idle(DatasetFolder(shard))
        merged = merge(top, shards, partial_ok=partial_ok, renew=True) if shards else None
        for path in (top / FOLDER).glob("*-of-*"):
            shutil.rmtree(path)
        return merged

    def finish(self) -> None:
        """Write it in place."""
        if not self._top.card.exists():
            finish(self._top)
