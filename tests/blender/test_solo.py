# SPDX-License-Identifier: GPL-3.0-or-later
"""What things show alone: rendered together where they do not meet, as if each had a render of its own."""

from __future__ import annotations

import numpy as np
import pytest

from synthdata_addon.blender.solo import SoloScene
from synthdata_addon.core.camera import look_at
from tests.blender import scenes

AROUND = 16


@pytest.fixture
def ring(empty_scene):
    """Boxes all round a camera, some of them beside it and behind it, and a long wall that passes it."""
    for number in range(AROUND):
        angle = 2.0 * np.pi * number / AROUND
        scenes.add_cube(f"Box {number}", (3.0 * np.cos(angle), 3.0 * np.sin(angle), 0.2), 0.6, category="box")
    scenes.add_rectangle("Wall", (-2.2, -9.0, -1.4, 9.0), -0.4, category="wall")
    scenes.add_cube("Hidden", (0.4, 5.0, 0.2), 0.6, category="box")
    place = look_at(np.array((0.0, 0.0, 0.3)), np.array((0.0, 5.0, 0.2)))
    scenes.add_camera("Middle", place, lens=24.0)
    settings = empty_scene.synthdata
    settings.width, settings.height, settings.sweep, settings.use_styles = 96, 64, "CAMERAS", False
    settings.labels.visibility = settings.labels.amodal = settings.keep_passes = True
    return empty_scene


def annotations(folder):
    """What is said of each thing, by name."""
    coco, image = scenes.load_coco(folder)[0]
    return {
        item["name"]: {key: value for key, value in item.items() if key not in ("id", "image_id")}
        for item in coco.imgToAnns[image["id"]]
    }


def test_what_is_beside_or_behind_the_camera_costs_no_render(ring, tmp_path, monkeypatch):
    scenes.generate(tmp_path / "together")
    with monkeypatch.context() as patch:
        patch.setattr(SoloScene, "groups", lambda self, *_: [[solo] for solo in self._solos])
        scenes.generate(tmp_path / "alone")
    together, alone = (annotations(tmp_path / name) for name in ("together", "alone"))
    assert together == alone
    assert len(alone) >= 5
    assert 0.0 < alone["Hidden"]["visible_fraction"] < 1.0
    assert 0.0 < alone["Wall"]["visible_fraction"] < 1.0
    count = {
        name: len(list((tmp_path / name / "passes").glob("*.solo*.exr"))) for name in ("together", "alone")
    }
    assert count == {"together": 2, "alone": AROUND + 2}
