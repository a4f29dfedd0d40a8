# SPDX-License-Identifier: GPL-3.0-or-later
"""Intrinsics and poses against hand-worked numbers; Blender's own projection is the truth in tests/blender."""

from __future__ import annotations

import numpy as np
import pytest

from synthdata_addon.core.camera import Lens, intrinsics, look_at, project, world_to_opencv


def test_intrinsics_of_a_50_mm_lens_on_a_landscape_picture():
    # 36 mm over 640 pixels: 50 mm are 888.9 pixels; the middle of 640 pixels is between pixels 319 and 320.
    k = intrinsics(Lens(lens=50.0, sensor_width=36.0), 640, 480)
    np.testing.assert_allclose(k, [[888.888889, 0, 319.5], [0, 888.888889, 239.5], [0, 0, 1]], rtol=1e-6)


def test_auto_fit_spans_the_sensor_width_over_the_longer_side():
    portrait = intrinsics(Lens(lens=36.0, sensor_width=36.0), 480, 640)
    assert portrait[0, 0] == pytest.approx(640.0)
    vertical = intrinsics(Lens(lens=24.0, sensor_height=24.0, sensor_fit="VERTICAL"), 640, 480)
    assert vertical[1, 1] == pytest.approx(480.0)


def test_a_point_ahead_left_and_up_lands_left_and_up_of_the_middle():
    pose = look_at(np.array([0.0, -5.0, 0.0]), np.zeros(3))  # looks along +Y: world +X is right, +Z is up
    points = np.array([[0.0, 0.0, 0.0], [-1.0, 0.0, 1.0]])
    k = intrinsics(Lens(lens=36.0, sensor_width=36.0), 100, 100)
    np.testing.assert_allclose(
        project(points, k, world_to_opencv(pose)), [[49.5, 49.5, 5.0], [29.5, 29.5, 5.0]], atol=1e-9
    )


def test_extrinsics_are_rigid_even_when_the_camera_object_is_scaled():
    pose = look_at(np.array([3.0, 2.0, 1.0]), np.array([0.0, 0.5, 0.0]))
    scaled = pose.copy()
    scaled[:3, :3] *= np.array([2.0, 3.0, 0.5])
    np.testing.assert_allclose(world_to_opencv(scaled), world_to_opencv(pose), atol=1e-12)
    rotation = world_to_opencv(pose)[:3, :3]
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1.0)


def test_looking_straight_down_is_defined_and_looking_at_oneself_is_not():
    pose = look_at(np.array([0.0, 0.0, 4.0]), np.zeros(3))
    np.testing.assert_allclose(pose[:3, :3], np.eye(3), atol=1e-12)
    with pytest.raises(ValueError, match="stands in"):
        look_at(np.zeros(3), np.zeros(3))


def test_orthographic_pixels_do_not_depend_on_depth():
    lens = Lens(type="ORTHO", ortho_scale=10.0)
    extrinsic = world_to_opencv(look_at(np.array([0.0, 0.0, 9.0]), np.zeros(3)))
    points = np.array([[1.0, 2.0, 0.0], [1.0, 2.0, 5.0]])
    pixels = project(points, intrinsics(lens, 100, 50), extrinsic, "ORTHO")
    np.testing.assert_allclose(pixels[:, :2], [[59.5, 4.5], [59.5, 4.5]], atol=1e-9)
