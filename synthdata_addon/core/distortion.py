# SPDX-License-Identifier: GPL-3.0-or-later
"""Lens distortion as OpenCV has it: points through a lens and back, and the undistorted render that a view needs.

Models: Brown and Conrady's (``cv2.projectPoints``, k1, k2, p1, p2, k3) and the fisheye of Kannala and Brandt
(``cv2.fisheye``, k1 .. k4). Points are (N, 2) float64 in the plane at depth 1 of OpenCV's camera axes (x right, y
down): pixels are ``K`` times them, with the centre of the top-left pixel at (0, 0).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .arrays import Matrix3
from .camera import Lens
from .errors import SceneError
from .records import CameraRecord
from .variation import LensModel

Points = NDArray[np.float64]
STEPS: Final = 40
CLOSE: Final = 1e-9
FLAT: Final = 1e-6
DIFFERENCE: Final = 1e-5
MAX_STEP: Final = 0.25
MAX_TANGENT: Final = 4.0
"""Undistorted points further out than this (76 degrees) would need a render of more than eight times the width."""
MAX_WIDENING: Final = 4.0
MARGIN: Final = 2
"""Pixels that the undistorted render has to spare on every side."""


@dataclass(frozen=True)
class Distortion:
    """A lens model and its coefficients, in OpenCV's order."""

    model: LensModel
    coefficients: tuple[float, ...]

    def distort(self, points: Points) -> Points:
        """Return where a lens shows points of the plane at depth 1."""
        if self.model == "FISHEYE":
            return self._fisheye(points)
        k1, k2, p1, p2, k3 = self.coefficients
        x, y = points[:, 0], points[:, 1]
        r2 = x * x + y * y
        radial = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3))
        return np.stack(
            [
                x * radial + 2.0 * p1 * x * y + p2 * (r2 + 2.0 * x * x),
                y * radial + p1 * (r2 + 2.0 * y * y) + 2.0 * p2 * x * y,
            ],
            axis=1,
        )

    def undistort(self, points: Points) -> Points:
        """Return the points of the plane at depth 1 that a lens shows at ``points``, by Newton's method.

        Raises:
            SceneError: ``scene.distortion``: there are none.
        """
        found = points.copy()
        for _ in range(STEPS):
            error = self.distort(found) - points
            if np.abs(error).max() < CLOSE:
                return found
            (a, b), (c, d) = self._jacobian(found)
            bent = a * d - b * c
            bent = np.where(np.abs(bent) < FLAT, FLAT, bent)
            step = np.stack([d * error[:, 0] - b * error[:, 1], a * error[:, 1] - c * error[:, 0]], axis=1)
            step /= bent[:, None]
            # A full step from far out may jump over the fold of the lens.
            length = np.linalg.norm(step, axis=1, keepdims=True)
            found -= step * np.minimum(1.0, MAX_STEP / np.maximum(length, MAX_STEP))
        raise self._folded()

    def is_clear(self, points: Points) -> NDArray[np.bool_]:
        """Tell which points (N, 2) of the plane at depth 1 the lens shows once, (N,): further out it may fold."""
        clear: NDArray[np.bool_] = np.linalg.norm(points, axis=1) < MAX_TANGENT
        # Where it folds before the point, another point is shown at the same place.
        for share in np.linspace(0.0, 1.0, 9)[1:]:
            (a, b), (c, d) = self._jacobian(points * share)
            clear &= a * d - b * c > FLAT
        return clear

    def check(self, points: Points) -> None:
        """Refuse a lens that does not show every one of the points once.

        Raises:
            SceneError: ``scene.distortion``.
        """
        if not self.is_clear(points).all():
            raise self._folded()

    def _folded(self) -> SceneError:
        shown = ", ".join(f"{value:g}" for value in self.coefficients)
        return SceneError(
            "scene.distortion",
            f"The lens distortion {shown} folds the picture or reaches beyond 76 degrees.",
            "Use smaller coefficients or a longer lens.",
        )

    def _fisheye(self, points: Points) -> Points:
        radius = np.linalg.norm(points, axis=1)
        theta = np.arctan(radius)
        t2 = theta * theta
        k1, k2, k3, k4 = self.coefficients
        bent = theta * (1.0 + t2 * (k1 + t2 * (k2 + t2 * (k3 + t2 * k4))))
        factor = np.where(radius > 1e-12, bent / np.maximum(radius, 1e-12), 1.0)
        return points * factor[:, None]

    def _jacobian(self, points: Points) -> tuple[tuple[NDArray[np.float64], ...], ...]:
        """Return ((dx/dx, dx/dy), (dy/dx, dy/dy)), each (N,), by central differences."""
        across, down = (
            (self.distort(points + axis) - self.distort(points - axis)) / (2.0 * DIFFERENCE)
            for axis in np.eye(2) * DIFFERENCE
        )
        return (across[:, 0], down[:, 0]), (across[:, 1], down[:, 1])


@dataclass(frozen=True)
class WiderView:
    """The undistorted render that a distorted view is looked up in: its K and (width, height) in pixels."""

    k: Matrix3
    size: tuple[int, int]

    def lens(self, lens: Lens) -> Lens:
        """Return Blender's lens of the render, from the view's own."""
        width, height = self.size
        # The picture's focal length in pixels follows from the sensor's width, which spans the render's width.
        return Lens(
            type=lens.type,
            lens=lens.lens,
            sensor_width=width * lens.lens / float(self.k[0, 0]),
            sensor_height=lens.sensor_height,
            sensor_fit="HORIZONTAL",
            shift_x=((width - 1) / 2 - float(self.k[0, 2])) / width,
            shift_y=(float(self.k[1, 2]) - (height - 1) / 2) / width,
            clip_start=lens.clip_start,
            clip_end=lens.clip_end,
        )


def wider_view(distortion: Distortion, k: Matrix3, size: tuple[int, int], precision: int) -> WiderView:
    """Return the render that holds all that a distorted view shows, ``precision`` times as fine in the middle.

    Raises:
        SceneError: ``scene.distortion``: the lens folds the picture, or the render would be four times as wide.
    """
    width, height = size
    # The outermost points that a distorted picture shows lie on its rim.
    rim = np.concatenate(
        [
            [(x, y) for x in np.arange(-0.5, width, 0.5) for y in (-0.5, height - 0.5)],
            [(x, y) for y in np.arange(-0.5, height, 0.5) for x in (-0.5, width - 0.5)],
        ]
    )
    plane = distortion.undistort(_to_plane(rim, k))
    distortion.check(plane)
    focal = k[0, 0] * precision
    low = np.floor(plane.min(axis=0) * focal) - MARGIN
    high = np.ceil(plane.max(axis=0) * focal) + MARGIN
    wide, tall = (int(value) for value in high - low + 1)
    if wide > MAX_WIDENING * precision * width or tall > MAX_WIDENING * precision * height:
        raise SceneError(
            "scene.distortion",
            f"The lens distortion needs a render of {wide} x {tall} pixels for a view of {width} x {height}.",
            "Use smaller coefficients or a longer lens.",
        )
    return WiderView(np.array([[focal, 0.0, -low[0]], [0.0, focal, -low[1]], [0.0, 0.0, 1.0]]), (wide, tall))


def source_points(distortion: Distortion, k: Matrix3, size: tuple[int, int], render_k: Matrix3) -> Points:
    """Return where each pixel centre of a distorted view is in its undistorted render.

    Returns:
        (H, W, 2) float64, x and y in pixels of the render.

    Raises:
        SceneError: ``scene.distortion``.
    """
    width, height = size
    x, y = np.meshgrid(np.arange(width, dtype=np.float64), np.arange(height, dtype=np.float64))
    plane = distortion.undistort(_to_plane(np.stack([x.ravel(), y.ravel()], axis=1), k))
    return (plane * render_k[[0, 1], [0, 1]] + render_k[:2, 2]).reshape(height, width, 2)


def _to_plane(pixels: Points, k: Matrix3) -> Points:
    plane: Points = (pixels - k[:2, 2]) / k[[0, 1], [0, 1]]
    return plane


def shown_at(pixels: Points, camera: CameraRecord) -> Points:
    """Return where a camera shows what a lens without distortion would show at (N, 2) ``pixels``.

    Returns:
        (N, 2) float64, infinite for what the lens does not show.
    """
    if camera.distortion is None:
        return pixels
    k = np.array(camera.k)
    lens = Distortion(camera.distortion.model, camera.distortion.coefficients)
    plane = _to_plane(pixels, k)
    found: Points = lens.distort(plane) * k[[0, 1], [0, 1]] + k[:2, 2]
    found[~lens.is_clear(plane)] = np.inf
    return found
