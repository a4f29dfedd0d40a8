# SPDX-License-Identifier: GPL-3.0-or-later
"""A job on a Ray cluster: render tasks and stylizers at work beside each other, the first never far ahead.

What is lost with a machine Ray starts again on another one, where it goes on from the shard's journals. The driver
knows nothing that the shards do not have: a job that is stopped goes on when it is asked for again.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import ray

from ..core.errors import RunnerError, SynthDataError
from ..core.progress import format_seconds
from ..core.shard import Shard
from .tasks import Order, Rendered, Stylizer, render, settle

AHEAD: Final = 2
"""Shards for each stylizer that may wait for pictures; then rendering waits."""
LOOK: Final = 1.0
RETRIES: Final = 10
"""So many machines may be lost under one shard."""


@dataclass(frozen=True)
class Share:
    """What the work of one kind takes: CPUs and GPUs of one task, and how many there are at most (0: as fit)."""

    cpus: float = 1.0
    gpus: float = 0.0
    most: int = 0

    def fitting(self, cpus: float, gpus: float) -> int:
        """Return how many fit into what a cluster has."""
        fits = [int(has // wants) for has, wants in ((cpus, self.cpus), (gpus, self.gpus)) if wants > 0]
        number = min(fits, default=1)
        return min(number, self.most) if self.most else number


def connect(address: str) -> None:
    """Join a cluster: ``auto`` for the one this machine is of, ``local`` for one of this machine alone.

    Raises:
        RunnerError: ``farm.no_cluster``.
    """
    # Workers import the package from where it lies here, at the same path on every machine.
    root = str(Path(__file__).resolve().parents[2])
    try:
        ray.init(
            address=address,
            runtime_env={"env_vars": {"PYTHONPATH": root}},
            log_to_driver=False,
            configure_logging=False,
        )
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise RunnerError(
            "farm.no_cluster",
            f"There is no Ray cluster at '{address}': {error}",
            "Start one with `ray start --head`, or give --cluster local.",
        ) from error


def disconnect() -> None:
    """Leave the cluster; what still runs there for us ends."""
    ray.shutdown()


def settle_job(order: Order, renders: Share) -> None:
    """Have the job written into the store, or found to be the one that is there; blocking.

    Raises:
        SynthDataError: it cannot be made.
    """
    task = ray.remote(settle).options(num_cpus=renders.cpus, num_gpus=renders.gpus, max_retries=RETRIES)
    _result(task.remote(order), "The job")


class Farm:
    """One job's shards on the cluster that is connected."""

    def __init__(
        self, order: Order, shards: list[Shard], renders: Share, stylizers: Share, show: Callable[[str], None]
    ) -> None:
        self._order = order
        self._waiting = deque(shards)
        self._total = len(shards)
        self._renders, self._stylizers = renders, stylizers
        self._show = show
        self._render = ray.remote(render).options(
            num_cpus=renders.cpus, num_gpus=renders.gpus, max_retries=RETRIES, scheduling_strategy="SPREAD"
        )
        self._rendering: dict[Any, Shard] = {}
        self._to_picture: deque[Shard] = deque()
        self._picturing: dict[Any, tuple[Any, Shard]] = {}
        self._actors: list[Any] = []
        self._idle: deque[Any] = deque()
        self._rendered = self._pictured = self._views = 0
        self._has_pictures = False
        self._began = time.monotonic()

    def run(self) -> int:
        """Make all shards; return the number of their views.

        Raises:
            SynthDataError: a shard cannot be made.
        """
        try:
            while self._waiting or self._rendering or self._to_picture or self._picturing:
                self._start_what_is_due()
                self._progress()
                ready, _ = ray.wait([*self._rendering, *self._picturing], num_returns=1, timeout=LOOK)
                for reference in ready:
                    self._take(reference)
            self._progress()
        finally:
            for actor in self._actors:
                ray.kill(actor)
        return self._views

    def _start_what_is_due(self) -> None:
        while self._waiting and len(self._rendering) < self._room_for_renders():
            shard = self._waiting.popleft()
            self._rendering[self._render.remote(self._order, shard)] = shard
        while self._to_picture and (actor := self._free_stylizer()) is not None:
            shard = self._to_picture.popleft()
            self._picturing[actor.picture.remote(shard)] = actor, shard

    def _room_for_renders(self) -> int:
        """Return how many renders may run: as many as fit, but none while too much waits for its pictures."""
        cpus, gpus = _resources()
        if self._has_pictures:
            number = self._most_stylizers()
            if len(self._to_picture) >= AHEAD * number:
                return 0
            cpus, gpus = cpus - number * self._stylizers.cpus, gpus - number * self._stylizers.gpus
        return max(1, self._renders.fitting(cpus, gpus))

    def _most_stylizers(self) -> int:
        return max(1, self._stylizers.fitting(*_resources()))

    def _free_stylizer(self) -> Any:
        if self._idle:
            return self._idle.popleft()
        if len(self._actors) >= self._most_stylizers():
            return None
        actor = (
            ray.remote(Stylizer)
            .options(
                num_cpus=self._stylizers.cpus,
                num_gpus=self._stylizers.gpus,
                max_restarts=RETRIES,
                max_task_retries=RETRIES,
            )
            .remote(self._order)
        )
        self._actors.append(actor)
        return actor

    def _take(self, reference: Any) -> None:
        shard = self._rendering.pop(reference, None)
        actor, pictured = self._picturing.pop(reference, (None, None))
        result = _result(reference, f"Shard {shard or pictured}")
        if isinstance(result, Rendered):
            self._rendered += 1
            self._views += result.views
            if result.pictures:
                self._has_pictures = True
                self._to_picture.append(result.shard)
        else:
            self._pictured += 1
            self._idle.append(actor)

    def _progress(self) -> None:
        text = f"shards rendered {self._rendered}/{self._total}, {self._views} views"
        done, todo = self._rendered, self._total
        if self._has_pictures:
            text += f", pictured {self._pictured}/{self._total}"
            done, todo = done + self._pictured, 2 * todo
        if 0 < done < todo:
            text += f" ({format_seconds((time.monotonic() - self._began) * (todo - done) / done)} left)"
        self._show(text)


def check_room(renders: Share, stylizers: Share) -> None:
    """Refuse a cluster on which a render and a stylizer cannot be at work at once.

    Raises:
        RunnerError: ``farm.too_small``.
    """
    cpus, gpus = _resources()
    if renders.cpus + stylizers.cpus > cpus or renders.gpus + stylizers.gpus > gpus:
        raise RunnerError(
            "farm.too_small",
            f"The cluster has {cpus:g} CPUs and {gpus:g} GPUs; a render and a stylizer want "
            f"{renders.cpus + stylizers.cpus:g} and {renders.gpus + stylizers.gpus:g}.",
            "Add machines, or ask for less with --render-cpus, --stylizer-cpus and --stylizer-gpus.",
        )


def cluster_gpus() -> float:
    """Return how many GPUs the cluster has."""
    return _resources()[1]


def cluster_cpus() -> float:
    """Return how many CPUs the cluster has."""
    return _resources()[0]


def _resources() -> tuple[float, float]:
    there = ray.cluster_resources()
    return float(there.get("CPU", 0.0)), float(there.get("GPU", 0.0))


def _result(reference: Any, what: str) -> Any:
    """Return what a task came to.

    Raises:
        SynthDataError: the task's own, or ``farm.failed``.
    """
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        cause = error.cause
        raise cause if isinstance(cause, SynthDataError) else _failed(what, cause) from error
    except ray.exceptions.RayError as error:
        raise _failed(what, error) from error


def _failed(what: str, error: BaseException) -> RunnerError:
    text = " ".join(str(error).split())
    return RunnerError("farm.failed", f"{what} cannot be made: {text}", "See Ray's logs.")


def terminal(text: str) -> None:
    """Show progress: a line that changes in a terminal, a line a change in a log."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()
