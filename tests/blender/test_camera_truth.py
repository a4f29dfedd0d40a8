# SPDX-License-Identifier: GPL-3.0-or-later
"""Our intrinsics and poses against Blender's own projection, for every way a lens can be set."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Euler, Matrix, Vector

from synthdata_addon.blender.facts import lens_of
from synthdata_addon.core.camera import intrinsics, project, world_to_opencv
from tests.blender import scenes

LENSES = [
    {},
    {"lens": 24.0, "shift_x": 0.2, "shift_y": -0.1},
    {"sensor_fit": "VERTICAL", "sensor_height": 20.0},
    {"sensor_fit": "HORIZONTAL", "sensor_width": 23.5},
    {"type": "ORTHO", "ortho_scale": 7.0, "shift_x": 0.15},
]


@pytest.mark.parametrize("size", [(640, 480), (300, 500), (256, 256)])
@pytest.mark.parametrize("lens", LENSES, ids=str)
def test_projection_equals_blenders(empty_scene, lens, size):
    pose = Matrix.LocRotScale(Vector((2.0, -6.0, 3.0)), Euler((1.1, 0.1, 0.3)), Vector((2.0, 2.0, 2.0)))
    camera = scenes.add_camera("C", pose, **lens)
    render = empty_scene.render
    render.resolution_x, render.resolution_y = size
    bpy.context.view_layer.update()
    points = np.random.default_rng(0).uniform(-1.5, 1.5, (50, 3))
    ours = project(
        points,
        intrinsics(lens_of(camera.data), *size),
        world_to_opencv(np.array(camera.matrix_world)),
        camera.data.type,
    )
    for point, (x, y, depth) in zip(points, ours, strict=True):
        u, v, z = world_to_camera_view(empty_scene, camera, Vector(point))
        # Blender: 0..1 from the bottom left edge; OpenCV: the centre of the top left pixel is (0, 0).
        assert x == pytest.approx(u * size[0] - 0.5, abs=2e-3)
        assert y == pytest.approx((1.0 - v) * size[1] - 0.5, abs=2e-3)
        if lens.get("type") != "ORTHO":
            assert depth == pytest.approx(z, rel=1e-4)


def test_the_recorded_camera_puts_a_ball_where_its_mask_is(scene, tmp_path):
    scenes.generate(tmp_path)
    for record in scenes.lines(tmp_path / "views.jsonl"):
        camera = record["camera"]
        x, y, _ = project(
            np.array([[0.0, 0.8, 0.6]]), np.array(camera["k"]), np.array(camera["world_to_camera"])
        )[0]
        mask = scenes.masks(tmp_path, record["view"]).get("Ball")
        if mask is not None and mask[1:-1, 1:-1].sum() > 80:
            rows, columns = np.nonzero(mask)
            assert columns.min() <= x <= columns.max()
            assert rows.min() <= y <= rows.max()
