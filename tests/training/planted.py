# SPDX-License-Identifier: GPL-3.0-or-later
"""Views whose passes follow from formulas: a back wall, a floor and a ball before a camera at the origin."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tests.exr_files import write_exr
from training.roles import Role, pass_index

WALL_Z, FLOOR_Y, BALL_RADIUS = 4.0, -0.8, 0.5
"""Metres in camera axes: the wall faces the camera, the floor lies below it."""


def passes(size: int = 64, ball: tuple[float, float, float] = (0.0, -0.3, 2.5)) -> dict[str, np.ndarray]:
    """Z, world normal, position and index of one view of `size` pixels; the camera looks down -Z, 90 degrees wide.

    ``ball`` is its centre: right, up and before the camera.
    """
    steps = (np.arange(size) + 0.5) / size * 2 - 1
    x, y = np.meshgrid(steps, -steps)
    z = np.full((size, size), WALL_Z)
    normal = np.tile((0.0, 0.0, 1.0), (size, size, 1))
    index = np.full((size, size), float(pass_index(1, Role.WALL)))
    floor = y * z < FLOOR_Y
    z[floor] = FLOOR_Y / y[floor]
    normal[floor], index[floor] = (0.0, 1.0, 0.0), pass_index(2, Role.FLOOR)
    ray = np.stack([x, y, np.ones_like(x)], axis=-1)
    a, b = (ray**2).sum(-1), ray @ np.array(ball)
    root = b**2 - a * (np.dot(ball, ball) - BALL_RADIUS**2)
    hit = root > 0
    z[hit] = (b[hit] - np.sqrt(root[hit])) / a[hit]
    position = ray * z[..., None] * (1, 1, -1)
    normal[hit] = ((position - np.array(ball) * (1, 1, -1)) / BALL_RADIUS)[hit]
    index[hit] = pass_index(3, Role.BALL)
    return {
        "z": z.astype(np.float32),
        "normal": normal.astype(np.float32),
        "position": position.astype(np.float32),
        "index": index.astype(np.float32),
    }


def write_scene(folder: Path, number: int, views: list[dict[str, np.ndarray]]) -> None:
    """Writes the views as the render does: an EXR each, then the scene's JSON."""
    for row, view in enumerate(views):
        position = {axis: view["position"][..., i] for i, axis in enumerate("XYZ")}
        write_exr(
            folder / f"{number:06d}_{row}.exr",
            view["z"],
            view["normal"],
            view["index"],
            combined=False,
            extra={"ViewLayer.Position": position},
        )
    record = {"kind": "planted", "cameras": [np.eye(4).tolist()] * len(views)}
    (folder / f"{number:06d}.json").write_text(json.dumps(record), encoding="utf-8")
