# SPDX-License-Identifier: GPL-3.0-or-later
"""What sensor and lens do to a finished picture: noise in linear light, and looking up bent rays. numpy only.

Pictures are (H, W, 3) float32 of sRGB-encoded values, 0 to 1, row 0 at the top.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .arrays import Float32Image

Picture = NDArray[np.float32]


def to_linear(encoded: Picture) -> Picture:
    """Return linear light of sRGB-encoded values (IEC 61966-2-1)."""
    low = encoded / 12.92
    high = ((np.maximum(encoded, 0.0) + 0.055) / 1.055) ** 2.4
    return np.where(encoded <= 0.04045, low, high).astype(np.float32)


def to_srgb(linear: Picture) -> Picture:
    """Return sRGB-encoded values, cut to 0 .. 1, of linear light."""
    light = np.clip(linear, 0.0, 1.0)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1.0 / 2.4) - 0.055).astype(
        np.float32
    )


def add_noise(picture: Picture, shot: float, read: float, rng: np.random.Generator) -> Picture:
    """Return a picture with the noise of a sensor, each channel of each pixel by itself.

    The variance is ``shot`` squared times the light (photons come one by one; many of them are normally distributed)
    plus ``read`` squared, where white is 1.
    """
    light = to_linear(picture)
    deviation = np.sqrt(shot * shot * light + read * read)
    grain = rng.standard_normal(picture.shape, dtype=np.float32)
    return to_srgb(light + deviation.astype(np.float32) * grain)


def resample(picture: Picture, points: NDArray[np.float64]) -> Picture:
    """Return the picture at points between its pixel centres, in linear light, by Catmull and Rom's cubic.

    Args:
        picture: the source.
        points: (H, W, 2), x and y in pixels of the source; outside of it the nearest pixel shows.
    """
    light = to_linear(picture)
    first = np.floor(points).astype(np.intp)
    across, down = (_weights((points - first)[..., axis]) for axis in (0, 1))
    height, width = picture.shape[:2]
    found = np.zeros((*points.shape[:2], 3), np.float32)
    for row in range(4):
        y = np.clip(first[..., 1] + row - 1, 0, height - 1)
        for column in range(4):
            x = np.clip(first[..., 0] + column - 1, 0, width - 1)
            found += (across[column] * down[row])[..., None] * light[y, x]
    return to_srgb(found)


def _weights(share: NDArray[np.float64]) -> tuple[Float32Image, ...]:
    """Return the weights of the pixels -1, 0, 1 and 2 at a share of the way from pixel 0 to pixel 1."""
    s, s2, s3 = share, share**2, share**3
    weights = (-s + 2 * s2 - s3, 2 - 5 * s2 + 3 * s3, s + 4 * s2 - 3 * s3, s3 - s2)
    return tuple((0.5 * weight).astype(np.float32) for weight in weights)
