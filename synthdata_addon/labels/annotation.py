# SPDX-License-Identifier: GPL-3.0-or-later
"""One annotation in COCO's form, with what SynthData knows beyond it: visibility, pose and 3D box."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import Matrix4
from ..core.categories import Category
from ..core.pose import split_matrix
from ..core.records import AnnotationRecord, InstanceRecord, SeenInstance

CORNERS: Final = np.array(list(product((0, 3), (1, 4), (2, 5))))
"""Where in (lowest x, y, z, highest x, y, z) the coordinates of the eight corners are, (8, 3)."""


def annotation_entry(
    record: AnnotationRecord,
    category: Category | None,
    instance: InstanceRecord | None,
    size: tuple[int, int],
) -> dict[str, Any]:
    """Return an annotation without its ids.

    Args:
        record: what the view shows of an instance.
        category: its category, which says whether annotations have keypoints.
        instance: what the job knows of it, for its name and origin.
        size: height and width of the picture.
    """
    runs = {"size": list(size), "counts": record.counts}
    entry: dict[str, Any] = {
        "category_id": record.category_id,
        "segmentation": [list(part) for part in record.polygons] if record.polygons else runs,
        # The number of mask pixels, not of the box's.
        "area": record.area,
        "bbox": list(record.bbox),
        # 1 would mean "a crowd, do not score", whatever the encoding of the mask.
        "iscrowd": 0,
        "instance_id": record.instance_id,
    }
    if instance is not None:
        entry["name"] = instance.name
        if instance.persistent_id:
            entry |= {"parent": instance.parent, "persistent_id": list(instance.persistent_id)}
    if record.visible_fraction is not None:
        entry["visible_fraction"] = record.visible_fraction
    if record.truncated is not None:
        entry["truncated"] = record.truncated
    if record.amodal_bbox is not None:
        entry["amodal_bbox"] = list(record.amodal_bbox)
        entry["amodal_area"] = record.amodal_area
        entry["amodal_segmentation"] = {"size": list(size), "counts": record.amodal_counts}
    if category is not None and category.keypoints:
        entry |= _keypoints(record, len(category.keypoints))
    return entry


def space_entries(instances: Iterable[SeenInstance], world_to_camera: Matrix4) -> dict[int, dict[str, Any]]:
    """Return where instances are, by id, in the camera's OpenCV axes (X right, Y down, Z forward), scene units.

    ``pose`` is the (4, 4) rigid matrix from the object's axes to the camera's, ``box3d`` the eight corners of its box
    in the camera's axes: those of the object's own x, y, z, lowest first, z changing fastest. The box has the object's
    scale and shear in it, the pose has not.
    """
    placed = [item for item in instances if item.matrix_world]
    if not placed:
        return {}
    matrices = world_to_camera @ np.array([item.matrix_world for item in placed])
    pose, _ = split_matrix(matrices)
    rigid = matrices.copy()
    rigid[:, :3, :3] = pose.rotation
    boxes = np.array([item.box or (0.0,) * 6 for item in placed])
    corners = boxes[:, CORNERS] @ np.swapaxes(matrices[:, :3, :3], 1, 2) + matrices[:, None, :3, 3]
    entries = zip(placed, _plain(rigid), _plain(corners), strict=True)
    return {
        item.id: {"pose": matrix, "box3d": points} if item.box else {"pose": matrix}
        for item, matrix, points in entries
    }


def _keypoints(record: AnnotationRecord, count: int) -> dict[str, Any]:
    """Return COCO's flat x, y, v of every keypoint of the category; what the view does not have is not labelled."""
    flat = [number for point in record.keypoints for number in (point.x, point.y, point.v)]
    flat = (flat + [0] * (3 * count))[: 3 * count]
    return {"keypoints": flat, "num_keypoints": sum(v > 0 for v in flat[2::3])}


def _plain(values: NDArray[np.float64]) -> list[Any]:
    """Return nested lists, without digits that Blender's 32-bit matrices do not have and without negative zeros."""
    rounded: list[Any] = (np.round(values, 9) + 0.0).tolist()
    return rounded
