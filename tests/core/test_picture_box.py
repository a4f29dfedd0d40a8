# SPDX-License-Identifier: GPL-3.0-or-later
"""Boxes in the picture against points drawn inside of boxes in space, projected one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthdata_addon.core.camera import look_at, world_to_opencv
from synthdata_addon.core.picture_box import meet, reaches_outside, room_in_picture
from synthdata_addon.core.records import CameraRecord

SIZE = (64, 48)
K = ((50.0, 0.0, 31.5), (0.0, 50.0, 23.5), (0.0, 0.0, 1.0))
ORTHO_K = ((4.0, 0.0, 31.5), (0.0, 4.0, 23.5), (0.0, 0.0, 1.0))
SIGNS = np.array([[(i >> axis) & 1 for axis in range(3)] for i in range(8)]) * 2.0 - 1.0


def camera(kind="PERSP", eye=(0.0, 0.0, 0.0), target=(0.0, 5.0, 0.0)):
    pose = look_at(np.array(eye), np.array(target))
    to_camera = world_to_opencv(pose)
    nested = lambda matrix: tuple(tuple(map(float, row)) for row in matrix)  # noqa: E731
    return CameraRecord("C", kind, K if kind == "PERSP" else ORTHO_K, nested(to_camera), nested(pose))


def box(centre, half):
    return np.array(centre) + SIGNS * np.array(half)


def seen(points, of):
    """Project points one by one; only those in front of the camera and inside of the picture."""
    found = []
    for point in points:
        x, y, z, _ = np.array(of.world_to_camera) @ [*point, 1.0]
        if of.type == "PERSP" and z <= 1e-6:
            continue
        u, v, _ = np.array(of.k) @ ([x, y, 1.0] if of.type == "ORTHO" else [x / z, y / z, 1.0])
        if -0.5 <= u <= SIZE[0] - 0.5 and -0.5 <= v <= SIZE[1] - 0.5:
            found.append((u, v))
    return np.array(found)


place = st.tuples(*[st.floats(-6.0, 6.0)] * 3)
half = st.tuples(*[st.floats(0.01, 4.0)] * 3)


@pytest.mark.parametrize("kind", ["PERSP", "ORTHO"])
@settings(max_examples=150, deadline=None)
@given(centre=place, half=half, seed=st.integers(0, 99))
def test_whatever_a_thing_shows_is_in_its_room(kind, centre, half, seed):
    of = camera(kind)
    corners = box(centre, half)
    inside = np.random.default_rng(seed).uniform(corners.min(axis=0), corners.max(axis=0), (400, 3))
    pixels = seen(np.concatenate([inside, corners]), of)
    room = room_in_picture(corners, of, SIZE)
    if len(pixels):
        assert room is not None
        x0, y0, x1, y1 = room
        assert np.all(pixels >= (x0, y0))
        assert np.all(pixels <= (x1, y1))


@pytest.mark.parametrize(
    ("centre", "half"),
    [
        ((0.0, -3.0, 0.0), (1.0, 1.0, 1.0)),  # behind the camera
        ((-9.0, 0.0, 0.0), (1.0, 1.0, 1.0)),  # at its side, on both sides of its plane
        ((0.0, 4.0, 9.0), (1.0, 1.0, 1.0)),  # in front, above the picture
    ],
)
def test_what_is_not_seen_has_no_room(centre, half):
    assert room_in_picture(box(centre, half), camera(), SIZE) is None
    assert reaches_outside(box(centre, half), camera(), SIZE)


def test_a_wall_beside_the_camera_leaves_the_other_side_of_the_picture_free():
    wall = room_in_picture(box((-2.0, 4.0, 0.0), (0.1, 8.0, 2.0)), camera(), SIZE)
    thing = room_in_picture(box((1.0, 4.0, 0.0), (0.3, 0.3, 0.3)), camera(), SIZE)
    assert wall is not None
    assert wall[2] < thing[0]
    assert not meet(wall, thing)


def test_a_thing_round_the_camera_has_the_whole_picture():
    x0, y0, x1, y1 = room_in_picture(box((0.0, 0.0, 0.0), (3.0, 3.0, 3.0)), camera(), SIZE)
    assert x0 <= 0
    assert y0 <= 0
    assert x1 >= SIZE[0]
    assert y1 >= SIZE[1]


def test_parts_are_seen_for_themselves():
    """Two boxes of one thing, one of them behind: its room is that of the other."""
    front, behind = box((0.0, 4.0, 0.0), (0.5, 0.5, 0.5)), box((0.0, -4.0, 0.0), (0.5, 0.5, 0.5))
    both = np.concatenate([behind, front])
    assert room_in_picture(both, camera(), SIZE) == room_in_picture(front, camera(), SIZE)
    assert reaches_outside(both, camera(), SIZE)
    assert not reaches_outside(front, camera(), SIZE)


def test_what_has_no_known_box_may_be_anywhere():
    assert room_in_picture(np.zeros((0, 3)), camera(), SIZE) == (0.0, 0.0, 64.0, 48.0)
    assert reaches_outside(np.zeros((0, 3)), camera(), SIZE)
