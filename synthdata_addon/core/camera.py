# SPDX-License-Identifier: GPL-3.0-or-later
"""Camera maths: Blender's lens settings to OpenCV intrinsics, Blender poses to OpenCV poses.

Blender's camera looks down -Z with Y up; OpenCV's looks down +Z with Y down. Image points follow OpenCV: the centre of
the top-left pixel is (0, 0), so that the picture spans -0.5 to width - 0.5. World space is Blender's: Z up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from .arrays import Matrix3, Matrix4

SensorFit = Literal["AUTO", "HORIZONTAL", "VERTICAL"]
BLENDER_TO_OPENCV = np.diag([1.0, -1.0, -1.0, 1.0])


@dataclass(frozen=True)
class Lens:
    """Blender's camera settings, under Blender's names: millimetres, and shifts as fractions of the fitted side."""

    type: Literal["PERSP", "ORTHO"] = "PERSP"
    lens: float = 50.0
    ortho_scale: float = 6.0
    sensor_width: float = 36.0
    sensor_height: float = 24.0
    sensor_fit: SensorFit = "AUTO"
    shift_x: float = 0.0
    shift_y: float = 0.0
    clip_start: float = 0.1
    clip_end: float = 1000.0


def intrinsics(lens: Lens, width: int, height: int, pixel_aspect: float = 1.0) -> Matrix3:
    """Return the OpenCV camera matrix K of a Blender lens.

    A perspective K takes camera coordinates to pixels after division by z. An orthographic K takes (x, y, 1) in scene
    units straight to pixels. The fitted side follows ``BKE_camera_sensor_fit``: with AUTO the longer side of the
    picture (in physical size) spans ``sensor_width``; VERTICAL spans ``sensor_height`` over the height.

    Args:
        lens: the camera's settings.
        width: picture width in pixels.
        height: picture height in pixels.
        pixel_aspect: ``pixel_aspect_y / pixel_aspect_x`` of the render settings.

    Returns:
        (3, 3) float64, in pixels; the centre of the top-left pixel is (0, 0).
    """
    fit = lens.sensor_fit
    if fit == "AUTO":
        fit = "HORIZONTAL" if width >= height * pixel_aspect else "VERTICAL"
    fitted = float(width) if fit == "HORIZONTAL" else height * pixel_aspect
    sensor = lens.sensor_height if lens.sensor_fit == "VERTICAL" else lens.sensor_width
    focal = fitted / lens.ortho_scale if lens.type == "ORTHO" else fitted * lens.lens / sensor
    cx = (width - 1) / 2 - lens.shift_x * fitted
    cy = (height - 1) / 2 + lens.shift_y * fitted / pixel_aspect
    return np.array([[focal, 0.0, cx], [0.0, focal / pixel_aspect, cy], [0.0, 0.0, 1.0]])


def world_to_opencv(cam_to_world: Matrix4) -> Matrix4:
    """Return the OpenCV extrinsic matrix (world to camera, X right, Y down, Z forward) of a Blender camera.

    The camera object's scale is dropped, as Blender's renderer does.
    """
    extrinsic: Matrix4 = BLENDER_TO_OPENCV @ _inverse(rigid(cam_to_world))
    return extrinsic


def rigid(cam_to_world: Matrix4) -> Matrix4:
    """Return a camera's matrix without the scale of its object, which Blender's renderer drops."""
    out = cam_to_world.copy()
    out[:3, :3] /= np.linalg.norm(out[:3, :3], axis=0, keepdims=True)
    return out


def _inverse(matrix: Matrix4) -> Matrix4:
    """Return the inverse of a matrix whose last row is (0, 0, 0, 1), by cofactors.

    ``numpy.linalg.inv`` takes a millisecond for it when its threads find the cores busy.
    """
    (a, b, c, x), (d, e, f, y), (g, h, i, z) = matrix[:3].tolist()
    rows = np.array(
        [
            [e * i - f * h, c * h - b * i, b * f - c * e],
            [f * g - d * i, a * i - c * g, c * d - a * f],
            [d * h - e * g, b * g - a * h, a * e - b * d],
        ]
    )
    rows /= a * rows[0, 0] + b * rows[1, 0] + c * rows[2, 0]
    out = np.eye(4)
    out[:3, :3] = rows
    out[:3, 3] = -(rows @ np.array([x, y, z]))
    return out


def look_at(eye: Sequence[float] | np.ndarray, target: Sequence[float] | np.ndarray) -> Matrix4:
    """Return the Blender camera matrix at ``eye`` that looks at ``target`` with +Z of the world up.

    Straight up or down, where "up" is not defined, world +Y points up in the picture.

    Raises:
        ValueError: eye and target are the same point.
    """
    # In plain numbers: a plan has thousands of poses, and arrays of three cost ten times as much.
    back = [float(e) - float(t) for e, t in zip(eye, target, strict=True)]
    distance = math.sqrt(sum(value * value for value in back))
    if distance < 1e-9:
        raise ValueError("A camera cannot look at the point it stands in.")
    zx, zy, zz = (value / distance for value in back)
    if abs(zz) > 1.0 - 1e-9:
        xx, xy = zz, 0.0  # world +Y is up: X = Y x Z
        xz = -zx
    else:
        xx, xy, xz = -zy, zx, 0.0  # X = up x Z
    length = math.sqrt(xx * xx + xy * xy + xz * xz)
    xx, xy, xz = xx / length, xy / length, xz / length
    return np.array(
        [
            [xx, zy * xz - zz * xy, zx, eye[0]],
            [xy, zz * xx - zx * xz, zy, eye[1]],
            [xz, zx * xy - zy * xx, zz, eye[2]],
            [0.0, 0.0, 0.0, 1.0],
        ],
        dtype=np.float64,
    )


def turned(pose: Matrix4, aim: tuple[float, float], roll: float) -> Matrix4:
    """Turn a camera where it stands.

    Args:
        pose: (4, 4) Blender camera ``matrix_world`` that looks at a point.
        aim: where that point goes, on the plane at distance 1 before the camera: right and up.
        roll: turn about the axis of sight, radians; the picture's contents turn clockwise.

    Returns:
        (4, 4) pose. The turn that moves the point is the smallest that does.
    """
    x, y = aim
    length = math.sqrt(1.0 + x * x + y * y)
    sight = np.array([x, y, -1.0]) / length
    # The smallest rotation that takes ``sight`` to the axis (0, 0, -1), by Rodrigues' formula.
    axis, cosine = np.array([-sight[1], sight[0], 0.0]), -sight[2]
    skew = np.array([[0.0, 0.0, axis[1]], [0.0, 0.0, -axis[0]], [-axis[1], axis[0], 0.0]])
    aside = np.eye(3) + skew + skew @ skew / (1.0 + cosine)
    c, s = math.cos(roll), math.sin(roll)
    out = pose.copy()
    out[:3, :3] = pose[:3, :3] @ aside @ np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    return out


def project(points: np.ndarray, k: Matrix3, world_to_camera: Matrix4, kind: str = "PERSP") -> np.ndarray:
    """Project world points to the picture.

    Args:
        points: (N, 3) float64, world space, scene units.
        k: camera matrix of :func:`intrinsics`.
        world_to_camera: extrinsics of :func:`world_to_opencv`.
        kind: "PERSP" or "ORTHO".

    Returns:
        (N, 3) float64: pixel x, pixel y, and the depth along the camera axis in scene units.
    """
    camera = points @ world_to_camera[:3, :3].T + world_to_camera[:3, 3]
    depth = camera[:, 2:3]
    plane = (
        camera / depth if kind == "PERSP" else np.concatenate([camera[:, :2], np.ones_like(depth)], axis=1)
    )
    return np.concatenate([(plane @ k.T)[:, :2], depth], axis=1)
