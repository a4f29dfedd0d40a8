# SPDX-License-Identifier: GPL-3.0-or-later
"""What Blender makes stands its own check, and the poses it exports put each object onto its mask."""

from __future__ import annotations

import itertools
import json

import bpy
import numpy as np
import pytest
from PIL import Image

from synthdata_addon.ui.command import main
from synthdata_addon.ui.settings import job_from_scene
from tests.blender import scenes


@pytest.fixture
def dataset(scene, tmp_path):
    """Return a dataset with everything that labels can be, and every export."""
    left = bpy.data.objects["Left"]
    left.scale, left.rotation_euler = (-0.7, 1.3, 0.9), (0.3, 0.2, 0.8)
    job = job_from_scene(scene).to_json()
    job["exports"] = ["YOLO_DETECT", "YOLO_SEGMENT", "BOP", "IMAGEFOLDER"]
    for name in ("polygons", "panoptic", "captions", "visibility", "amodal"):
        job["labels"][name] = True
    path = tmp_path / "job.json"
    path.write_text(json.dumps(job), encoding="utf-8")
    assert scenes.generate(tmp_path / "set", job=str(path)) == {"FINISHED"}
    return tmp_path / "set"


def test_it_has_no_fault_and_a_spoilt_one_has(dataset, capfd):
    assert main(["validate", str(dataset)]) == 0
    out = capfd.readouterr().out
    assert "Checked 4 views" in out
    assert "4 exports: no fault." in out
    (dataset / "masks" / "instance" / "000001.png").unlink()
    assert main(["validate", str(dataset)]) == 1
    assert "[file.missing]" in capfd.readouterr().out


def test_export_writes_one_more_format(scene, tmp_path, capfd):
    scenes.generate(tmp_path / "set")
    assert main(["export", str(tmp_path / "set"), "yolo_detect"]) == 0
    assert (tmp_path / "set" / "exports" / "yolo_detect" / "data.yaml").is_file()
    assert main(["export", str(tmp_path / "set"), "bop"]) == 1
    assert "BOP wants" in capfd.readouterr().err


def hull(points: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return the (H, W) mask of the pixels whose centre lies among the points: in a triangle of any three of them."""
    y, x = np.mgrid[0:height, 0:width]
    inside = np.zeros((height, width), bool)
    for triangle in itertools.combinations(points, 3):
        sides = [
            (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])
            for a, b in itertools.pairwise((*triangle, triangle[0]))
        ]
        inside |= (np.min(sides, axis=0) >= 0) | (np.max(sides, axis=0) <= 0)
    return inside


def test_each_exported_pose_puts_its_cube_onto_its_mask(dataset):
    """A cube looks like the hull of its corners, which the camera, the pose and the stretch put into the picture."""
    names = {item["id"]: item["name"] for item in json.loads((dataset / "job.json").read_text())["instances"]}
    corners = np.array(list(itertools.product((-0.5, 0.5), repeat=3)))
    seen = 0
    for folder in sorted((dataset / "exports" / "bop").glob("*/*/")):
        cameras, truths = (
            json.loads((folder / f"scene_{name}.json").read_text()) for name in ("camera", "gt")
        )
        for image, things in truths.items():
            k = np.array(cameras[image]["cam_K"]).reshape(3, 3)
            for number, thing in enumerate(things):
                if names[thing["instance_id"]] == "Ball":
                    continue
                model = 1000 * corners @ np.array(thing["stretch"]).reshape(3, 3).T
                points = model @ np.array(thing["cam_R_m2c"]).reshape(3, 3).T + thing["cam_t_m2c"]
                pixels = points @ k.T
                file = folder / "mask" / f"{int(image):06d}_{number:06d}.png"
                mask = np.asarray(Image.open(file)) > 0
                wanted = hull(pixels[:, :2] / pixels[:, 2:], *mask.shape)
                assert (mask & wanted).sum() / (mask | wanted).sum() > 0.995
                seen += 1
    assert seen == 8
