# SPDX-License-Identifier: GPL-3.0-or-later
"""One line of each journal: what was rendered, what was labelled, what was pictured. All read and write JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .categories import Category
from .spec import JobSpec


@dataclass(frozen=True)
class CameraRecord:
    """A view's camera, row-major, scene units.

    ``k`` and ``world_to_camera`` are OpenCV's (pixels; X right, Y down, Z forward; the centre of the top-left pixel is
    (0, 0)), ``cam_to_world`` is Blender's ``matrix_world``.
    """

    name: str
    type: str
    k: tuple[tuple[float, ...], ...]
    world_to_camera: tuple[tuple[float, ...], ...]
    cam_to_world: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class InstanceRecord:
    """One labelled object of a view; ``id`` is its Object Index in the passes, stable over the job."""

    id: int
    name: str
    category_id: int


@dataclass(frozen=True)
class ViewRecord:
    """A line of ``views.jsonl``, written by Blender. A view with ``skipped`` set has a reason instead of files."""

    view: int
    frame: int
    split: str
    width: int
    height: int
    pass_file: str = ""
    camera: CameraRecord | None = None
    instances: tuple[InstanceRecord, ...] = ()
    beauty: bool = False
    skipped: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class AnnotationRecord:
    """One visible instance: COCO's ``bbox`` ([x, y, width, height], pixels), ``area`` and compressed RLE ``counts``."""

    instance_id: int
    category_id: int
    area: int
    bbox: tuple[int, int, int, int]
    counts: str


@dataclass(frozen=True)
class LabelRecord:
    """A line of ``labels.jsonl``, written by the runner: what one view shows. Paths are relative to the dataset."""

    view: int
    split: str
    width: int
    height: int
    mask_file: str
    category_mask_file: str
    depth_file: str
    normal_file: str
    render_file: str = ""
    annotations: tuple[AnnotationRecord, ...] = ()
    skipped: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class SampleRecord:
    """A line of ``samples.jsonl``, written by the runner: one picture. ``seed`` is text: JSON readers round."""

    sample: str
    view: int
    style: str
    picture: str
    prompt: str
    negative_prompt: str
    seed: str
    width: int
    height: int
    model: str
    revision: str
    steps: int
    guidance_scale: float
    seconds: float = 0.0
    skipped: str = ""


@dataclass(frozen=True)
class JobRecord:
    """``job.json``: the whole request and what it was resolved to, enough to replay it.

    ``instances`` are all labelled objects of the scene: their ids must not change between runs.
    """

    schema: int
    job: JobSpec
    scene_file: str
    categories: tuple[Category, ...]
    views: int
    depth_near: float
    depth_far: float
    software: dict[str, Any]
    created: str
    instances: tuple[InstanceRecord, ...] = ()
