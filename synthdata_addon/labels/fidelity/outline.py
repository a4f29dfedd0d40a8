# SPDX-License-Identifier: GPL-3.0-or-later
"""The visible outline of an instance: where it is, and which way is out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
MARGIN: Final = 10
"""Pixels round an instance's box within which its outline's surroundings are looked at."""
SOFT: Final = np.array([1.0, 4.0, 6.0, 4.0, 1.0], np.float32) / 16.0
"""Binomial weights, close to a Gaussian of one pixel."""


@dataclass(frozen=True)
class Outline:
    """Points on an outline, in pixels: (N,) ``x`` and ``y``, and the (N,) unit vector that leads out of it."""

    x: Floats
    y: Floats
    out_x: Floats
    out_y: Floats

    def __len__(self) -> int:
        return len(self.x)


def outline(mask: NDArray[np.bool_]) -> Outline:
    """Return the points between an instance's pixels and others, one for each side of a pixel that faces out.

    What the picture's edge cuts off is no outline: nothing can be seen there.

    Args:
        mask: (H, W), the instance's pixels. Point (x, y) of a picture is the centre of its pixel [y, x].
    """
    across = np.nonzero(mask[:, 1:] != mask[:, :-1])
    down = np.nonzero(mask[1:] != mask[:-1])
    y = np.concatenate([across[0], down[0] + 0.5]).astype(np.float32)
    x = np.concatenate([across[1] + 0.5, down[1]]).astype(np.float32)
    if not len(x):
        return Outline(x, y, x, y)
    # The slope of the softened mask is steadier than the sides of pixels.
    soft = blurred(blurred(mask.astype(np.float32)))
    slope_y, slope_x = (np.asarray(slope, np.float32) for slope in np.gradient(soft))
    out_x, out_y = -sample(slope_x, x, y), -sample(slope_y, x, y)
    length: Floats = np.hypot(out_x, out_y).astype(np.float32)
    known = length > 1e-4
    return Outline(x[known], y[known], (out_x / length)[known], (out_y / length)[known])


def blurred(picture: Floats) -> Floats:
    """Return an (H, W) or (H, W, C) array softened by :data:`SOFT` both ways; edges go on as they are."""
    for axis in (0, 1):
        padding = [(2, 2) if number == axis else (0, 0) for number in range(picture.ndim)]
        padded = np.pad(picture, padding, mode="edge")
        size = picture.shape[axis]
        parts = [weight * padded.take(np.arange(k, k + size), axis) for k, weight in enumerate(SOFT)]
        picture = np.sum(parts, axis=0, dtype=np.float32)
    return picture


def sample(picture: Floats, x: Floats, y: Floats) -> Floats:
    """Return an (H, W) or (H, W, C) array at points between pixels, bilinear; points outside take the nearest pixel."""
    height, width = picture.shape[:2]
    x, y = np.clip(x, 0.0, width - 1.0), np.clip(y, 0.0, height - 1.0)
    left, top = (
        np.minimum(x.astype(np.int64), max(0, width - 2)),
        np.minimum(y.astype(np.int64), max(0, height - 2)),
    )
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    across, down = x - left, y - top
    if picture.ndim == 3:
        across, down = across[..., None], down[..., None]
    upper = picture[top, left] * (1.0 - across) + picture[top, right] * across
    lower = picture[bottom, left] * (1.0 - across) + picture[bottom, right] * across
    mixed: Floats = (upper * (1.0 - down) + lower * down).astype(np.float32)
    return mixed
