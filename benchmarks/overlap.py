# SPDX-License-Identifier: GPL-3.0-or-later
"""How well rendering and stylizing overlap: a whole job against its two halves alone, by turns in one run.

A job is made three ways over the example room: whole, without pictures, and only its pictures, from a copy of the
whole one's dataset without them. Goal: the whole takes at most 1.10 times the longer half, by the clock. Both halves
want every core there is: on a machine without a GPU, or with few cores, they can only share. The floor of such a
machine is told as well: the processor seconds of both halves over the number of cores.

Run after ``python3 build.py demo`` with the Python that has ``bpy`` and the runner's Python named:
``SYNTHDATA_RUNNER_PYTHON=.envs/runner/bin/python .envs/blender-4.5/bin/python benchmarks/overlap.py``.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import synthdata_addon
from benchmarks.job_overhead import quiet, whole_job
from synthdata_addon.core.layout import DatasetFolder
from synthdata_addon.core.spec import JobSpec
from synthdata_addon.ui.example import fill_example_scene
from synthdata_addon.ui.settings import job_from_scene

GOAL = 1.10
ROOT = Path(__file__).resolve().parents[1]


def processor_seconds() -> float:
    """Return what this process and its ended children used."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(item.ru_utime + item.ru_stime for item in used)


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds by the clock and of the processor that some work took."""
    began, used = time.perf_counter(), processor_seconds()
    work()
    return time.perf_counter() - began, processor_seconds() - used


def stylize_again(folder: Path) -> None:
    """Make a dataset's pictures once more, without Blender."""
    command = [os.environ["SYNTHDATA_RUNNER_PYTHON"], "-m", "synthdata_addon", "runner", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def without_pictures(source: Path, target: Path) -> Path:
    """Return a copy of a dataset that has its labels and lacks its pictures."""
    shutil.copytree(source, target)
    folder = DatasetFolder(target)
    folder.samples_journal.unlink()
    shutil.rmtree(target / "images")
    (target / "images").mkdir()
    return target


def measure(spec: JobSpec, folder: Path) -> tuple[float, float, float, float]:
    """Return the seconds of whole, rendering and stylizing, and the processor seconds of both halves."""
    render, render_used = timed(lambda: whole_job(replace(spec, styles=()), folder / "render"))
    whole, _ = timed(lambda: whole_job(spec, folder / "whole"))
    copy = without_pictures(folder / "whole", folder / "copy")
    stylize, stylize_used = timed(lambda: stylize_again(copy))
    return whole, render, stylize, render_used + stylize_used


def main() -> int:
    """Print a line a repetition and the median ratio; return 1 when it is over the goal."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--views", type=int, default=10)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--samples", type=int, default=16, help="of the finished picture")
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    synthdata_addon.register()
    ratios, cores = [], os.cpu_count() or 1
    try:
        fill_example_scene(bpy.context.scene)
        bpy.context.scene.render.engine = "CYCLES"
        settings = bpy.context.scene.synthdata
        settings.width = settings.height = arguments.side
        settings.views, settings.beauty = arguments.views, arguments.samples > 0
        settings.beauty_samples = max(1, arguments.samples)
        spec = job_from_scene(bpy.context.scene)
        for _ in range(arguments.repeat):
            with tempfile.TemporaryDirectory() as folder, quiet():
                whole, render, stylize, used = measure(spec, Path(folder))
            ratios.append(whole / max(render, stylize))
            print(
                f"whole {whole:.1f} s, rendering {render:.1f} s, stylizing {stylize:.1f} s: {ratios[-1]:.2f} times "
                f"the longer; both halves on {cores} cores take at least {used / cores:.1f} s"
            )
    finally:
        synthdata_addon.unregister()
    median = statistics.median(ratios)
    print(f"median {median:.2f} (goal {GOAL:g})")
    return 0 if median <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
