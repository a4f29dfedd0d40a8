# SPDX-License-Identifier: GPL-3.0-or-later
"""Normal pass to the control image of the NormalBae ControlNets (v1.1). No torch here."""

from __future__ import annotations

import numpy as np

from ..core.arrays import Matrix4, NormalImage, RGBImage

BACKGROUND = (128, 128, 255)
AXES = np.array([-1.0, 1.0, 1.0])
"""Red grows to the left, green upwards, blue towards the camera."""
HALF = 127.5
TIE = 1e-3
"""A surface along an axis is half-way between two levels (127.5): this share of a level keeps float noise from
deciding, pixel by pixel, which of the two it gets."""


def normal_bae(normal_world: NormalImage, cam_to_world: Matrix4) -> RGBImage:
    """Turn world-space normals into NormalBae colours: red is left, green is up, blue is towards the camera.

    With ``n = R^T N`` in camera axes (X right, Y up, Z towards the camera) the colour is
    ``round(255 * ((1 - n.x) / 2, (1 + n.y) / 2, (1 + n.z) / 2))``, halves upwards, after the model card of
    control_v11p_sd15_normalbae ("blue is front, red is left, green is top"). Cycles filters the pass, so that normals
    are renormalised first.

    Args:
        normal_world: (H, W, 3) float32, world space; background is (0, 0, 0).
        cam_to_world: (4, 4) float64, Blender's camera ``matrix_world`` (the camera looks down its -Z).

    Returns:
        (H, W, 3) uint8; background is (128, 128, 255).
    """
    rotation = cam_to_world[:3, :3] / np.linalg.norm(cam_to_world[:3, :3], axis=0, keepdims=True)
    axes = (rotation * AXES).astype(np.float32)
    x, y, z = normal_world[..., 0], normal_world[..., 1], normal_world[..., 2]
    length = np.sqrt(x * x + y * y + z * z)
    hit = length > 1e-6
    scale = np.divide(np.float32(HALF), length, out=np.zeros_like(length), where=hit)
    rgb = np.empty(normal_world.shape, np.uint8)
    # Channel by channel rather than one matrix product: BLAS starts threads for it, which then cost 20 times as much.
    for channel in range(3):
        level = x * axes[0, channel] + y * axes[1, channel] + z * axes[2, channel]
        level *= scale
        level += np.float32(HALF + 0.5 + TIE)
        rgb[..., channel] = np.clip(level, 0.0, 255.0, out=level)
    rgb[~hit] = BACKGROUND
    return rgb
