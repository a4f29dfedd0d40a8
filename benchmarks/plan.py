# SPDX-License-Identifier: GPL-3.0-or-later
"""What planning costs beside rendering, as a ratio in one run.

10,000 views of a scene with 500 objects are planned, each tested against the scene: that the camera is not inside of
anything, and that it sees what it looks at, another object each view. Goal: less time than 20 label renders (one
sample, 512 x 512) of the same scene take.

Run with the Python that has ``bpy``: ``.envs/blender-4.5/bin/python benchmarks/plan.py``.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import synthdata_addon
from benchmarks.job_overhead import quiet
from synthdata_addon.blender.contents import Contents
from synthdata_addon.blender.facts import scene_facts
from synthdata_addon.blender.job_scene import JobScene
from synthdata_addon.blender.session import RenderSession
from synthdata_addon.core.errors import SceneError
from synthdata_addon.core.layout import DatasetFolder
from synthdata_addon.core.spec import JobSpec
from synthdata_addon.core.sweep_spec import LimitsSpec, SweepSpec

OBJECTS, VIEWS, RENDERS = 500, 10_000, 20
ROOM = 10.0


def scatter_objects() -> None:
    """Put balls of their own meshes (320 triangles each) at random into a cube."""
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    bpy.ops.mesh.primitive_ico_sphere_add(subdivisions=3, radius=0.2)
    first = bpy.context.object
    rng = np.random.default_rng(0)
    for number in range(OBJECTS):
        obj = bpy.data.objects.new(f"Ball {number}", first.data.copy())
        obj.location = rng.uniform(-ROOM / 2, ROOM / 2, 3)
        obj.synthdata.category = f"ball {number % 5}"
        bpy.context.scene.collection.objects.link(obj)
    bpy.data.objects.remove(first)


def open_session(spec: JobSpec, folder: Path) -> RenderSession:
    """Return a session on the scene as it is."""
    scene, layer = bpy.context.scene, bpy.context.view_layer
    layer.update()
    job_scene = JobScene(scene.name, layer.name, spec)
    contents = Contents(job_scene, scene, layer)
    facts = scene_facts(scene, spec.sweep, contents.first, contents.labelling.id_of)
    return RenderSession(job_scene, facts, contents, DatasetFolder(folder))


def measure(limits: LimitsSpec, folder: Path) -> tuple[float, float, int]:
    """Return the seconds of the plan and of the renders, and how many views the plan has a pose for."""
    sweep = SweepSpec(
        kind="DOME", views=VIEWS, radius=2.0, look_at="OBJECTS", balance="CATEGORIES", limits=limits
    )
    session = open_session(JobSpec(sweep=sweep), folder)
    try:
        began = time.perf_counter()
        found = 0
        for view in range(VIEWS):
            try:
                session.poses.find(view)
                found += 1
            except SceneError:
                continue
        planned = time.perf_counter() - began
        session.start(range(RENDERS + 1))
        session.step()  # the first one builds the scene
        began = time.perf_counter()
        while session.remaining:
            session.step()
        return planned, time.perf_counter() - began, found
    finally:
        session.close()


def main() -> None:
    """Print both ratios."""
    synthdata_addon.register()
    try:
        for name, limits in (
            ("not inside anything", LimitsSpec()),
            ("and in sight", LimitsSpec(visible=True)),
        ):
            with tempfile.TemporaryDirectory() as folder, quiet():
                scatter_objects()
                planned, rendered, found = measure(limits, Path(folder))
            sys.stdout.write(
                f"{name}: {VIEWS} views ({found} found) in {planned:.2f} s, {RENDERS} renders in {rendered:.2f} s: "
                f"ratio {planned / rendered:.2f} (goal: below 1)\n"
            )
    finally:
        synthdata_addon.unregister()


if __name__ == "__main__":
    main()
