# SPDX-License-Identifier: GPL-3.0-or-later
"""What label renders cost beside the finished picture they belong to, as ratios in one run.

Two questions, both over the example room: how much a view's label render adds to its picture (16 samples, 640 x 480;
goal: at most 5 %), and how much telling 300 copies apart adds to a label render (goal: at most one more render).

Run after ``python3 build.py demo`` with the Python that has ``bpy``:
``.envs/blender-4.5/bin/python benchmarks/label_share.py``.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import synthdata_addon
from benchmarks.job_overhead import quiet
from synthdata_addon.blender.contents import Contents
from synthdata_addon.blender.facts import scene_facts
from synthdata_addon.blender.job_scene import JobScene
from synthdata_addon.blender.pending import PendingView
from synthdata_addon.blender.session import RenderSession
from synthdata_addon.core.layout import DatasetFolder
from synthdata_addon.core.spec import JobSpec
from synthdata_addon.ui.example import fill_example_scene
from synthdata_addon.ui.settings import job_from_scene

PICTURE_GOAL = 0.05
COPIES_GOAL = 2.0
COPIES = 300


def open_session(spec: JobSpec, folder: Path) -> RenderSession:
    """Return a session on the scene as it is."""
    scene, layer = bpy.context.scene, bpy.context.view_layer
    layer.update()
    job_scene = JobScene(scene.name, layer.name, spec)
    contents = Contents(job_scene, scene, layer)
    return RenderSession(
        job_scene, scene_facts(scene, spec.sweep, contents.first), contents, DatasetFolder(folder)
    )


def seconds_a_view(session: RenderSession, render: Callable[[PendingView], object]) -> float:
    """Return the median seconds that something takes a view; the first view, which builds the scene, left out."""
    times = []
    for view in range(session.spec.sweep.views):
        with session.variation.of(view), session.turntable.of(view):
            pending = session.prepare(view)
            began = time.perf_counter()
            render(pending)
            times.append(time.perf_counter() - began)
    return statistics.median(times[1:])


def labels_and_picture(spec: JobSpec) -> tuple[float, float]:
    """Return the seconds a view of the labels and of the picture."""
    found = []
    for name in ("render_labels", "render_beauty"):
        with tempfile.TemporaryDirectory() as folder:
            session = open_session(spec, Path(folder))
            try:
                found.append(seconds_a_view(session, getattr(session, name)))
            finally:
                session.close()
    return found[0], found[1]


def scatter_copies() -> None:
    """Put 300 labelled copies of one cube over the room, made by geometry nodes."""
    bpy.ops.mesh.primitive_cube_add(size=0.05, location=(0.0, 0.0, -5.0))
    source = bpy.context.object
    source.synthdata.category = "crumb"
    mesh = bpy.data.meshes.new("Crumbs")
    places = [(0.1 * (n % 20) - 1.0, 0.1 * (n // 20) - 0.7, 1.5) for n in range(COPIES)]
    mesh.from_pydata(places, [], [])
    crumbs = bpy.data.objects.new("Crumbs", mesh)
    bpy.context.scene.collection.objects.link(crumbs)
    tree = bpy.data.node_groups.new("Crumbs", "GeometryNodeTree")
    for way in ("INPUT", "OUTPUT"):
        tree.interface.new_socket("Geometry", in_out=way, socket_type="NodeSocketGeometry")
    kinds = ("NodeGroupInput", "NodeGroupOutput", "GeometryNodeInstanceOnPoints", "GeometryNodeObjectInfo")
    start, end, on_points, info = (tree.nodes.new(kind) for kind in kinds)
    info.inputs["Object"].default_value, info.inputs["As Instance"].default_value = source, True
    tree.links.new(start.outputs[0], on_points.inputs["Points"])
    tree.links.new(info.outputs["Geometry"], on_points.inputs["Instance"])
    tree.links.new(on_points.outputs[0], end.inputs[0])
    crumbs.modifiers.new("Crumbs", "NODES").node_group = tree


def main() -> int:
    """Print both ratios; return 1 when one is over its goal."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--views", type=int, default=2)
    parser.add_argument("--samples", type=int, default=16)
    arguments = parser.parse_args()
    synthdata_addon.register()
    try:
        fill_example_scene(bpy.context.scene)
        bpy.context.scene.render.engine = "CYCLES"
        settings = bpy.context.scene.synthdata
        settings.width, settings.height, settings.use_styles = 640, 480, False
        settings.views, settings.beauty, settings.beauty_samples = arguments.views, True, arguments.samples
        spec = job_from_scene(bpy.context.scene)
        with quiet():
            labels, picture = labels_and_picture(spec)
            alone = replace(spec, passes=replace(spec.passes, beauty=False))
            plain = label_seconds(alone)
            scatter_copies()
            told_apart = label_seconds(alone)
    finally:
        synthdata_addon.unregister()
    share, ratio = labels / picture, told_apart / plain
    print(f"labels {labels:.3f} s, picture {picture:.2f} s: {share:.1%} more (goal {PICTURE_GOAL:.0%})")
    print(
        f"label render {plain:.3f} s, with {COPIES} copies {told_apart:.3f} s: {ratio:.2f} x (goal {COPIES_GOAL:g} x)"
    )
    return 0 if share <= PICTURE_GOAL and ratio <= COPIES_GOAL else 1


def label_seconds(spec: JobSpec) -> float:
    """Return the seconds of a view's label render."""
    with tempfile.TemporaryDirectory() as folder:
        session = open_session(spec, Path(folder))
        try:
            return seconds_a_view(session, session.render_labels)
        finally:
            session.close()


if __name__ == "__main__":
    sys.exit(main())
