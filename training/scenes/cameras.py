# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the cameras of a scene stand. Blender's camera axes: X right, Y up, looks down -Z. No bpy here."""

from __future__ import annotations

import numpy as np

from .builder import Builder, Matrix
from .layouts import Layout

MARGIN_M = 0.35
"""A camera keeps this distance from every thing, so that no view is one grey surface."""


def look_at(eye: Matrix, target: Matrix) -> Matrix:
    """4x4 camera-to-world matrix of a camera at `eye` that looks at `target` with Z up."""
    backward = (eye - target) / np.linalg.norm(eye - target)
    right = np.cross([0.0, 0.0, 1.0], backward)
    right /= np.linalg.norm(right)
    result = np.eye(4)
    result[:3, 0], result[:3, 1], result[:3, 2], result[:3, 3] = (
        right,
        np.cross(backward, right),
        backward,
        eye,
    )
    return result


def _is_free(b: Builder, eye: Matrix) -> bool:
    for part in b.parts:
        scale = np.linalg.norm(part.matrix[:3, :3], axis=0)
        local = (part.matrix[:3, :3] / scale).T @ (eye - part.matrix[:3, 3])
        if np.all(np.abs(local) < scale + MARGIN_M):
            return False
    return True


def _draw(b: Builder, layout: Layout) -> tuple[Matrix, Matrix, float]:
    """Eye, target and horizontal field of view (radians) of one candidate."""
    focus = np.array(layout.focus)
    target = focus + b.rng.uniform(-1, 1, 3) * (0.5, 0.4, 0.15)
    if layout.kind == "room" and layout.closed:
        w, d = layout.half_width, layout.half_depth
        eye = np.array(
            [b.uniform(-0.8, 0.8) * w, -b.uniform(0.3, 1.0) * d - b.uniform(0, 1.8), b.uniform(0.9, 2.0)]
        )
        return eye, target + np.array([0, 0.3 * d, b.uniform(-0.2, 0.3)]), b.uniform(0.85, 1.2)
    if layout.kind == "room":
        azimuth, elevation, distance = b.uniform(-2.2, -0.3), b.uniform(0.12, 0.85), b.uniform(3.0, 5.8)
    elif layout.kind == "table":
        target = focus + b.rng.uniform(-1, 1, 3) * (0.25, 0.1, 0.05)
        azimuth, elevation, distance = b.uniform(-2.4, -0.6), b.uniform(0.15, 0.8), b.uniform(1.2, 2.7)
    else:
        azimuth, elevation, distance = b.uniform(-3.14, 3.14), b.uniform(0.15, 0.9), b.uniform(2.5, 5.0)
    flat = np.cos(elevation) * distance
    offset = np.array([np.cos(azimuth) * flat, np.sin(azimuth) * flat, np.sin(elevation) * distance])
    return target + offset, target, b.uniform(0.65, 1.0)


def make_cameras(b: Builder, layout: Layout, count: int) -> list[tuple[Matrix, float]]:
    """`count` cameras as (camera-to-world 4x4, field of view in radians). RuntimeError if a scene is too full."""
    cameras: list[tuple[Matrix, float]] = []
    for _ in range(count * 40):
        eye, target, angle = _draw(b, layout)
        if eye[2] > 0.15 and _is_free(b, eye):
            cameras.append((look_at(eye, target), angle))
            if len(cameras) == count:
                return cameras
    raise RuntimeError(
        f"Only {len(cameras)} of {count} cameras found a free spot; make fewer or another scene."
    )
