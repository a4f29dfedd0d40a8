# SPDX-License-Identifier: GPL-3.0-or-later
"""A dataset as Blender would leave it for the runner: real EXR files of a made-up scene, views.jsonl and job.json."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from synthdata_addon.core import layout
from synthdata_addon.core.categories import Category
from synthdata_addon.core.decode import to_json
from synthdata_addon.core.journal import Journal
from synthdata_addon.core.layout import DatasetFolder
from synthdata_addon.core.records import (
    CameraRecord,
    InstanceRecord,
    JobRecord,
    PixelKey,
    SeenInstance,
    ViewRecord,
)
from synthdata_addon.core.seeds import is_validation
from synthdata_addon.core.spec import SCHEMA, JobSpec
from tests.exr_files import write_exr

CATEGORIES = (Category(1, "ball"), Category(2, "box <b>&"))
INSTANCES = (
    InstanceRecord(1, "Ball.001", 1),
    InstanceRecord(2, "Ball.002", 1),
    InstanceRecord(3, "Box", 2),
    InstanceRecord(4, "Hidden", 2),
)
INDEX_STEP = 10
"""The Object Index of an instance is not its id: it is so many times as much."""
IDENTITY = tuple(tuple(float(v) for v in row) for row in np.eye(4))
SEEN = tuple(
    SeenInstance(
        item.id,
        item.category_id,
        (PixelKey(INDEX_STEP * item.id, name=item.name),),
        matrix_world=IDENTITY,
        box=(-1.0, -1.0, -1.0, 1.0, 1.0, 1.0),
    )
    for item in INSTANCES
)
K = ((100.0, 0.0, 31.5), (0.0, 100.0, 23.5), (0.0, 0.0, 1.0))
CAMERA = CameraRecord("Camera", "PERSP", K, IDENTITY, IDENTITY)


def scene_passes(view: int, width: int, height: int):
    """Depth, world normal and id map of two balls and a box before a wall; every view stands elsewhere."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    depth = np.full((height, width), 6.0)
    depth[: height // 6] = 1e10
    normal = np.zeros((height, width, 3))
    normal[height // 6 :] = (0.0, 0.0, 1.0)
    index = np.zeros((height, width))
    shift = view * width / 23
    for number, (cx, cy, r) in enumerate(((0.3, 0.5, 0.16), (0.6, 0.6, 0.12)), start=1):
        dx, dy = (x - (cx * width + shift) % width) / (r * width), (y - cy * height) / (r * width)
        inside = dx**2 + dy**2 < 1.0
        bulge = np.sqrt(np.clip(1.0 - dx**2 - dy**2, 0.0, 1.0))
        depth[inside], index[inside] = (5.0 - number - bulge)[inside], number
        normal[inside] = np.stack([dx, -dy, bulge], axis=2)[inside]
    box = (abs(x - width * 0.8) < width * 0.1) & (abs(y - height * 0.75) < height * 0.15) & (index == 0)
    depth[box], index[box], normal[box] = 4.0, 3, (0.0, 0.0, 1.0)
    return depth, normal, index


def write_job(folder: DatasetFolder, spec: JobSpec, views: int, scene_file: str = "scene.blend") -> JobRecord:
    """Write job.json."""
    job = JobRecord(
        schema=SCHEMA,
        job=spec,
        scene_file=scene_file,
        categories=CATEGORIES,
        views=views,
        depth_near=2.0,
        depth_far=6.0,
        software={"synthdata": "0.1.0", "blender": "none"},
        created="2026-01-02T03:04:05+00:00",
        instances=INSTANCES,
    )
    folder.make_folders()
    folder.job_file.write_text(json.dumps(to_json(job)), encoding="utf-8")
    return job


def render_view(folder: DatasetFolder, spec: JobSpec, view: int, *, modern: bool = False) -> ViewRecord:
    """Write one view's EXR and its line of views.jsonl."""
    depth, normal, index = scene_passes(view, spec.width, spec.height)
    file = folder.full(layout.pass_file(view))
    write_exr(file, depth, normal, index * INDEX_STEP, modern=modern, combined=False, packed=False)
    record = ViewRecord(
        view=view,
        frame=1,
        split="val" if is_validation(spec.seed, view, spec.val_fraction) else "train",
        width=spec.width,
        height=spec.height,
        pass_file=layout.pass_file(view),
        camera=CAMERA,
        instances=SEEN,
    )
    Journal(folder.views_journal).append(record)
    return record


def make_dataset(root: Path, spec: JobSpec, views: int) -> DatasetFolder:
    """Write a whole dataset that the runner has not seen yet."""
    folder = DatasetFolder(root)
    write_job(folder, spec, views)
    for view in range(views):
        render_view(folder, spec, view, modern=bool(view % 2))
    return folder
