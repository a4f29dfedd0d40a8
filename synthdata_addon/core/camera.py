# SPDX-License-Identifier: GPL-3.0-or-later
"""Camera maths: Blender's lens settings to OpenCV intrinsics, Blender poses to OpenCV poses.

Blender's camera looks down -Z with Y up; OpenCV's looks down +Z with Y down. Image points follow OpenCV: the centre of
the top-left pixel is (0, 0), so that the picture spans -0.5 to width - 0.5. World space is Blender's: Z up.
"""

from __future__ import annotations

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
    rigid = cam_to_world.copy()
    rigid[:3, :3] /= np.linalg.norm(rigid[:3, :3], axis=0, keepdims=True)
    extrinsic: Matrix4 = BLENDER_TO_OPENCV @ np.linalg.inv(rigid)
    return extrinsic


def look_at(eye: np.ndarray, target: np.ndarray) -> Matrix4:
    """Return the Blender camera matrix at ``eye`` that looks at ``target`` with +Z of the world up.

    Straight up or down, where "up" is not defined, world +Y points up in the picture.

    Raises:
        ValueError: eye and target are the same point.
    """
    back = np.asarray(eye, np.float64) - np.asarray(target, np.float64)
    distance = np.linalg.norm(back)
    if distance < 1e-9:
        raise ValueError("A camera cannot look at the point it stands in.")
    z = back / distance
    up = np.array([0.0, 1.0, 0.0]) if abs(z[2]) > 1.0 - 1e-9 else np.array([0.0, 0.0, 1.0])
    x = np.cross(up, z)
    x /= np.linalg.norm(x)
    matrix = np.eye(4)
    matrix[:3, 0], matrix[:3, 1], matrix[:3, 2], matrix[:3, 3] = x, np.cross(z, x), z, eye
    return matrix


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
