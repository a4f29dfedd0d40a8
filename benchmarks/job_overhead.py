# SPDX-License-Identifier: GPL-3.0-or-later
"""What a whole label job costs over Blender's bare render loop, as a ratio in one run.

The job is everything but diffusion: start of the runner, 20 views of the example room at 640 x 480 in passes-only mode,
masks, control images, COCO files, gallery. The bare loop renders the same passes of the same views with the same
settings (persistent data, one flat material, one sample) and nothing else. It is timed twice: with the EXR files that
Blender writes unless told otherwise (ZIP), which is the reference, and with the unpacked ones of the job, which shows
what the job adds to its own renders.

Run after ``python3 build.py demo``, with the Python that has ``bpy`` and the runner's Python named:
``SYNTHDATA_RUNNER_PYTHON=.envs/runner/bin/python .envs/blender-4.5/bin/python benchmarks/job_overhead.py``.
The goal is a ratio of at most 1.25 to the reference.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import bpy
from mathutils import Matrix

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import synthdata_addon
from synthdata_addon.blender.contents import Contents
from synthdata_addon.blender.job_scene import JobScene
from synthdata_addon.core.journal import Journal
from synthdata_addon.core.layout import DatasetFolder
from synthdata_addon.core.records import ViewRecord
from synthdata_addon.core.spec import JobSpec
from synthdata_addon.ui.example import fill_example_scene
from synthdata_addon.ui.job import GenerateJob
from synthdata_addon.ui.settings import job_from_scene

GOAL = 1.25


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep Blender's render lines off the terminal, for both sides alike."""
    kept, null = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(null)


def whole_job(spec: JobSpec, folder: Path) -> float:
    """Generate the dataset; return the seconds it took."""
    began = time.perf_counter()
    job = GenerateJob(bpy.context.scene, bpy.context.view_layer, spec, folder)
    while job.step():
        pass
    if not job.status.complete:
        raise SystemExit("; ".join(job.status.problems))
    return time.perf_counter() - began


def bare_loop(
    spec: JobSpec,
    views: list[ViewRecord],
    folder: Path,
    codec: str,
    rendered: Callable[[], None] = lambda: None,
) -> float:
    """Render the views' passes and nothing else; return the seconds it took, preparation included.

    ``rendered`` is called after each view.
    """
    began = time.perf_counter()
    bench = JobScene(bpy.context.scene.name, bpy.context.view_layer.name, spec)
    try:
        Contents(bench, bpy.context.scene, bpy.context.view_layer)
        scene = bench.ensure()
        scene.render.image_settings.exr_codec = codec
        bench.camera().data.lens = spec.sweep.lens
        bench.numbered()
        with bpy.context.temp_override(scene=scene, view_layer=scene.view_layers[0]):
            for view in views:
                bench.camera().matrix_world = Matrix([list(row) for row in view.camera.cam_to_world])
                scene.render.filepath = str(folder / f"{view.view:06d}.exr")
                bpy.ops.render.render(write_still=True)
                rendered()
    finally:
        bench.close()
    return time.perf_counter() - began


def main() -> int:
    """Print a line a repetition and the median ratio; return 1 when it is over the goal."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--views", type=int, default=20)
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    synthdata_addon.register()
    try:
        fill_example_scene(bpy.context.scene)
        settings = bpy.context.scene.synthdata
        settings.width, settings.height, settings.use_styles, settings.views = (
            640,
            480,
            False,
            arguments.views,
        )
        return measure(job_from_scene(bpy.context.scene), arguments.repeat)
    finally:
        synthdata_addon.unregister()


def measure(spec: JobSpec, repeat: int) -> int:
    """Run both sides in turn, so that a busy machine is busy for both."""
    ratios, own = [], []
    with tempfile.TemporaryDirectory() as name:
        for number in range(repeat):
            folder = Path(name) / str(number)
            with quiet():
                job = whole_job(spec, folder / "job")
                views = list(Journal(DatasetFolder(folder / "job").views_journal).read(ViewRecord))
                bare = bare_loop(spec, views, folder / "bare", "ZIP")
                unpacked = bare_loop(spec, views, folder / "unpacked", "NONE")
            ratios.append(job / bare)
            own.append(job / unpacked)
            print(
                f"{len(views)} views: job {job:.2f} s; bare loop {bare:.2f} s, ratio {ratios[-1]:.3f}; "
                f"unpacked {unpacked:.2f} s, ratio {own[-1]:.3f}"
            )
    median = statistics.median(ratios)
    print(f"median ratio {median:.3f} (goal {GOAL}), to the unpacked loop {statistics.median(own):.3f}")
    return 0 if median <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
