# SPDX-License-Identifier: GPL-3.0-or-later
"""How well a job's shards share the work: two workers on half the views each, over one worker on all of them.

A worker is what a farm gives a task: one core, on which Blender and its runner share the time. The views are label
renders of one sample of the example room. Goal: two workers take at most 1 / (2 x 0.85) of one worker's wall time. Two
cores of a virtual machine may be slower together than each alone: the same run tells that, too, by two workers that
make the whole job each. Linux only, as it binds workers to cores.

Run after ``python3 build.py demo`` with the Python that has ``bpy`` and the runner's Python named, on a machine that
has nothing else to do: ``SYNTHDATA_RUNNER_PYTHON=.envs/runner/bin/python .envs/blender-4.5/bin/python
benchmarks/shards.py``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from synthdata_addon.core.machine import THREADS_VARIABLE

GOAL = 0.85


@dataclass(frozen=True)
class Work:
    """What one worker makes: a shard ("1/2"; "1/1" for all views) of a job of so many views, and on which core."""

    shard: str
    core: int
    folder: Path


def together(work: Sequence[Work], arguments: argparse.Namespace) -> float:
    """Run workers at the same time; return the seconds until the last one has ended."""
    began = time.perf_counter()
    environment = {**os.environ, THREADS_VARIABLE: "1"}
    size = ["--views", str(arguments.views), "--side", str(arguments.side)]
    workers = []
    for item in work:
        command = [sys.executable, __file__, *size, "--worker", item.shard, str(item.core), str(item.folder)]
        null = subprocess.DEVNULL
        workers.append(subprocess.Popen(command, env=environment, stdout=null, stderr=null))
    codes = [worker.wait() for worker in workers]
    if any(codes):
        raise SystemExit(f"A worker failed ({codes}); run it by itself to see why.")
    return time.perf_counter() - began


def work(shard: str, core: str, folder: Path, arguments: argparse.Namespace) -> None:
    """Make a shard, bound to one core with all that is started."""
    os.sched_setaffinity(0, {int(core)})
    import bpy

    import synthdata_addon
    from synthdata_addon.core.shard import Shard
    from synthdata_addon.ui.example import fill_example_scene
    from synthdata_addon.ui.job import GenerateJob
    from synthdata_addon.ui.part import Part
    from synthdata_addon.ui.settings import job_from_scene

    synthdata_addon.register()
    try:
        scene = bpy.context.scene
        fill_example_scene(scene)
        settings = scene.synthdata
        settings.width = settings.height = arguments.side
        settings.views, settings.use_styles = arguments.views, False
        part = Part(Shard(*map(int, shard.split("/"))))
        job = GenerateJob(scene, bpy.context.view_layer, job_from_scene(scene), folder, part=part)
        while job.step():
            pass
        if not job.status.complete:
            raise SystemExit("; ".join(job.status.problems))
    finally:
        synthdata_addon.unregister()


def measure(folder: Path, arguments: argparse.Namespace) -> tuple[float, float, float]:
    """Return the seconds of one worker, of two on half the views each, and of two on all views each."""
    one = together([Work("1/1", 0, folder / "one")], arguments)
    two = together([Work(f"{core + 1}/2", core, folder / f"half {core}") for core in (0, 1)], arguments)
    both = together([Work("1/1", core, folder / f"whole {core}") for core in (0, 1)], arguments)
    return one, two, both


def main() -> int:
    """Print a line a turn and the medians; return 1 when the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--views", type=int, default=120)
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--worker", nargs=3, metavar=("SHARD", "CORE", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        shard, core, folder = arguments.worker
        work(shard, core, Path(folder), arguments)
        return 0
    found = []
    for _ in range(arguments.repeat):
        with tempfile.TemporaryDirectory() as name:
            one, two, both = measure(Path(name), arguments)
        found.append((one / (2.0 * two), one / both))
        print(
            f"{arguments.views} views: one worker {one:.1f} s, two shards {two:.1f} s: {found[-1][0]:.2f}; "
            f"two whole jobs at once {both:.1f} s: the cores together are {found[-1][1]:.2f} of themselves alone",
            flush=True,
        )
    efficiency, cores = (statistics.median(values) for values in zip(*found, strict=True))
    print(
        f"median efficiency {efficiency:.2f} (goal {GOAL:g}); of what the cores can {efficiency / cores:.2f}"
    )
    return 0 if efficiency >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
