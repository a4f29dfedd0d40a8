# SPDX-License-Identifier: GPL-3.0-or-later
"""BOP's scene-wise layout for 6-DoF pose: cameras, poses, masks of the whole and of the visible thing, visible share.

Format: ``docs/bop_datasets_format.md`` of the BOP toolkit. Lengths are millimetres, by the scene's unit scale;
cameras are OpenCV's, with the centre of the top-left pixel at (0, 0), as in the journals.
"""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from ..core.pose import Pose, split_matrix
from ..core.records import AnnotationRecord, CameraRecord, SeenInstance
from ..labels.coco import image_id, rendered
from ..labels.rle import decode
from .bop_info import dataset_info
from .source import ExportView, Files, Source

MILLIMETRES: Final = 1000.0
"""Of a metre."""
SCENE_SIZE: Final = 1000
"""Pictures a scene folder holds at most, as in BOP's own rendered training sets."""
PNG_LEVEL: Final = 1
"""Masks are flat: they pack nearly as small as at level 9, in a fraction of the time."""


@dataclass(frozen=True)
class Thing:
    """One instance as BOP says it: its lines of the two tables, and its masks as PNG files."""

    truth: dict[str, Any]
    info: dict[str, Any]
    mask: bytes
    mask_visib: bytes


@dataclass(frozen=True)
class Shot:
    """One picture with its camera's line and its instances; ``number`` is COCO's image id."""

    number: int
    file: str
    camera: dict[str, Any]
    things: list[Thing]


def write_bop(target: Path, source: Source) -> int:
    """Write a scene folder for every thousand picture numbers of a split; return the number of pictures.

    A picture is in the scene ``number // 1000`` under ``number % 1000``, so that a longer job leaves both as they are.
    Views without a perspective camera are left out, as are instances without a pose or without their whole mask.
    """
    pictures = 0
    for split in source.splits:
        shots = _shots(source, split)
        for scene, group in itertools.groupby(shots, key=lambda shot: shot.number // SCENE_SIZE):
            pictures += _write_scene(target / split / f"{scene:06d}", group, source.files)
    info = dataset_info(source.job.categories, unit=MILLIMETRES * source.job.unit_scale)
    (target / "dataset_info.md").write_text(info, encoding="utf-8", newline="\n")
    return pictures


def _shots(source: Source, split: str) -> Iterator[Shot]:
    for view in source.views(split):
        record = rendered(source.folder, view.head)
        camera = record.camera if record is not None else None
        if record is None or camera is None or camera.type != "PERSP":
            source.left_out["views without a perspective camera"] += 1
            continue
        things = _things(source, view, camera, {item.id: item for item in record.instances})
        for picture in view.pictures:
            number = image_id(source.job, view.labels.view, picture)
            line = camera_line(camera, MILLIMETRES * source.job.unit_scale)
            yield Shot(number, picture.file, line, things)


def _things(
    source: Source, view: ExportView, camera: CameraRecord, instances: dict[int, SeenInstance]
) -> list[Thing]:
    unit = MILLIMETRES * source.job.unit_scale
    world_to_camera = _in_millimetres(split_matrix(np.array(camera.world_to_camera))[0], unit)
    things = []
    for annotation in view.labels.annotations:
        instance = instances.get(annotation.instance_id)
        if instance is None or not instance.matrix_world:
            source.left_out["instances without a pose"] += 1
        elif not annotation.amodal_counts:
            source.left_out["instances whose whole mask is not known"] += 1
        else:
            size = view.labels.height, view.labels.width
            seen = _png(annotation.counts, *size)
            is_whole = annotation.amodal_counts == annotation.counts
            thing = Thing(
                truth=truth_line(annotation, instance, world_to_camera, unit),
                info=info_line(annotation),
                mask=seen if is_whole else _png(annotation.amodal_counts, *size),
                mask_visib=seen,
            )
            things.append(thing)
    return things


def camera_line(camera: CameraRecord, unit: float) -> dict[str, Any]:
    """Return a picture's line of ``scene_camera.json``, a scene unit being ``unit`` millimetres.

    There are no depth images; 1 is for readers that ask.
    """
    pose = _in_millimetres(split_matrix(np.array(camera.world_to_camera))[0], unit)
    return {
        "cam_K": [value for row in camera.k for value in row],
        "cam_R_w2c": plain(pose.rotation),
        "cam_t_w2c": plain(pose.translation),
        "depth_scale": 1.0,
    }


def truth_line(
    annotation: AnnotationRecord, instance: SeenInstance, world_to_camera: Pose, unit: float
) -> dict[str, Any]:
    """Return an instance's entry of ``scene_gt.json``: its pose in the camera, lengths in millimetres.

    ``stretch`` (3 x 3, by rows) is not BOP's: it is the scale that a pose has no room for, so that a point p of the
    object in scene units is the model's point unit * stretch * p. ``instance_id`` is not BOP's either.
    """
    model_to_world, stretch = split_matrix(np.array(instance.matrix_world))
    pose = world_to_camera.after(_in_millimetres(model_to_world, unit))
    return {
        "cam_R_m2c": plain(pose.rotation),
        "cam_t_m2c": plain(pose.translation),
        "obj_id": annotation.category_id,
        "instance_id": annotation.instance_id,
        "stretch": plain(stretch),
    }


def info_line(annotation: AnnotationRecord) -> dict[str, Any]:
    """Return an instance's entry of ``scene_gt_info.json``; the whole silhouette is counted inside of the picture."""
    whole = annotation.amodal_area or annotation.area
    return {
        "bbox_obj": list(annotation.amodal_bbox or annotation.bbox),
        "bbox_visib": list(annotation.bbox),
        "px_count_all": whole,
        "px_count_visib": annotation.area,
        "visib_fract": annotation.area / whole,
    }


def _write_scene(folder: Path, shots: Iterator[Shot], files: Files) -> int:
    """Write one scene folder, a picture at a time."""
    for name in ("rgb", "mask", "mask_visib"):
        (folder / name).mkdir(parents=True)
    pictures = 0
    with (
        Table(folder / "scene_camera.json") as cameras,
        Table(folder / "scene_gt.json") as truths,
        Table(folder / "scene_gt_info.json") as infos,
    ):
        for shot in shots:
            image = shot.number % SCENE_SIZE
            files.place(shot.file, folder / "rgb" / f"{image:06d}.png")
            cameras.add(image, shot.camera)
            truths.add(image, [thing.truth for thing in shot.things])
            infos.add(image, [thing.info for thing in shot.things])
            for number, thing in enumerate(shot.things):
                name = f"{image:06d}_{number:06d}.png"
                (folder / "mask" / name).write_bytes(thing.mask)
                (folder / "mask_visib" / name).write_bytes(thing.mask_visib)
            pictures += 1
    return pictures


class Table:
    """A JSON file that maps picture numbers to values, written a line at a time, as the BOP toolkit lays it out."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opening = "{\n"

    def __enter__(self) -> Self:
        self._file: IO[str] = self._path.open("w", encoding="utf-8", newline="\n")
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.write("{}\n" if self._opening == "{\n" else "\n}\n")
        self._file.close()

    def add(self, image: int, value: Any) -> None:
        """Write one picture's line."""
        line = json.dumps(value, sort_keys=True, allow_nan=False)
        self._file.write(f'{self._opening}  "{image}": {line}')
        self._opening = ",\n"


def plain(values: NDArray[np.float64]) -> list[float]:
    """Return the numbers by rows; nine digits hold what Blender's 32-bit matrices do."""
    return [float(f"{value:.9g}") + 0.0 for value in values.ravel()]


def _in_millimetres(pose: Pose, unit: float) -> Pose:
    return Pose(pose.rotation, pose.translation * unit)


def _png(counts: str, height: int, width: int) -> bytes:
    from PIL import Image

    data = io.BytesIO()
    mask = decode(counts, height, width).astype(np.uint8) * np.uint8(255)
    Image.fromarray(np.ascontiguousarray(mask)).save(data, format="PNG", compress_level=PNG_LEVEL)
    return data.getvalue()
