# SPDX-License-Identifier: GPL-3.0-or-later
"""Cuts what is left of a job into shards that go on where the dataset is: nothing that it has is made again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..core.layout import PASSES, DatasetFolder
from ..core.shard import Shard, deal, shard_folder, write_part
from .job_journals import Has, named_files, read_journals
from .ledger import read_job


@dataclass(frozen=True)
class Share:
    """A shard that has been begun in ``folder``, and the dataset's files that it goes on from.

    ``moved`` are passes that are dropped once they are labelled: the dataset keeps none of its own.
    """

    shard: Shard
    folder: DatasetFolder
    linked: tuple[str, ...]
    moved: tuple[str, ...]


@dataclass(frozen=True)
class Standing:
    """What a dataset has: how many views its job has, how many of these are whole, and how many pictures there are."""

    views: int
    whole: int
    pictures: int


def hand_out(top: DatasetFolder, has: Has, count: int) -> tuple[Standing, Iterator[Share]]:
    """Return where a dataset stands, and begin at most ``count`` shards in it, which make the rest.

    A shard has its views' lines of the journals, and the job. Its files are the caller's to bring.

    Args:
        top: the dataset; its journals and job are read.
        has: tells whether it has a file.
        count: the number of shards.
    """
    job = read_job(top)
    journals = read_journals([top], job, has)
    left = np.flatnonzero(~journals.whole).tolist()
    standing = Standing(job.views, job.views - len(left), int(journals.samples.made.sum()))
    parts = deal(left, job.views, count, max(1, job.job.populate.every))

    def shares() -> Iterator[Share]:
        for number, views in enumerate(parts, start=1):
            shard = Shard(number, len(parts))
            folder = DatasetFolder(shard_folder(top.root, shard))
            folder.root.mkdir(parents=True, exist_ok=True)
            journals.write(folder, views)
            write_part(folder.root, views)
            shutil.copyfile(top.job_file, folder.job_file)
            files = [file for file in dict.fromkeys(named_files(folder)) if has(file)]
            moved = tuple(file for file in files if file.startswith(f"{PASSES}/") and not job.job.passes.keep)
            yield Share(shard, folder, tuple(file for file in files if file not in moved), moved)

    return standing, shares()
