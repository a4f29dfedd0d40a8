# SPDX-License-Identifier: GPL-3.0-or-later
"""One line of each journal: what was rendered, what was labelled, what was pictured. All read and write JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .categories import Category
from .json_line import REPEATS
from .spec import JobSpec
from .variation import LensModel


@dataclass(frozen=True)
class DistortionRecord:
    """A lens that distorts: ``coefficients`` are OpenCV's ``distCoeffs`` of its ``model``, to be used with the camera's
    K. The passes are rendered without it, ``render_size`` (width, height) pixels large with ``render_k``.
    """

    model: LensModel
    coefficients: tuple[float, ...]
    render_k: tuple[tuple[float, ...], ...]
    render_size: tuple[int, int]


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
    distortion: DistortionRecord | None = None


@dataclass(frozen=True)
class PixelKey:
    """How the passes tell one rendered thing from the others.

    ``index`` is its Object Index, ``random`` the ``Object Info > Random`` of one copy that instancing makes (None for
    an object that is there itself: its Object Index is enough), ``material`` the Material Index (0: any), ``name`` the
    object's name as Cryptomatte hashes it.
    """

    index: int
    random: float | None = None
    material: int = 0
    name: str = ""


@dataclass(frozen=True)
class KeypointRecord:
    """A keypoint in a view: pixel coordinates as COCO's, and COCO's ``v``.

    ``v`` is 0 outside of the picture (then x = y = 0), 1 hidden by something, 2 visible.
    """

    x: float
    y: float
    v: int


@dataclass(frozen=True)
class InstanceRecord:
    """One labelled thing: an object, a group of objects, or a copy of either that instancing makes.

    ``id`` is stable over the job and the value in the instance masks. ``parent`` is the object that instances it and
    ``persistent_id`` Blender's number of the copy (without its unused tail), both empty for what is there itself.
    """

    id: int
    name: str
    category_id: int
    parent: str = ""
    persistent_id: tuple[int, ...] = ()


@dataclass(frozen=True)
class SeenInstance:
    """An instance as one view has it.

    ``keys`` find its pixels; ``matrix_world`` (4 x 4, row-major) places its own axes in the world, and ``box`` is its
    3D box in those axes (x, y, z of the lowest corner, then of the highest; empty without extent), scene units.
    ``keypoints`` are in the order of its category's. ``outside`` tells whether it reaches past the picture's edges
    (None when visibility was not asked for).
    """

    id: int
    category_id: int
    keys: tuple[PixelKey, ...]
    matrix_world: tuple[tuple[float, ...], ...] = ()
    box: tuple[float, ...] = ()
    keypoints: tuple[KeypointRecord, ...] = ()
    outside: bool | None = None


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
    instances: tuple[SeenInstance, ...] = field(default=(), metadata={REPEATS: True})
    solo_files: tuple[str, ...] = ()
    """EXR files whose Object Index pass holds the ids of instances that hide nothing of each other: what each shows
    alone. Every instance whose visibility was asked for is in one of them."""
    crypto_file: str = ""
    """EXR with the Cryptomatte of the finished picture, where labels come from it."""
    beauty: bool = False
    skipped: str = ""
    seconds: float = 0.0
    aim: tuple[float, ...] = ()
    """The point that the camera was to look at, world space; empty in datasets of older versions."""
    variation: dict[str, Any] = field(default_factory=dict)
    """What was drawn for the view, by kind (``lights``, ``world`` ...); empty where nothing varies."""

    @property
    def source_files(self) -> tuple[str, ...]:
        """The relative paths of the files that the view is labelled from, the passes first."""
        return tuple(file for file in (self.pass_file, self.crypto_file, *self.solo_files) if file)


@dataclass(frozen=True)
class AnnotationRecord:
    """One visible instance: COCO's ``bbox`` ([x, y, width, height], pixels), ``area`` and compressed RLE ``counts``.

    ``polygons`` say the same mask in COCO's polygon form, where that was asked for and can be. ``visible_fraction`` is
    the share of the pixels it would have alone in the picture, ``amodal_*`` describe those pixels, ``truncated`` tells
    that it reaches past the picture's edge; None or empty where it was not asked for.
    """

    instance_id: int
    category_id: int
    area: int
    bbox: tuple[int, int, int, int]
    counts: str
    polygons: tuple[tuple[float, ...], ...] = ()
    visible_fraction: float | None = None
    truncated: bool | None = None
    amodal_bbox: tuple[int, int, int, int] | None = None
    amodal_area: int | None = None
    amodal_counts: str = ""
    keypoints: tuple[KeypointRecord, ...] = ()


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
    control_files: tuple[str, ...] = ()
    """The control images beside depth and normal."""
    render_file: str = ""
    annotations: tuple[AnnotationRecord, ...] = ()
    dropped: int = 0
    """Visible instances that the job's filters left out (fewer pixels, or a smaller visible share, than asked for)."""
    skipped: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class InstanceFidelity:
    """How well a picture shows one instance, 0 to 1: ``fidelity``, of ``edge_recall`` and ``contrast``.

    ``dropped`` tells that the annotation is left out of this picture for it. What models say of it, where the job names
    them: ``depth`` (rank correlation of estimated and true depth round its box, -1 to 1), ``clip`` (probability of its
    category) and ``detection`` (overlap of its box with what a detector finds).
    """

    instance_id: int
    fidelity: float
    edge_recall: float
    contrast: float
    dropped: bool = False
    depth: float | None = None
    clip: float | None = None
    detection: float | None = None


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
    number: int = 0
    """Which of the view's pictures in this style, from 0."""
    fidelity: float | None = None
    """How well the picture shows what its labels say, 0 to 1; None where that was not asked for or cannot be said."""
    scores: tuple[InstanceFidelity, ...] = ()
    attempts: tuple[float, ...] = ()
    """The fidelity of each try of a picture that was made more than once; the best one stayed."""
    rejected: str = ""
    """Why the picture is left out of the annotations and exports."""
    strength: float = 1.0
    """The factor of every ControlNet's scale in the try that stayed."""
    background: str = ""
    """What the things of a PASTE style were pasted onto: a sample, or a picture's file name."""
    engine: str = ""
    """What the picture was made by: device, precision, what was done for speed, how many at once if more than one."""


@dataclass(frozen=True)
class JobVersion:
    """What a job was before it was extended: its views 0 .. ``views`` - 1 were made (or begun) by this."""

    job: JobSpec
    views: int
    scene_file: str
    software: dict[str, Any]
    replaced: str


@dataclass(frozen=True)
class JobRecord:
    """``job.json``: the whole request and what it was resolved to, enough to replay it.

    ``instances`` are all labelled objects of the scene: their ids must not change between runs. ``standing`` tells
    where each stands as the job begins (see ``core/standing.py``). ``history`` are the earlier versions of a job that
    was extended, oldest first. ``unit_scale`` is how many metres a scene unit is.
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
    history: tuple[JobVersion, ...] = ()
    standing: tuple[str, ...] = ()
    unit_scale: float = 1.0
