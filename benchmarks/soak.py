# SPDX-License-Identifier: GPL-3.0-or-later
"""Does a long job stay as it began? Thousands of small views with everything on, measured as they go.

Goals: memory of Blender and of the runner at the end within 5 % of that after 100 views (medians of 50 views); seconds
a view of the last 200 views within 10 % of those of views 100 to 300 (medians, in one run); no open file, no thread and
no data-block more.

Run with the Python that has ``bpy``, the runner's Python in ``SYNTHDATA_RUNNER_PYTHON``:
``.envs/blender-4.5/bin/python benchmarks/soak.py --views 2000``.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import astuple, dataclass, replace
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import synthdata_addon
from benchmarks.job_overhead import quiet
from synthdata_addon.core.controls import OTHERS, ControlImagesSpec
from synthdata_addon.core.fidelity import FidelitySpec
from synthdata_addon.core.spec import JobSpec, LabelsSpec, PassesSpec
from synthdata_addon.core.style_spec import StyleSpec
from synthdata_addon.core.sweep_spec import LimitsSpec, SweepSpec
from synthdata_addon.core.variation import (
    CameraVariation,
    FramesVariation,
    LightsVariation,
    MaterialsVariation,
    ObjectsVariation,
    SensorVariation,
    VariationSpec,
    WorldVariation,
)
from synthdata_addon.ui.job import GenerateJob
from synthdata_addon.ui.settings import job_from_scene

WARM, WINDOW = 100, 50
MEMORY_GOAL, TIME_GOAL = 1.05, 1.10
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Moment:
    """What a process holds: resident memory in bytes, open files, threads."""

    memory: int
    files: int
    threads: int

    @classmethod
    def of(cls, pid: int) -> Moment:
        """Read it from the kernel's tables."""
        proc = Path(f"/proc/{pid}")
        resident = int((proc / "statm").read_text().split()[1]) * PAGE
        return cls(resident, len(list((proc / "fd").iterdir())), len(list((proc / "task").iterdir())))


def data_blocks() -> dict[str, int]:
    """Return how many data-blocks of each kind the file holds."""
    kinds = [
        name for name in dir(bpy.data) if isinstance(getattr(bpy.data, name), bpy.types.bpy_prop_collection)
    ]
    found = {name: len(getattr(bpy.data, name)) for name in kinds}
    # Blender keeps the last render of any scene as an image.
    found["images"] -= "Render Result" in bpy.data.images
    return found


def fill_scene(scene: bpy.types.Scene) -> None:
    """Put a ground, labelled things (one moves, one is see-through), two lights and a world into a scene."""
    bpy.ops.mesh.primitive_plane_add(size=8.0)
    adders = (
        bpy.ops.mesh.primitive_cube_add,
        bpy.ops.mesh.primitive_uv_sphere_add,
        bpy.ops.mesh.primitive_cone_add,
        bpy.ops.mesh.primitive_monkey_add,
    )
    for number in range(8):
        x, y = number % 4 - 1.5, number // 4 - 0.5
        adders[number % 4](location=(1.2 * x, 1.5 * y, 0.5), scale=(0.4, 0.4, 0.4))
        obj = bpy.context.object
        obj.synthdata.category = f"kind {number % 4}"
        material = bpy.data.materials.new(f"Paint {number}")
        material.use_nodes = True
        shader = material.node_tree.nodes["Principled BSDF"]
        shader.inputs["Base Color"].default_value = (0.1 * number, 0.8 - 0.1 * number, 0.3, 1.0)
        shader.inputs["Alpha"].default_value = 0.5 if number == 5 else 1.0
        obj.data.materials.append(material)
        if number == 6:
            for frame in (1, 250):
                obj.location.z = 0.5 + frame / 500.0
                obj.keyframe_insert("location", frame=frame)
    for kind, place in (("POINT", (2.0, -2.0, 4.0)), ("SUN", (0.0, 0.0, 5.0))):
        bpy.ops.object.light_add(type=kind, location=place)
    scene.world = bpy.data.worlds.new("World")
    scene.render.engine = "CYCLES"
    scene.synthdata.beauty = True


def everything(scene: bpy.types.Scene, views: int, size: int) -> JobSpec:
    """Return a job with all that costs memory or time switched on."""
    return replace(
        job_from_scene(scene),
        width=size,
        height=size,
        sweep=SweepSpec(kind="DOME", views=views, jitter=0.5, limits=LimitsSpec(visible=True)),
        passes=PassesSpec(beauty=True, beauty_samples=1, cryptomatte=True),
        labels=LabelsSpec(polygons=True, panoptic=True, captions=True, visibility=True, amodal=True),
        exports=("YOLO_DETECT", "YOLO_SEGMENT", "IMAGEFOLDER"),
        styles=(
            StyleSpec("office", "an {office|study}, {categories}"),
            StyleSpec("cut", kind="PASTE", background="office"),
        ),
        fidelity=FidelitySpec(measure=True),
        control_images=ControlImagesSpec(kinds=OTHERS),
        variation=VariationSpec(
            lights=LightsVariation(
                use=True, use_temperature=True, use_sun=True, shift=0.5, off=0.3, extra=(0, 3)
            ),
            world=WorldVariation(use=True, source="SKY"),
            materials=MaterialsVariation(use=True, use_roughness=True),
            objects=ObjectsVariation(
                use=True,
                shuffle=True,
                location=(0.1, 0.1, 0.05),
                rotation=40.0,
                scale=(0.8, 1.25),
                hidden=0.1,
            ),
            camera=CameraVariation(use_lens=True, use_exposure=True, use_dof=True, use_motion_blur=True),
            sensor=SensorVariation(use_noise=True, use_distortion=True, precision=1),
            frames=FramesVariation(use=True, end=10),
        ),
    )


class Watch:
    """What a process holds from piece to piece of its work, in a window after ``WARM`` of them and in a last one.

    Medians of windows: the memory of a renderer that goes from scene to scene swings by some percent a view.
    """

    def __init__(self) -> None:
        self.first: list[Moment] = []
        self.last: deque[Moment] = deque(maxlen=WINDOW)

    def look(self, pid: int, done: int) -> None:
        """Note what the process holds after ``done`` pieces of work, if it is still there."""
        if done < WARM:
            return
        with contextlib.suppress(OSError, IndexError):
            self.last.append(Moment.of(pid))
            if len(self.first) < WINDOW:
                self.first.append(self.last[-1])


def median(moments: Iterable[Moment]) -> Moment:
    """Return the moment in the middle, of each figure by itself."""
    return Moment(*(int(statistics.median(column)) for column in zip(*map(astuple, moments), strict=True)))


def main() -> int:
    """Run the job, print what it came to, and return 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--views", type=int, default=2000)
    parser.add_argument("--size", type=int, default=64)
    arguments = parser.parse_args()
    synthdata_addon.register()
    try:
        with tempfile.TemporaryDirectory() as folder, quiet():
            report, good = soak(Path(folder), arguments.views, arguments.size)
    finally:
        bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
        synthdata_addon.unregister()
    sys.stdout.write(report)
    return 0 if good else 1


def soak(folder: Path, views: int, size: int) -> tuple[str, bool]:
    """Run one job of so many views; return what to print and whether every goal is met."""
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    scene = bpy.context.scene
    fill_scene(scene)
    before = data_blocks()
    job = GenerateJob(scene, bpy.context.view_layer, everything(scene, views, size), folder / "set")
    blender, runner = Watch(), Watch()
    times: list[float] = []
    render, samples = job.status.stages["render"], job.status.stages["samples"]
    more = True
    while more:
        began, rendered, pictured = time.perf_counter(), render.done, samples.done
        more = job.step()
        if render.done > rendered:
            times.append(time.perf_counter() - began)
            blender.look(os.getpid(), len(times))
        if samples.done > pictured:
            runner.look(runner_of(job), samples.done)
    return told(job, {"Blender": blender, "runner": runner}, times, before)


def runner_of(job: GenerateJob) -> int:
    """Return the process id of a job's runner, 0 when it has ended."""
    try:
        return int(json.loads(job.folder.runner_lock.read_text())["pid"])
    except (OSError, ValueError):
        return 0


def told(
    job: GenerateJob, watches: dict[str, Watch], times: list[float], before: dict[str, int]
) -> tuple[str, bool]:
    """Return the figures as text and whether all goals are met."""
    lines = [f"{len(times)} views, {job.status.stages['samples'].done} pictures\n"]
    good = job.status.complete
    for name, watch in watches.items():
        begin, end = median(watch.first), median(watch.last)
        ratio = end.memory / begin.memory
        good &= ratio <= MEMORY_GOAL and end.files <= begin.files and end.threads <= begin.threads
        lines.append(
            f"{name:8} {begin.memory / 2**20:7.1f} MiB after {WARM} views, {end.memory / 2**20:7.1f} at the end: "
            f"{ratio:.3f} (goal: at most {MEMORY_GOAL}); files {begin.files} and {end.files}, "
            f"threads {begin.threads} and {end.threads}\n"
        )
    early, late = statistics.median(times[WARM : WARM + 200]), statistics.median(times[-200:])
    good &= late / early <= TIME_GOAL
    lines.append(
        f"a view   {1000 * early:.1f} ms (views 100 to 300), {1000 * late:.1f} ms (last 200): {late / early:.3f} "
        f"(goal: at most {TIME_GOAL})\n"
    )
    after = data_blocks()
    changed = {name: (before[name], after[name]) for name in before if before[name] != after[name]}
    good &= not changed
    lines.append(f"data-blocks that changed in number: {changed or 'none'}\n")
    lines += [f"{text}\n" for text in job.status.problems]
    return "".join(lines), good


if __name__ == "__main__":
    sys.exit(main())
