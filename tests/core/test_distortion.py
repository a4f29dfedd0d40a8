# SPDX-License-Identifier: GPL-3.0-or-later
"""Lens distortion against OpenCV, there and back, and the wider view against the picture it must hold."""

from __future__ import annotations

import numpy as np
import pytest

from synthdata_addon.core.camera import Lens, intrinsics
from synthdata_addon.core.distortion import Distortion, source_points, wider_view
from synthdata_addon.core.errors import SceneError

cv2 = pytest.importorskip("cv2")
LENSES = [
    Distortion("BROWN_CONRADY", (-0.25, 0.08, 0.002, -0.001, 0.01)),
    Distortion("BROWN_CONRADY", (0.2, 0.0, -0.003, 0.004, 0.0)),
    Distortion("BROWN_CONRADY", (0.0, 0.0, 0.0, 0.0, 0.0)),
    Distortion("FISHEYE", (0.0, 0.0, 0.0, 0.0)),
    Distortion("FISHEYE", (-0.05, 0.02, -0.01, 0.003)),
]


def grid(reach: float = 0.55) -> np.ndarray:
    x, y = np.meshgrid(np.linspace(-reach, reach, 21), np.linspace(-reach, reach, 21))
    return np.stack([x.ravel(), y.ravel()], axis=1)


@pytest.mark.parametrize("lens", LENSES)
def test_points_go_through_the_lens_as_opencv_says(lens):
    points = grid()
    if lens.model == "FISHEYE":
        expected = cv2.fisheye.distortPoints(points[:, None], np.eye(3), np.array(lens.coefficients))[:, 0]
    else:
        world = np.column_stack([points, np.ones(len(points))])
        zero = np.zeros(3)
        expected = cv2.projectPoints(world, zero, zero, np.eye(3), np.array(lens.coefficients))[0][:, 0]
    np.testing.assert_allclose(lens.distort(points), expected, atol=1e-12)


@pytest.mark.parametrize("lens", LENSES)
def test_there_and_back_is_the_same_point(lens):
    points = grid()
    np.testing.assert_allclose(lens.undistort(lens.distort(points)), points, atol=1e-8)


@pytest.mark.parametrize("lens", LENSES)
@pytest.mark.parametrize("precision", [1, 4])
def test_the_wider_view_holds_every_pixel_of_the_distorted_one(lens, precision):
    size = (64, 48)
    k = intrinsics(Lens(lens=35.0, shift_x=0.05, shift_y=-0.02), *size)
    wider = wider_view(lens, k, size, precision)
    points = source_points(lens, k, size, wider.k)
    assert points.min() >= 0.0
    assert (points.reshape(-1, 2).max(axis=0) <= np.array(wider.size) - 1).all()
    # The way back: from the render's pixels to the plane, through OpenCV's lens, to the view's pixels.
    plane = (points.reshape(-1, 2) - wider.k[:2, 2]) / wider.k[0, 0]
    shown = (lens.distort(plane) * k[[0, 1], [0, 1]] + k[:2, 2]).reshape(48, 64, 2)
    x, y = np.meshgrid(np.arange(64), np.arange(48))
    np.testing.assert_allclose(shown, np.stack([x, y], axis=2), atol=1e-6)


@pytest.mark.parametrize("precision", [1, 3])
def test_blenders_lens_of_the_wider_view_has_its_k(precision):
    lens = Lens(lens=42.0, sensor_fit="VERTICAL", sensor_height=20.0, shift_x=0.1, shift_y=0.07)
    k = intrinsics(lens, 120, 200)
    wider = wider_view(LENSES[0], k, (120, 200), precision)
    np.testing.assert_allclose(intrinsics(wider.lens(lens), *wider.size), wider.k, atol=1e-9)


def test_a_lens_that_folds_the_picture_is_refused():
    k = intrinsics(Lens(lens=18.0), 64, 64)
    with pytest.raises(SceneError, match=r"-1.5, 0, 0, 0, 0 folds"):
        wider_view(Distortion("BROWN_CONRADY", (-1.5, 0.0, 0.0, 0.0, 0.0)), k, (64, 64), 2)


def test_far_out_points_that_a_lens_would_fold_into_the_picture_are_told():
    lens = Distortion("BROWN_CONRADY", (-0.3, 0.0, 0.0, 0.0, 0.0))
    clear = lens.is_clear(np.array([[0.3, 0.0], [0.9, 0.5], [1.5, 0.0], [2.0, 0.0]]))
    assert clear.tolist() == [True, True, False, False] or clear.tolist() == [True, False, False, False]
