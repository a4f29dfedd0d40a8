# SPDX-License-Identifier: GPL-3.0-or-later
"""Canny edges of pictures: bit for bit what OpenCV finds."""

from __future__ import annotations

import numpy as np
import pytest

from synthdata_addon.stylize.canny import canny

cv2 = pytest.importorskip("cv2")


def picture(seed, height, width):
    """Flat shapes, ramps, soft spots and noise."""
    rng = np.random.default_rng(seed)
    image = np.ascontiguousarray(rng.integers(0, 256, (1, 1, 3)) * np.ones((height, width, 1)), np.float32)
    for _ in range(12):
        colour = rng.integers(0, 256, 3).tolist()
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        cv2.circle(image, centre, int(rng.integers(2, 20)), colour, -1, cv2.LINE_AA)
    image = cv2.GaussianBlur(image, (0, 0), 0.5 + seed)
    image += np.linspace(0, 40, width, dtype=np.float32)[None, :, None]
    return np.clip(image + rng.normal(0, 3 * (seed % 3), image.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("limits", [(100, 200), (20, 60), (0, 1)])
def test_edges_are_opencvs(seed, limits):
    image = picture(seed, 61 + seed, 83)
    expected = cv2.Canny(image, *limits)
    assert np.array_equal(canny(image, *limits), expected)
    assert expected.any() or limits == (100, 200)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (3, 2), (40, 40)])
def test_small_pictures_and_pure_noise(shape):
    image = np.random.default_rng(1).integers(0, 256, (*shape, 3), dtype=np.uint8)
    assert np.array_equal(canny(image), cv2.Canny(image, 100, 200))


def test_a_step_of_grey_is_one_line():
    image = np.zeros((9, 12, 3), np.uint8)
    image[:, 6:] = 200
    found = canny(image)
    assert found.dtype == np.uint8
    assert [x for x in range(12) if found[4, x]] == [6] or [x for x in range(12) if found[4, x]] == [5]
    assert found.sum() == 9 * 255
