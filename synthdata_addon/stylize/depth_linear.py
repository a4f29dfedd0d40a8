# SPDX-License-Identifier: GPL-3.0-or-later
"""Depth pass to the two control images that are linear in distance: ZoeDepth's and LeReS's. Near is white. No torch."""

from __future__ import annotations

from typing import Final

import numpy as np

from ..core.arrays import BACKGROUND_DEPTH, Float32Image, GreyImage

ZOE_NEAR, ZOE_FAR = 2.0, 85.0
"""The percentiles that controlnet_aux's Zoe detector stretches to white and black."""
HALF: Final = 128
"""The level of all that is hit where nothing is nearer than anything else."""


def zoe(z: Float32Image) -> GreyImage:
    """Draw depth as controlnet_aux's ZoeDetector does: ``255 * clip(1 - (z - P2) / (P85 - P2), 0, 1)``.

    P2 and P85 are percentiles of this view's distances (background apart, which is black), so that the farthest seventh
    is black as well, and equal distances of two views need not have equal greys.

    Args:
        z: (H, W) float32, distance along the camera axis in scene units; background is 1e10, as Cycles writes it.

    Returns:
        (H, W) uint8, rounded, halves upwards.
    """
    hit = (z < BACKGROUND_DEPTH) & (z > 0.0)
    if not hit.any():
        return np.zeros(z.shape, np.uint8)
    near, far = np.percentile(z[hit].astype(np.float64), (ZOE_NEAR, ZOE_FAR))
    return _linear(z, hit, float(near), float(far))


def leres(z: Float32Image, near: float, far: float) -> GreyImage:
    """Draw depth as controlnet_aux's LeresDetector does: ``255 * (1 - (z - near) / (far - near))``.

    There the range is that of each picture; here it is the sweep's, so that equal distances get equal greys.

    Args:
        z: as :func:`zoe` takes it.
        near: distance that becomes white, > 0.
        far: distance that becomes black, >= near; background is black.

    Returns:
        (H, W) uint8, rounded, halves upwards.

    Raises:
        ValueError: the range is not ``0 < near <= far``, finite.
    """
    if not (0.0 < near <= far < np.inf):
        raise ValueError(f"The depth range must be 0 < near <= far, not {near} to {far}.")
    return _linear(z, (z < BACKGROUND_DEPTH) & (z > 0.0), near, far)


def _linear(
    z: Float32Image, hit: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], near: float, far: float
) -> GreyImage:
    if near == far:
        return np.where(hit, np.uint8(HALF), np.uint8(0))
    level = np.clip((far - z.astype(np.float64)) * (255.0 / (far - near)) + 0.5, 0.0, 255.0)
    return np.where(hit, level, 0.0).astype(np.uint8)
