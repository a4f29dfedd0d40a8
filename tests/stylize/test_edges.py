# SPDX-License-Identifier: GPL-3.0-or-later
"""Control images of geometry's edges, on scenes whose pixels are known: steps, tilted planes, folds, borders of ids."""

from __future__ import annotations

import math

import numpy as np
import pytest

from synthdata_addon.stylize.canny import canny_from_geometry
from synthdata_addon.stylize.edges import edges, lines
from synthdata_addon.stylize.lineart import lineart
from synthdata_addon.stylize.softedge import softedge

HEIGHT, WIDTH = 24, 32
FRONT = (0.0, 0.0, 1.0)


def scene(depth=4.0, normal=FRONT, ids=0):
    """A wall before the camera, or what is given in place of its depth, normals or ids."""
    shape = (HEIGHT, WIDTH)
    return (
        np.array(np.broadcast_to(depth, shape), np.float32),
        np.array(np.broadcast_to(normal, (*shape, 3)), np.float32),
        np.array(np.broadcast_to(ids, shape), np.uint16),
    )


def plane(slope_x, slope_y, focal=40.0, distance=5.0):
    """Depth and normal of the plane z = distance + slope_x * X + slope_y * Y before a pinhole camera."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    rays = slope_x * (x - WIDTH / 2) / focal + slope_y * (y - HEIGHT / 2) / focal
    normal = np.array([slope_x, -slope_y, 1.0])
    return distance / (1.0 - rays), normal / np.linalg.norm(normal)


def test_a_wall_and_nothing_at_all_have_no_edge():
    for depth, normal in ((4.0, FRONT), (1e10, (0.0, 0.0, 0.0))):
        found = edges(*scene(depth, normal))
        for draw in (canny_from_geometry, softedge, lineart):
            picture = draw(found)
            assert picture.shape == (HEIGHT, WIDTH)
            assert picture.dtype == np.uint8
            assert not picture.any()


@pytest.mark.parametrize("slopes", [(0.9, 0.0), (0.0, -1.2), (0.7, 0.8), (-0.5, 1.1)])
def test_a_tilted_plane_has_no_edge_however_steep(slopes):
    depth, normal = plane(*slopes)
    assert depth.min() > 0.0
    assert depth.max() / depth.min() > 1.3
    assert not lines(edges(*scene(depth, normal))).any()


@pytest.mark.parametrize("near_is_left", [True, False])
def test_a_step_is_one_line_on_its_nearer_side(near_is_left):
    depth = np.full((HEIGHT, WIDTH), 4.0)
    depth[:, 16:] = 5.0
    if not near_is_left:
        depth = depth[:, ::-1]
    expected = np.zeros((HEIGHT, WIDTH), np.uint8)
    expected[:, 15 if near_is_left else 16] = 255
    assert np.array_equal(canny_from_geometry(edges(*scene(depth))), expected)
    assert np.array_equal(canny_from_geometry(edges(*scene(depth)[:2], scene(ids=3)[2])), expected)


def test_a_step_on_a_steep_plane_is_found_and_the_plane_is_not():
    depth, normal = plane(0.9, 0.0)
    depth[:, 20:] *= 1.1
    found = canny_from_geometry(edges(*scene(depth, normal)))
    assert found[:, 19].all()
    assert found.sum() == HEIGHT * 255


def test_the_strength_of_a_step_is_the_formulas():
    depth = np.full((HEIGHT, WIDTH), 4.0)
    depth[:, 16:] = 4.0 / 0.97
    # A step of 3 % of the depth: (0.03 - 0.01) / (0.05 - 0.01) = 0.5.
    drawn = lines(edges(*scene(depth)))
    assert drawn[:, 15] == pytest.approx(0.5, abs=1e-4)
    depth[:, 16:] = 4.0 / 0.992
    assert not lines(edges(*scene(depth))).any()


def test_two_things_side_by_side_at_equal_depth_and_normal_are_parted():
    ids = np.zeros((HEIGHT, WIDTH), np.uint16)
    ids[6:18, 8:16], ids[6:18, 16:24] = 1, 2
    found = canny_from_geometry(edges(*scene(ids=ids)))
    expected = np.zeros((HEIGHT, WIDTH), np.uint8)
    for left, right in ((8, 15), (16, 23)):  # nobody's pixels have no line
        expected[6, left : right + 1] = expected[17, left : right + 1] = 255
        expected[6:18, left] = expected[6:18, right] = 255
    expected[7:17, 15] = 0  # the line between the two is on the higher id alone
    assert np.array_equal(found, expected)


def fold(degrees):
    """Two walls that meet in a vertical fold at x = 16, without a step."""
    normal = np.empty((HEIGHT, WIDTH, 3))
    half = math.radians(degrees / 2)
    normal[:, :16], normal[:, 16:] = (-math.sin(half), 0, math.cos(half)), (math.sin(half), 0, math.cos(half))
    slope = math.tan(half) / 40.0
    x = np.abs(np.arange(WIDTH) - 15.5)
    return 1.0 / np.broadcast_to(1.0 / 4.0 - slope * x / 4.0, (HEIGHT, WIDTH)), normal


@pytest.mark.parametrize(("degrees", "strength"), [(15, 0.0), (40, 0.5165), (60, 1.0), (90, 1.0)])
def test_a_fold_is_drawn_by_its_angle(degrees, strength):
    drawn = lines(edges(*scene(*fold(degrees))))
    # The chord: (2 sin 20 - 2 sin 10) / (1 - 2 sin 10) = 0.5165 for 40 degrees.
    assert drawn.max(axis=1) == pytest.approx(strength, abs=1e-3)
    assert np.count_nonzero(drawn) == (HEIGHT if strength else 0)


def test_what_is_thinner_than_a_pixel_leaves_no_dots():
    normal = np.array(np.broadcast_to(FRONT, (HEIGHT, WIDTH, 3)))
    normal[10, 7] = normal[3, 20] = (1.0, 0.0, 0.0)
    normal[:, 27] = (0.6, 0.0, 0.8)
    assert not lines(edges(*scene(normal=normal))).any()


def test_a_bevel_one_pixel_wide_does_not_hide_its_edge():
    normal = np.array(np.broadcast_to(FRONT, (HEIGHT, WIDTH, 3)))
    normal[:, 16], normal[:, 17:] = (math.sqrt(0.5), 0.0, math.sqrt(0.5)), (1.0, 0.0, 0.0)
    found = canny_from_geometry(edges(*scene(normal=normal)))
    assert (found.max(axis=1) == 255).all()
    assert not found[:, :14].any()
    assert not found[:, 19:].any()


def test_surface_before_nothing_is_outlined_on_the_surface():
    depth = np.full((HEIGHT, WIDTH), 1e10)
    depth[5:15, 5:25] = 3.0
    normal = np.where((depth < 1e9)[..., None], FRONT, 0.0)
    found = canny_from_geometry(edges(*scene(depth, normal)))
    expected = np.zeros((HEIGHT, WIDTH), np.uint8)
    expected[5:15, 5:25] = 255
    expected[6:14, 6:24] = 0
    assert np.array_equal(found, expected)


def ball(radius, size=96):
    """A ball before a wall that it nearly touches: its rim is steep, and the step behind it is small."""
    y, x = np.mgrid[0:size, 0:size] - (size - 1) / 2
    inside = x**2 + y**2 < radius**2
    bulge = np.sqrt(np.clip(radius**2 - x**2 - y**2, 0.0, None)) / radius
    depth = np.where(inside, 10.0 - 0.05 * radius * bulge, 10.0)
    normal = np.where(inside[..., None], np.stack([x / radius, -y / radius, bulge], 2), FRONT)
    return depth.astype(np.float32), normal.astype(np.float32), inside.astype(np.uint16), inside


@pytest.mark.parametrize("radius", [7.3, 20.2, 40.0])
def test_a_ball_is_one_closed_outline_and_smooth_inside(radius):
    import cv2

    depth, normal, ids, inside = ball(radius)
    found = canny_from_geometry(edges(depth, normal, ids)) > 0
    core = cv2.erode(inside.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    cross = cv2.erode(inside.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))) > 0
    assert np.array_equal(found & ~core, inside & ~cross)
    assert not (found & core).any()


def test_a_soft_edge_is_symmetric_white_beside_the_edge_and_fades_as_a_gaussian():
    depth = np.full((HEIGHT, WIDTH), 4.0)
    depth[:, 16:] = 6.0
    row = softedge(edges(*scene(depth)), spread=1.5)[HEIGHT // 2].astype(int)
    assert row[15] == row[16] == 255
    assert np.array_equal(row, row[::-1])
    weights = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    for away in (1, 2, 3, 4):
        value = 255 * (weights[5 + away] + weights[min(10, 6 + away)]) / (weights[5] + weights[6])
        assert row[16 + away] == pytest.approx(value, abs=1)
    assert row[22:].max() == 0


@pytest.mark.parametrize("degrees", [0, 10, 26.57, 45, 70, 90])
def test_soft_edges_are_as_white_at_every_angle(degrees):
    size = 80
    y, x = np.mgrid[0:size, 0:size] - (size - 1) / 2
    side = x * math.cos(math.radians(degrees)) + y * math.sin(math.radians(degrees))
    depth = np.where(side < 0.0, 4.0, 6.0).astype(np.float32)
    normal = np.broadcast_to(np.float32(FRONT), (size, size, 3))
    picture = softedge(edges(depth, normal, np.zeros((size, size), np.uint16)), spread=2.0)
    middle = picture[20:60, 20:60]
    on_edge = np.abs(side[20:60, 20:60]) < 0.6
    assert middle[on_edge].mean() == pytest.approx(247, abs=9)
    assert not middle[np.abs(side[20:60, 20:60]) > 8].any()


def test_soft_edges_grow_with_the_picture():
    small, large = (softedge(edges(*fronts(size)))[size // 2] for size in (512, 1024))
    # Twice the spread, 1.5 and 3 pixels, less what the two white pixels in the middle make of it.
    wider = 2.0 * (1.0 + math.exp(-1.0 / 4.5)) / (1.0 + math.exp(-1.0 / 18.0))
    assert large.sum() / small.sum() == pytest.approx(wider, rel=0.01)


def fronts(size):
    depth = np.full((size, size), 4.0, np.float32)
    depth[:, size // 2 :] = 6.0
    return depth, np.zeros((size, size, 3), np.float32), np.zeros((size, size), np.uint16)


def test_a_drawn_line_is_full_on_its_pixel_and_half_on_the_next():
    depth = np.full((HEIGHT, WIDTH), 4.0)
    depth[:, 16:] = 6.0
    row = lineart(edges(*scene(depth)))[HEIGHT // 2].tolist()
    assert row[13:18] == [0, 128, 255, 128, 0]
    assert lineart(edges(*scene(*fold(40))))[HEIGHT // 2].max() == 132  # 255 * 0.5165


def test_equal_passes_give_equal_pictures_whatever_their_memory_is_like():
    rng = np.random.default_rng(3)
    depth, normal, ids = ball(20.2)[:3]
    depth = depth + rng.random(depth.shape).astype(np.float32)
    first = edges(depth, normal, ids)
    again = edges(np.asfortranarray(depth), np.asfortranarray(normal), np.asfortranarray(ids))
    for draw in (canny_from_geometry, softedge, lineart):
        assert np.array_equal(draw(first), draw(again))


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1), (2, 2)])
def test_the_smallest_pictures(shape):
    found = edges(np.ones(shape, np.float32), np.zeros((*shape, 3), np.float32), np.zeros(shape, np.uint16))
    assert softedge(found).shape == lineart(found).shape == canny_from_geometry(found).shape == shape
