# SPDX-License-Identifier: GPL-3.0-or-later
"""Control images of known surfaces: the exact bytes that the conventions give."""

from __future__ import annotations

import math

import numpy as np
import pytest

from synthdata_addon.runner.png import write_png
from synthdata_addon.stylize.depth import disparity
from synthdata_addon.stylize.images import read_rgb
from synthdata_addon.stylize.normal import BACKGROUND, normal_bae

FLOOR, CEILING = (0, 0, 1), (0, 0, -1)


def camera(yaw_degrees, scale=1.0):
    """A level camera (world Z up) that looks along +Y turned by a yaw, as Blender's matrix_world."""
    c, s = math.cos(math.radians(yaw_degrees)), math.sin(math.radians(yaw_degrees))
    matrix = np.eye(4)
    right, up, back = (c, s, 0), (0, 0, 1), (s, -c, 0)
    matrix[:3, 0], matrix[:3, 1], matrix[:3, 2] = right, up, back
    matrix[:3, :3] *= scale
    matrix[:3, 3] = (3, -2, 5)
    return matrix, np.array(right), np.array(up), np.array(back)


def colour(normal, matrix):
    pixels = np.broadcast_to(np.asarray(normal, np.float32), (2, 3, 3))
    rgb = normal_bae(pixels, matrix)
    assert rgb.dtype == np.uint8
    assert (rgb == rgb[0, 0]).all()
    return tuple(rgb[0, 0].tolist())


@pytest.mark.parametrize("yaw", [0, 30, 45, 90, 137, 180, 270])
@pytest.mark.parametrize("scale", [1.0, 2.5])
def test_red_is_left_green_is_up_blue_is_towards_the_camera(yaw, scale):
    matrix, right, _, back = camera(yaw, scale)
    assert colour(FLOOR, matrix) == (128, 255, 128)
    assert colour(CEILING, matrix) == (128, 0, 128)
    assert colour(-right, matrix) == (255, 128, 128)
    assert colour(right, matrix) == (0, 128, 128)
    assert colour(back, matrix) == (128, 128, 255)
    assert colour(-back, matrix) == (128, 128, 0)


def test_a_slanted_wall_has_the_colour_of_the_formula():
    matrix, right, up, back = camera(20)
    normal = -0.6 * right + 0.48 * up + 0.64 * back
    # 255 * ((1 + 0.6) / 2, (1 + 0.48) / 2, (1 + 0.64) / 2) = 204, 188.7, 209.1
    assert colour(normal, matrix) == (204, 189, 209)


def test_filtered_normals_are_renormalised_and_background_is_blue():
    matrix, right, _, back = camera(0)
    mixed = 0.3 * (back - right)
    assert colour(mixed, matrix) == colour((back - right) / math.sqrt(2), matrix)
    assert colour((0, 0, 0), matrix) == BACKGROUND == (128, 128, 255)


def test_two_known_distances_and_the_ends_of_the_range():
    z = np.array([[2.0, 8.0, 1.0, 20.0, 4.0, 2.5, 1e10, 0.0]], np.float32)
    grey = disparity(z, 2.0, 8.0)
    # (1/z - 1/8) / (1/2 - 1/8): 4 gives 1/3 (85), 2.5 gives 0.7333 (187); nearer is clipped to white, farther to black.
    assert grey[0].tolist() == [255, 0, 255, 0, 85, 187, 0, 0]
    assert grey.dtype == np.uint8


def test_equal_distances_get_equal_greys_in_every_view_of_a_sweep():
    near, far = disparity(np.full((2, 2), 3.0, np.float32), 1.0, 9.0), np.full((5, 5), 9.0, np.float32)
    far[1, 1] = 3.0
    assert disparity(far, 1.0, 9.0)[1, 1] == near[0, 0]


def test_a_flat_range_is_mid_grey():
    z = np.array([[5.0, 1e10]], np.float32)
    assert disparity(z, 5.0, 5.0)[0].tolist() == [128, 0]


@pytest.mark.parametrize("limits", [(0.0, 1.0), (2.0, 1.0), (-1.0, 1.0), (1.0, math.inf), (math.nan, 1.0)])
def test_a_range_that_is_none_is_refused(limits):
    with pytest.raises(ValueError, match="near"):
        disparity(np.ones((1, 1), np.float32), *limits)


def test_a_control_image_comes_back_from_disk_byte_for_byte(tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (7, 5, 3), dtype=np.uint8)
    write_png(tmp_path / "a.png", picture)
    assert np.array_equal(read_rgb(tmp_path / "a.png"), picture)
