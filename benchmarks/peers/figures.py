# SPDX-License-Identifier: GPL-3.0-or-later
"""From the marks of one run to figures a view, and from the figures of many runs to a table. No bpy here.

A figure a view leaves start-up out, and the first view too, for which a renderer builds its scene: what is left is what
each further view costs. What a side does once for all views at the end is in it. SynthData renders the labels of some
views before their pictures; there it is the whole first batch of views that is left out.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from benchmarks.peers.process import Mark, Measured

MB = 1e6


@dataclass(frozen=True)
class Cost:
    """Wall-clock and processor seconds."""

    wall: float
    cpu: float

    @classmethod
    def between(cls, begin: Mark, end: Mark, parts: int = 1) -> Cost:
        """Return what a part of the way between two marks cost."""
        parts = max(1, parts)
        return cls((end.wall - begin.wall) / parts, (end.cpu - begin.cpu) / parts)

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.wall + other.wall, self.cpu + other.cpu)


@dataclass(frozen=True)
class Figures:
    """What one run came to: start-up, the first ``first_views``, each further view, its stages, peak memory (MB)."""

    startup: Cost
    first: Cost
    view: Cost
    stages: dict[str, Cost]
    peak: float
    first_views: int = 1


def figures(side: str, measured: Measured, views: int) -> Figures:
    """Read the figures of a run of so many views."""
    ready, done = measured.first("ready"), measured.marks[-1]
    first = measured.first("first" if side == "synthdata" else "view")
    before = measured.marks[: measured.marks.index(first)]
    first_views = max(1, sum(mark.name == "view" for mark in before))
    if side == "blenderproc":
        # It renders all views, then reads all, then writes all: each stage is shared by the views it is done for.
        names = ("rendered", "loaded", "written", "done")
        marks = [measured.first(name) for name in names]
        stages = {"render": Cost.between(first, marks[0], views - 1)}
        for name, begin, end in zip(("read", "HDF5", "COCO"), marks, marks[1:], strict=False):
            stages[name] = Cost.between(begin, end, views)
        view = sum(stages.values(), Cost(0.0, 0.0))
    else:
        stages, view = {}, Cost.between(first, done, views - first_views)
    begin = Mark("start", 0.0, 0.0, 0)
    return Figures(
        Cost.between(begin, ready), Cost.between(ready, first), view, stages, measured.peak / MB, first_views
    )


def median(runs: Sequence[Figures]) -> Figures:
    """Return the median of each figure by itself."""

    def middle(costs: Iterable[Cost]) -> Cost:
        costs = list(costs)
        return Cost(statistics.median(c.wall for c in costs), statistics.median(c.cpu for c in costs))

    return Figures(
        middle(run.startup for run in runs),
        middle(run.first for run in runs),
        middle(run.view for run in runs),
        {name: middle(run.stages[name] for run in runs) for name in runs[0].stages},
        statistics.median(run.peak for run in runs),
        round(statistics.median(run.first_views for run in runs)),
    )


def growth(measured: Measured, warm: int) -> dict[str, float]:
    """Return megabytes after ``warm`` views, the most after that, and how much that is a view."""
    views = [number for number, mark in enumerate(measured.marks) if mark.name == "view"]
    begin = views[warm - 1]
    held = [mark.memory / MB for mark in measured.marks[begin:]]
    return {"warm": held[0], "most": max(held), "a_view": (max(held) - held[0]) / (len(views) - warm)}


def as_row(case: Mapping[str, object], found: Figures, runs: int) -> dict[str, object]:
    """Return a row of the result file."""
    return {**case, "runs": runs, **asdict(found)}
