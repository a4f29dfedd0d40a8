# SPDX-License-Identifier: GPL-3.0-or-later
"""A finished dataset whose truth is known: boxes and a ring in space, cast at by a ray through each pixel's centre."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from pycocotools import mask as coco_mask

from synthdata_addon.core import layout
from synthdata_addon.core.camera import Lens, intrinsics, look_at, world_to_opencv
from synthdata_addon.core.categories import Category
from synthdata_addon.core.decode import to_json
from synthdata_addon.core.journal import Journal
from synthdata_addon.core.layout import DatasetFolder
from synthdata_addon.core.records import (
    AnnotationRecord,
    CameraRecord,
    InstanceRecord,
    JobRecord,
    LabelRecord,
    PixelKey,
    SampleRecord,
    SeenInstance,
    ViewRecord,
)
from synthdata_addon.core.seeds import is_validation
from synthdata_addon.core.spec import SCHEMA, JobSpec, LabelsSpec, StyleSpec
from synthdata_addon.labels.panoptic import panoptic_picture
from synthdata_addon.labels.polygons import polygons
from synthdata_addon.runner.finishing import finish_dataset

WIDTH, HEIGHT, VIEWS, EMPTY_VIEW = 96, 72, 6, 5
CATEGORIES = (Category(3, "box"), Category(7, 'ring "O" \\ ü: #1'), Category(9, "never seen"))
STYLES = (StyleSpec("Red", "a red room"), StyleSpec("Blue", "blue: desk in snow"))
LABELS = LabelsSpec(visibility=True, amodal=True, polygons=True, panoptic=True, captions=True)
SPEC = JobSpec(seed=1, width=WIDTH, height=HEIGHT, labels=LABELS, styles=STYLES, val_fraction=0.34)
RING = 7


def _turned(x, y, z, angle):
    c, s = np.cos(angle), np.sin(angle)
    matrix = np.eye(4)
    matrix[:2, :2], matrix[:3, 3] = [[c, -s], [s, c]], (x, y, z)
    return matrix


def _facing_y(x, y, z):
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = [[1, 0, 0], [0, 0, -1], [0, 1, 0]], (x, y, z)
    return matrix


SHEAR = np.array([[1.0, 0.4, 0, 0], [0, 1, 0.2, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
THINGS = {
    2: (3, _turned(-1.2, 0.2, 0.0, 0.4) @ np.diag([0.5, 0.7, 0.9, 1.0])),
    3: (3, _turned(1.3, 0.4, 0.1, -0.9) @ np.diag([-0.6, 0.4, 0.5, 1.0])),
    300: (3, _turned(0.2, 1.0, 0.3, 0.2) @ SHEAR @ np.diag([0.9, 0.3, 0.35, 1.0])),
    5: (7, _facing_y(0.0, -0.9, 0.1)),
    # A post before the others, which cuts them in two.
    6: (3, _turned(0.7, -1.6, 0.0, 0.1) @ np.diag([0.09, 0.09, 1.5, 1.0])),
}
BOX = (-1.0, -1.0, -1.0, 1.0, 1.0, 1.0)
RING_BOX = (-1.0, -1.0, 0.0, 1.0, 1.0, 0.0)
"""Box of the ring: flat, between the radii 0.55 and 1 of its own XY plane."""


@dataclass(frozen=True)
class Truth:
    """What a view shows: the (H, W) bool masks of each visible instance, as seen and alone."""

    seen: dict[int, np.ndarray]
    alone: dict[int, np.ndarray]
    record: ViewRecord


@dataclass(frozen=True)
class Scene:
    """A dataset's folder, its job, and the truth of each view."""

    folder: DatasetFolder
    job: JobRecord
    views: dict[int, Truth]

    def finish(self):
        """Write everything that is derived."""
        return finish_dataset(self.folder, self.job)


def make_scene(root: Path, exports=(), spec: JobSpec = SPEC) -> Scene:
    """Write a dataset as the runner leaves it, but for what is derived from the journals."""
    folder = DatasetFolder(root)
    folder.make_folders()
    spec = JobSpec(**{**vars(spec), "exports": tuple(exports)})
    job = JobRecord(
        schema=SCHEMA,
        job=spec,
        scene_file="scene.blend",
        categories=CATEGORIES,
        views=VIEWS,
        depth_near=1.0,
        depth_far=9.0,
        software={"synthdata": "0.1.0"},
        created="2026-01-02T03:04:05+00:00",
        instances=tuple(InstanceRecord(i, f"Thing {i}", category) for i, (category, _) in THINGS.items()),
    )
    folder.job_file.write_text(json.dumps(to_json(job)), encoding="utf-8")
    views = {view: _write_view(folder, spec, view) for view in range(VIEWS)}
    return Scene(folder, job, views)


def _camera(view: int) -> CameraRecord:
    angle = -np.pi / 2 + (view - 2) * 0.25
    eye = np.array([6.0 * np.cos(angle), 6.0 * np.sin(angle), 1.5])
    pose = look_at(eye, np.array([0.0, 0.0, 0.1]) if view != EMPTY_VIEW else 2 * eye)
    k = intrinsics(Lens(lens=38.0, shift_x=0.03, shift_y=-0.02), WIDTH, HEIGHT)

    def plain(matrix):
        return tuple(tuple(float(value) for value in row) for row in matrix)

    return CameraRecord("Camera", "PERSP", plain(k), plain(world_to_opencv(pose)), plain(pose))


def cast(camera: CameraRecord, number: int) -> np.ndarray:
    """Return (H, W) depths at which the rays through the pixels' centres meet a thing, inf where they miss."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    rays = np.linalg.solve(np.array(camera.k), np.stack([x, y, np.ones_like(x)]).reshape(3, -1))
    to_camera = np.array(camera.world_to_camera) @ THINGS[number][1]
    inverse = np.linalg.inv(to_camera)
    origin, way = inverse[:3, 3:4], inverse[:3, :3] @ rays
    if THINGS[number][0] == RING:
        depth = -origin[2] / way[2]
        radius = np.hypot(*(origin + depth * way)[:2])
        hit = (radius < 1.0) & (radius > 0.55) & (depth > 0)
    else:
        near, far = np.sort([(-1 - origin) / way, (1 - origin) / way], axis=0)
        depth = near.max(axis=0)
        hit = (depth < far.min(axis=0)) & (depth > 0)
    return np.where(hit, depth, np.inf).reshape(HEIGHT, WIDTH)


def _write_view(folder: DatasetFolder, spec: JobSpec, view: int) -> Truth:
    camera = _camera(view)
    depths = {number: cast(camera, number) for number in THINGS}
    nearest = np.min(list(depths.values()), axis=0)
    alone = {number: np.isfinite(depth) for number, depth in depths.items()}
    seen = {number: alone[number] & (depth == nearest) for number, depth in depths.items()}
    seen = {number: mask for number, mask in sorted(seen.items()) if mask.any()}
    split = "val" if is_validation(spec.seed, view, spec.val_fraction) else "train"
    record = ViewRecord(
        view=view,
        frame=1,
        split=split,
        width=WIDTH,
        height=HEIGHT,
        camera=camera,
        instances=tuple(_seen_instance(number) for number in THINGS),
    )
    Journal(folder.views_journal).append(record)
    label = LabelRecord(
        view=view,
        split=split,
        width=WIDTH,
        height=HEIGHT,
        mask_file=layout.mask_file(view),
        category_mask_file=layout.category_mask_file(view),
        depth_file=layout.control_file("depth", view),
        normal_file=layout.control_file("normal", view),
        annotations=tuple(annotation(number, mask, alone[number]) for number, mask in seen.items()),
    )
    _write_pictures(folder, spec, label, seen)
    Journal(folder.labels_journal).append(label)
    return Truth(seen, {number: alone[number] for number in seen}, record)


def _seen_instance(number: int) -> SeenInstance:
    category, matrix = THINGS[number]
    return SeenInstance(
        id=number,
        category_id=category,
        keys=(PixelKey(number),),
        matrix_world=tuple(tuple(float(value) for value in row) for row in matrix),
        box=RING_BOX if category == RING else BOX,
        outside=False,
    )


def annotation(number: int, mask: np.ndarray, alone: np.ndarray) -> AnnotationRecord:
    """Return the labels of a mask as pycocotools makes them."""
    coded, whole = (coco_mask.encode(np.asfortranarray(each, np.uint8)) for each in (mask, alone))
    return AnnotationRecord(
        instance_id=number,
        category_id=THINGS[number][0],
        area=int(mask.sum()),
        bbox=tuple(int(value) for value in coco_mask.toBbox(coded)),
        counts=coded["counts"].decode(),
        polygons=polygons(mask),
        visible_fraction=round(float(mask.sum() / alone.sum()), 6),
        truncated=False,
        amodal_bbox=tuple(int(value) for value in coco_mask.toBbox(whole)),
        amodal_area=int(alone.sum()),
        amodal_counts=whole["counts"].decode(),
    )


def _write_pictures(folder: DatasetFolder, spec: JobSpec, label: LabelRecord, seen) -> None:
    ids = np.zeros((HEIGHT, WIDTH), np.uint16)
    for number, mask in seen.items():
        ids[mask] = number
    categories = np.zeros_like(ids)
    for number, (category, _) in THINGS.items():
        categories[ids == number] = category
    noise = np.random.default_rng(label.view).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
    _save(folder.full(label.mask_file), ids)
    _save(folder.full(label.category_mask_file), categories)
    _save(folder.full(label.depth_file), noise[..., 0])
    _save(folder.full(label.normal_file), noise)
    if spec.labels.panoptic:
        coloured = panoptic_picture(ids)[..., ::-1]  # OpenCV takes blue first
        _save(folder.full(layout.panoptic_file(label.split, label.view)), coloured)
    for number, style in enumerate(spec.styles):
        if label.view == EMPTY_VIEW - 1 and number:
            continue  # a job that is not finished
        picture = layout.image_file(label.view, style.name)
        _save(folder.full(picture), noise // (number + 1))
        sample = SampleRecord(
            sample=layout.sample_id(label.view, style.name),
            view=label.view,
            style=style.name,
            picture=picture,
            prompt=style.prompt,
            negative_prompt="",
            seed="12345678901234567890",
            width=WIDTH,
            height=HEIGHT,
            model="m",
            revision="r",
            steps=1,
            guidance_scale=1.0,
        )
        Journal(folder.samples_journal).append(sample)


def _save(path: Path, picture: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), picture)
