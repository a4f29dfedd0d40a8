# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels through a distorting lens: against plates painted by numpy along OpenCV's undistorted rays, pixel by pixel."""

from __future__ import annotations

import json

import bpy
import numpy as np
import pytest
from mathutils import Matrix

from tests.blender import scenes
from tests.blender.opencv import by_opencv, read_picture

WIDTH, HEIGHT = 160, 120
EYE = 4.0
PLATES = {
    "left": (0.0, (-1.9, -1.2, -0.5, 0.9)),
    "right": (0.5, (-0.2, -0.7, 1.4, 0.6)),
    "cut": (0.2, (0.6, 0.9, 3.5, 2.5)),
    "over": (1.2, (-0.6, -0.3, 0.2, 0.5)),
}
"""Name -> height, and the rectangle x0, y0, x1, y1 in world units."""
BROWN = {"k1": -0.35, "k2": 0.12, "k3": -0.02, "p1": 0.004, "p2": -0.006}
PINCUSHION = {"k1": 0.25, "k2": 0.05, "k3": 0.0, "p1": -0.003, "p2": 0.002}
FISHEYE = {"k1": -0.03, "k2": 0.01, "k3": 0.0, "k4": 0.0}
LENSES = [("BROWN_CONRADY", BROWN), ("BROWN_CONRADY", PINCUSHION), ("FISHEYE", FISHEYE)]


@pytest.fixture(params=LENSES, ids=["barrel", "pincushion", "fisheye"])
def lens(request):
    return request.param


@pytest.fixture
def bent(empty_scene, lens):
    """Plates under a perspective camera whose lens distorts, always the same."""
    model, coefficients = lens
    for name, (z, rectangle) in PLATES.items():
        scenes.add_rectangle(name, rectangle, z, category=name)
    scenes.add_rectangle("ground", (-20, -20, 20, 20), -0.5)
    scenes.add_camera("Eye", Matrix.Translation((0.1, -0.05, EYE)), lens=28.0, shift_x=0.03, shift_y=-0.02)
    settings = empty_scene.synthdata
    settings.sweep, settings.use_styles = "CAMERAS", False
    settings.width, settings.height = WIDTH, HEIGHT
    sensor = settings.variation.sensor
    sensor.use_distortion, sensor.model = True, model
    for name, value in coefficients.items():
        setattr(sensor, name, (value, value))
    settings.labels.visibility = settings.labels.amodal = True
    return empty_scene


def coefficients_of(view: dict) -> np.ndarray:
    return np.array(view["camera"]["distortion"]["coefficients"])


def rays(view: dict) -> np.ndarray:
    """The (H, W, 2) points at depth 1 that the pixels' centres show, by OpenCV."""
    x, y = np.meshgrid(np.arange(float(WIDTH)), np.arange(float(HEIGHT)))
    pixels = np.stack([x.ravel(), y.ravel()], axis=1)[:, None]
    code = "result = cv2.undistortPoints(pixels, k, d, None, None, None, (3, 200, 1e-12))"
    if view["camera"]["distortion"]["model"] == "FISHEYE":
        code = "result = cv2.fisheye.undistortPoints(pixels, k, d)"
    found = by_opencv(code, pixels=pixels, k=np.array(view["camera"]["k"]), d=coefficients_of(view))
    return found.reshape(HEIGHT, WIDTH, 2)


def shown(plane: np.ndarray, name: str) -> np.ndarray:
    """Where a plate would show if it were alone; the camera looks down at (0.1, -0.05)."""
    z, (x0, y0, x1, y1) = PLATES[name]
    x, y = 0.1 + plane[..., 0] * (EYE - z), -0.05 - plane[..., 1] * (EYE - z)
    return (x > x0) & (x < x1) & (y > y0) & (y < y1)


def painted(plane: np.ndarray) -> dict[str, np.ndarray]:
    owner = np.full(plane.shape[:2], "", dtype=object)
    for name in sorted(PLATES, key=lambda plate: PLATES[plate][0]):
        owner[shown(plane, name)] = name
    return {name: owner == name for name in PLATES}


def iou(one: np.ndarray, other: np.ndarray) -> float:
    return (one & other).sum() / (one | other).sum()


def test_labels_are_where_the_lens_puts_them(bent, tmp_path):
    scenes.generate(tmp_path)
    (view,) = scenes.lines(tmp_path / "views.jsonl")
    plane = rays(view)
    truth = painted(plane)
    found = scenes.masks(tmp_path, 0)
    assert set(found) == set(PLATES)
    for name, mask in truth.items():
        assert iou(found[name], mask) >= 0.99, name
    coco, image = scenes.load_coco(tmp_path)[0]
    for entry in coco.imgToAnns[image["id"]]:
        alone = coco.annToMask({**entry, "segmentation": entry["amodal_segmentation"]}).astype(bool)
        assert iou(alone, shown(plane, entry["name"])) >= 0.99, entry["name"]
        assert entry["truncated"] == (entry["name"] == "cut")
    assert image["distortion_model"] == view["camera"]["distortion"]["model"]
    assert image["dist_coeffs"] == view["camera"]["distortion"]["coefficients"]


def test_depth_and_normals_are_bent_alike(bent, tmp_path):
    bent.synthdata.depth_near, bent.synthdata.depth_far = 2.0, 8.0
    scenes.generate(tmp_path)
    (view,) = scenes.lines(tmp_path / "views.jsonl")
    depth = read_picture(tmp_path / "control" / "depth" / "000000.png")
    normal = read_picture(tmp_path / "control" / "normal" / "000000.png")
    assert len(np.unique(normal.reshape(-1, 3), axis=0)) == 1  # every plate faces the camera
    for name, mask in painted(rays(view)).items():
        disparity = (1.0 / (EYE - PLATES[name][0]) - 1.0 / 8.0) / (1.0 / 2.0 - 1.0 / 8.0)
        inside = by_opencv(
            "result = cv2.erode(m, np.ones((3, 3), np.uint8))", m=mask.astype(np.uint8)
        ).astype(bool)
        assert np.abs(depth[inside] / 255.0 - disparity).max() <= 1.0 / 255.0, name


def test_keypoints_go_through_the_lens(bent, tmp_path):
    places = {"a": (-1.5, -0.9, 0.0), "b": (-1.2, 0.7, 0.0), "c": (-1.8, 0.8, 0.0)}
    for name, place in places.items():
        empty = bpy.data.objects.new(name, None)
        bent.collection.objects.link(empty)
        empty.parent, empty.location = bpy.data.objects["left"], place
        empty.synthdata.keypoint = name
    category = bent.synthdata.labels.categories.add()
    category.name, category.category_id, category.keypoints = "left", 1, "a, b, c"
    scenes.generate(tmp_path)
    (view,) = scenes.lines(tmp_path / "views.jsonl")
    coco, image = scenes.load_coco(tmp_path)[0]
    (entry,) = [item for item in coco.imgToAnns[image["id"]] if item["name"] == "left"]
    extrinsics, k = np.array(view["camera"]["world_to_camera"]), np.array(view["camera"]["k"])
    inside = np.array(list(places.values())) @ extrinsics[:3, :3].T + extrinsics[:3, 3]
    code = "result = cv2.projectPoints(points, np.zeros(3), np.zeros(3), k, d)[0]"
    if image["distortion_model"] == "FISHEYE":
        code = "result = cv2.fisheye.projectPoints(points, np.zeros(3), np.zeros(3), k, d)[0]"
    expected = by_opencv(code, points=inside[:, None], k=k, d=coefficients_of(view))
    found = np.array(entry["keypoints"]).reshape(3, 3)
    np.testing.assert_allclose(found[:, :2], expected.reshape(3, 2), atol=0.002)
    assert (found[:, 2] == 2).all()


def test_the_picture_is_bent_like_the_labels(bent, tmp_path):
    """The finished picture shows each plate, which shines by itself, where its mask is."""
    bent.render.engine = "CYCLES"
    bent.view_settings.view_transform = "Standard"
    for number, name in enumerate(PLATES):
        material = bpy.data.materials.new(name)
        material.use_nodes = True
        tree = material.node_tree
        light = tree.nodes.new("ShaderNodeEmission")
        light.inputs["Color"].default_value = (*(float(bit) for bit in np.binary_repr(number + 1, 3)), 1.0)
        tree.links.new(light.outputs[0], tree.nodes["Material Output"].inputs["Surface"])
        bpy.data.objects[name].data.materials.append(material)
    bent.synthdata.beauty, bent.synthdata.beauty_samples = True, 16
    scenes.generate(tmp_path)
    picture = read_picture(tmp_path / "renders" / "000000.png")
    assert picture.shape == (HEIGHT, WIDTH, 3)
    bits = (picture > 188) @ np.array([4, 2, 1])  # more than half of the light
    for number, name in enumerate(PLATES):
        assert iou(bits == number + 1, scenes.masks(tmp_path, 0)[name]) >= 0.97, name


def test_a_resumed_or_validated_dataset_knows_the_wider_passes(bent, tmp_path):
    bent.synthdata.keep_passes = True
    scenes.generate(tmp_path)
    (tmp_path / "labels.jsonl").unlink()
    before = (tmp_path / "masks" / "instance" / "000000.png").read_bytes()
    scenes.generate(tmp_path)
    assert (tmp_path / "masks" / "instance" / "000000.png").read_bytes() == before
    assert len(scenes.lines(tmp_path / "views.jsonl")) == 1
    assert json.loads((tmp_path / "job.json").read_text())["job"]["variation"]["sensor"]["use_distortion"]


def test_an_orthographic_camera_is_left_out_with_the_reason(bent, tmp_path):
    bent.camera.data.type = "ORTHO"
    with pytest.raises(RuntimeError, match="No view could be rendered"):
        scenes.generate(tmp_path)
    (view,) = scenes.lines(tmp_path / "views.jsonl")
    assert "orthographic" in view["skipped"]
