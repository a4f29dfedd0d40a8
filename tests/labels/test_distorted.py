# SPDX-License-Identifier: GPL-3.0-or-later
"""Passes through a distorting lens: every pixel of a view shows the render's nearest pixel, in all passes alike."""

from __future__ import annotations

import numpy as np
import pytest

from synthdata_addon.core.camera import Lens, intrinsics
from synthdata_addon.core.distortion import Distortion, wider_view
from synthdata_addon.core.records import CameraRecord, DistortionRecord
from synthdata_addon.labels.distorted import lookup_of
from synthdata_addon.labels.exr import Passes

SIZE = (80, 60)
EYE = tuple(tuple(row) for row in np.eye(4).tolist())
COEFFICIENTS = (-0.3, 0.1, 0.003, -0.002, 0.0)


def rows(matrix: np.ndarray) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row) for row in matrix.tolist())


@pytest.fixture
def camera() -> CameraRecord:
    k = intrinsics(Lens(lens=30.0), *SIZE)
    render = wider_view(Distortion("BROWN_CONRADY", COEFFICIENTS), k, SIZE, 4)
    lens = DistortionRecord("BROWN_CONRADY", COEFFICIENTS, rows(render.k), render.size)
    return CameraRecord("bent", "PERSP", rows(k), EYE, EYE, lens)


def test_every_pass_shows_the_nearest_pixel_of_the_render(camera):
    """Each pass holds where its pixel is, so that what comes out says where it came from; OpenCV says where it must."""
    cv2 = pytest.importorskip("cv2")
    width, height = camera.distortion.render_size
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    passes = Passes(
        depth=x,
        normal=np.stack([x, y, x + y], axis=2),
        index=x.astype(np.uint16),
        random=y,
        random_layers=(x, y),
        solid_random=x,
        material=y,
    )
    lookup = lookup_of(camera, SIZE)
    found = lookup.passes(passes)
    columns, lines = np.meshgrid(np.arange(SIZE[0], dtype=float), np.arange(SIZE[1], dtype=float))
    pixels = np.stack([columns.ravel(), lines.ravel()], axis=1)[:, None]
    exact = (cv2.TERM_CRITERIA_COUNT + cv2.TERM_CRITERIA_EPS, 200, 1e-12)
    plane = cv2.undistortPoints(
        pixels, np.array(camera.k), np.array(COEFFICIENTS), None, None, None, exact
    ).reshape(SIZE[1], SIZE[0], 2)
    k = np.array(camera.distortion.render_k)
    at = plane * k[[0, 1], [0, 1]] + k[:2, 2]
    assert np.abs(found.depth - at[..., 0]).max() <= 0.5 + 1e-6
    assert np.abs(found.random - at[..., 1]).max() <= 0.5 + 1e-6
    for axis, pixels_of in ((0, found.depth), (1, found.random)):
        np.testing.assert_array_equal(found.normal[..., axis], pixels_of)
        np.testing.assert_array_equal(found.random_layers[axis], pixels_of)
    np.testing.assert_array_equal(found.index, found.depth.astype(np.uint16))
    np.testing.assert_array_equal(found.solid_random, found.depth)
    np.testing.assert_array_equal(found.material, found.random)


def test_passes_that_are_not_there_stay_away(camera):
    width, height = camera.distortion.render_size
    flat = np.zeros((height, width), np.float32)
    found = lookup_of(camera, SIZE).passes(
        Passes(flat, np.zeros((height, width, 3), np.float32), flat.astype(np.uint16))
    )
    assert (found.random, found.random_layers, found.solid_random, found.material) == (None, (), None, None)


def test_a_lens_that_does_not_distort_needs_no_lookup(camera):
    assert lookup_of(None, SIZE) is None
    assert lookup_of(CameraRecord("flat", "PERSP", camera.k, EYE, EYE), SIZE) is None
