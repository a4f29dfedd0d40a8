# SPDX-License-Identifier: GPL-3.0-or-later
"""Depth pass to the depth control image that MiDaS-trained ControlNets read (near is white). No torch here."""

from __future__ import annotations

import numpy as np

from ..core.arrays import BACKGROUND_DEPTH, Float32Image, GreyImage


def disparity(z: Float32Image, near: float, far: float) -> GreyImage:
    """Turn planar depth into disparity grey levels.

    ``q = 1/z``; the grey level is ``round(255 * clip((q - 1/far) / (1/near - 1/far), 0, 1))``, and background is 0.
    This is the shape of MiDaS and Depth Anything output (inverse depth, stretched to the full range). The range is
    an argument, so that one range serves every view of a sweep and equal distances get equal greys.

    Args:
        z: (H, W) float32, distance along the camera axis in scene units; background is 1e10, as Cycles writes it.
        near: distance that becomes white, > 0.
        far: distance that becomes black, >= near. With ``far == near`` every hit is mid-grey (128).

    Returns:
        (H, W) uint8, row 0 at the top.

    Raises:
        ValueError: the range is not ``0 < near <= far``, finite.
    """
    if not (0.0 < near <= far < np.inf):
        raise ValueError(f"The depth range must be 0 < near <= far, not {near} to {far}.")
    hit = (z < BACKGROUND_DEPTH) & (z > 0.0)
    # What is not hit keeps 0, the disparity of something infinitely far, and ends at black.
    level = np.divide(np.float32(1.0), z, out=np.zeros(z.shape, np.float32), where=hit)
    q_near, q_far = 1.0 / near, 1.0 / far
    if q_near == q_far:
        level = np.where(hit, np.float32(128.0), np.float32(0.0))
    else:
        level -= np.float32(q_far)
        level *= np.float32(255.0 / (q_near - q_far))
        level += np.float32(0.5)
    return np.clip(level, 0.0, 255.0, out=level).astype(np.uint8)
