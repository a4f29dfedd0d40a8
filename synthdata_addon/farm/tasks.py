# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs on a cluster's machines: a render task makes the labels of a shard, a stylizer its pictures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ..core.layout import DatasetFolder
from ..core.machine import RUNNER_VARIABLE, THREADS_VARIABLE
from ..core.shard import Shard, shard_folder
from ..runner.ledger import read_job
from ..runner.processes import ManyRunner, generate
from .stores import Store


@dataclass(frozen=True)
class Order:
    """How shards are made: ``arguments`` of ``generate``, the Pythons of both halves, and the threads of a render."""

    store: Store
    arguments: tuple[str, ...]
    render_python: str
    runner_python: str
    threads: int = 1


@dataclass(frozen=True)
class Rendered:
    """What a render task came to: how many views the shard has, and whether pictures are to be made of them."""

    shard: Shard
    views: int
    pictures: bool = field(default=False)


def render(order: Order, shard: Shard) -> Rendered:
    """Make the labels of a shard, or the rest of them.

    Raises:
        SynthDataError: Blender failed.
    """
    with order.store.borrowed(shard) as root:
        folder = DatasetFolder(shard_folder(root, shard))
        arguments = [*order.arguments, "--output", str(root), "--shard", str(shard), "--no-pictures"]
        environment = {RUNNER_VARIABLE: order.runner_python, THREADS_VARIABLE: str(order.threads)}
        generate(order.render_python, arguments, folder, environment, folder.root / "generate.log")
        return Rendered(shard, _lines(folder.views_journal), bool(read_job(folder).job.styles))


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


def _lines(path: Path) -> int:
    if not path.exists():
        return 0
    with path.open("rb") as file:
        return sum(1 for _ in file)
