# SPDX-License-Identifier: GPL-3.0-or-later
"""The control image of Canny ControlNets: white lines one pixel wide on black. No torch, and no OpenCV.

Blender's own Python has no OpenCV, hence :func:`canny` does in numpy what ``cv2.Canny`` does, pixel by pixel.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import GreyImage, RGBImage
from .edges import Edges, lines

LOW, HIGH = 100, 200
"""The thresholds of controlnet_aux's detector, and of the examples on the model cards."""
FROM: Final = 0.25
"""Geometry's edges of at least this strength are drawn: a bend of 30 degrees, a step of a fiftieth of the depth."""
TAN_22_5: Final = 13573
"""The tangent of 22.5 degrees in 15-bit fixed point, as OpenCV has it."""

Ints = NDArray[np.int64]


def canny_from_geometry(found: Edges) -> GreyImage:
    """Draw the geometry's edges: (H, W) uint8, 255 on the nearer of an edge's two pixels, else 0."""
    return np.where(lines(found) >= FROM, np.uint8(255), np.uint8(0))


def canny(picture: RGBImage, low: int = LOW, high: int = HIGH) -> GreyImage:
    """Find the edges of a picture as ``cv2.Canny(picture, low, high)`` does, bit for bit.

    Sobel gradients (3 x 3, the border repeated) of each channel; a pixel takes the channel that has the larger
    ``|gx| + |gy|``; it stays where that is a peak along the gradient (in steps of 45 degrees), if it is above ``high``
    or joined to one that is by pixels above ``low``. J. Canny, "A Computational Approach to Edge Detection", 1986.

    Args:
        picture: (H, W, 3) uint8.
        low: pixels of a smaller gradient are no edge.
        high: pixels of a larger gradient are an edge.

    Returns:
        (H, W) uint8, 255 on edges, else 0.
    """
    gx, gy = _strongest_gradient(picture)
    size = np.abs(gx) + np.abs(gy)
    peak = _is_peak(size, gx, gy) & (size > low)
    return np.where(_joined(peak & (size > high), peak), np.uint8(255), np.uint8(0))


def _strongest_gradient(picture: RGBImage) -> tuple[Ints, Ints]:
    around = np.pad(picture.astype(np.int64), ((1, 1), (1, 1), (0, 0)), mode="edge")
    rows = around[:-2] + 2 * around[1:-1] + around[2:]
    columns = around[:, :-2] + 2 * around[:, 1:-1] + around[:, 2:]
    gx, gy = rows[:, 2:] - rows[:, :-2], columns[2:] - columns[:-2]
    best = np.argmax(np.abs(gx) + np.abs(gy), axis=2)[..., None]
    return np.take_along_axis(gx, best, 2)[..., 0], np.take_along_axis(gy, best, 2)[..., 0]


def _is_peak(size: Ints, gx: Ints, gy: Ints) -> NDArray[np.bool_]:
    around = np.pad(size, 1)

    def beside(dy: int, dx: int) -> Ints:
        return around[1 + dy : 1 + dy + size.shape[0], 1 + dx : 1 + dx + size.shape[1]]

    steep = np.abs(gy) << 15
    flat = np.abs(gx) * TAN_22_5
    is_across, is_down = steep < flat, steep > flat + (np.abs(gx) << 16)
    falls = (gx ^ gy) < 0
    across = (size > beside(0, -1)) & (size >= beside(0, 1))
    down = (size > beside(-1, 0)) & (size >= beside(1, 0))
    one = (size > beside(-1, -1)) & (size > beside(1, 1))
    other = (size > beside(-1, 1)) & (size > beside(1, -1))
    return np.where(is_across, across, np.where(is_down, down, np.where(falls, other, one)))


def _joined(seeds: NDArray[np.bool_], allowed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return what of ``allowed`` hangs together with ``seeds``, corners included."""
    wide = seeds.shape[1] + 2
    left = np.pad(allowed, 1).ravel()
    steps = np.array([dy * wide + dx for dy in (-1, 0, 1) for dx in (-1, 0, 1)])
    reached = np.zeros(left.shape, bool)
    front = np.flatnonzero(np.pad(seeds, 1))
    while front.size:
        reached[front] = True
        left[front] = False
        near = (front[:, None] + steps).ravel()
        front = np.unique(near[left[near]])
    return reached.reshape(-1, wide)[1:-1, 1:-1]
