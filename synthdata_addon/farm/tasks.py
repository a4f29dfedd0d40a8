# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs on a cluster's machines: one task settles the job, others make shards' labels, stylizers their pictures."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ..core.errors import RunnerError
from ..core.layout import DatasetFolder
from ..core.machine import RUNNER_VARIABLE, THREADS_VARIABLE
from ..core.shard import Shard, read_part, shard_folder
from ..runner.ledger import Ledger, read_job
from ..runner.processes import ManyRunner, generate
from .stores import Store


@dataclass(frozen=True)
class Order:
    """How shards are made: ``arguments`` of ``generate``, the Pythons of both halves, and the threads of a render.

    ``extend``: the dataset that is there may become larger.
    """

    store: Store
    arguments: tuple[str, ...]
    render_python: str
    runner_python: str
    threads: int = 1
    extend: bool = False

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a render."""
        return {RUNNER_VARIABLE: self.runner_python, THREADS_VARIABLE: str(self.threads)}


@dataclass(frozen=True)
class Rendered:
    """What a render task came to: how many views the shard has, and whether pictures are to be made of them."""

    shard: Shard
    views: int
    pictures: bool = field(default=False)


def settle(order: Order) -> None:
    """Put the job into the store, unless it is there already; it may be an extension of the one that is.

    Raises:
        SynthDataError: anything is wrong with the request, or the store has another job.
    """
    was = order.store.job()
    with tempfile.TemporaryDirectory(prefix="synthdata-") as work:
        folder = DatasetFolder(Path(work) / "dataset")
        folder.make_folders()
        if was:
            folder.job_file.write_text(was, encoding="utf-8")
        extend = ["--extend"] if order.extend else []
        arguments = [*order.arguments, "--output", str(folder.root), "--job-only", *extend]
        try:
            generate(order.render_python, arguments, folder, order.environment, Path(work) / "generate.log")
        except RunnerError as error:
            text = error.message.replace(str(folder.root), order.store.name)
            raise RunnerError(error.code, text, "Nothing was begun.") from error
        job = folder.job_file.read_text(encoding="utf-8")
    if job != was:
        order.store.begin(job)


def render(order: Order, shard: Shard) -> Rendered:
    """Make the labels of a shard, or the rest of them; without a start of Blender if all are there.

    Raises:
        SynthDataError: Blender failed.
    """
    with order.store.borrowed(shard) as root:
        folder = DatasetFolder(shard_folder(root, shard))
        views = read_part(folder.root) or []
        if not _are_labelled(folder, views):
            arguments = [*order.arguments, "--output", str(root), "--shard", str(shard), "--no-pictures"]
            generate(order.render_python, arguments, folder, order.environment, folder.root / "generate.log")
        return Rendered(shard, len(views), bool(read_job(folder).job.styles))


def _are_labelled(folder: DatasetFolder, views: list[int]) -> bool:
    ledger = Ledger(folder, read_job(folder), pictures=False)
    lacking = ledger.unlabelled or ledger.awaited or ledger.lost
    return not lacking and ledger.labelled.keys() >= set(views)


class Stylizer:
    """Makes pictures, shard by shard, in one process with the model loaded once."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._runner: ManyRunner | None = None

    def picture(self, shard: Shard) -> Shard:
        """Make the pictures of a shard, or the rest of them.

        Raises:
            SynthDataError: the runner failed; the next shard gets a new one.
        """
        with self._order.store.borrowed(shard) as root, self._running() as runner:
            runner.finish(DatasetFolder(shard_folder(root, shard)))
        return shard

    @contextmanager
    def _running(self) -> Iterator[ManyRunner]:
        if self._runner is None:
            self._runner = ManyRunner(self._order.runner_python)
        try:
            yield self._runner
        except BaseException:
            self._runner.close()
            self._runner = None
            raise


def runner_python() -> str:
    """Return the Python of the runner: of :data:`RUNNER_VARIABLE`, empty without."""
    return os.environ.get(RUNNER_VARIABLE, "")
