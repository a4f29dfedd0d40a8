# SPDX-License-Identifier: GPL-3.0-or-later
"""BOP folders, read as ``inout.py`` of the BOP toolkit reads them (it is in no registry), against the scene's truth."""

from __future__ import annotations

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from synthdata_addon.core.errors import SpecError
from synthdata_addon.core.pose import split_matrix
from synthdata_addon.core.spec import JobSpec, LabelsSpec, validate
from synthdata_addon.exports.registry import export_folder
from tests.exports.scene import EMPTY_VIEW, HEIGHT, THINGS, WIDTH, make_scene
from tests.exports.test_yolo import box

SHAPES = {"cam_K": (3, 3), "cam_R_w2c": (3, 3), "cam_t_w2c": (3, 1), "cam_R_m2c": (3, 3), "cam_t_m2c": (3, 1)}


def load(path):
    """Keys to numbers, flat lists to matrices: ``load_scene_camera`` and ``load_scene_gt``."""

    def convert(pairs):
        out = {int(key) if key.isdigit() else key: value for key, value in pairs.items()}
        return {k: np.array(v, np.float64).reshape(SHAPES[k]) if k in SHAPES else v for k, v in out.items()}

    return json.loads(path.read_text(encoding="utf-8"), object_hook=convert)


def pictures(scene, split):
    """Yield the truth of each picture with its scene folder, its number and its three tables' lines."""
    for folder in sorted((export_folder(scene.folder, "BOP") / split).iterdir()):
        tables = [load(folder / f"{name}.json") for name in ("scene_camera", "scene_gt", "scene_gt_info")]
        assert tables[0].keys() == tables[1].keys() == tables[2].keys()
        assert {f"{number:06d}" for number in tables[0]} == {path.stem for path in (folder / "rgb").iterdir()}
        for number in tables[0]:
            image = int(folder.name) * 1000 + number
            truth = scene.views[(image - 1) // 2]
            assert truth.record.split == split
            yield truth, folder, number, *(table[number] for table in tables)


@pytest.mark.parametrize("split", ["train", "val"])
def test_the_pictures_are_those_of_the_coco_file(scene, split):
    coco = json.loads(scene.folder.annotations(split).read_text(encoding="utf-8"))
    for image in coco["images"]:
        folder = export_folder(scene.folder, "BOP") / split / f"{image['id'] // 1000:06d}"
        ours = (folder / "rgb" / f"{image['id'] % 1000:06d}.png").read_bytes()
        assert ours == scene.folder.full(image["file_name"]).read_bytes()
    assert sum(1 for _ in pictures(scene, split)) == len(coco["images"])


@pytest.mark.parametrize("split", ["train", "val"])
def test_the_camera_is_the_journals(scene, split):
    for truth, _, _, camera, _, _ in pictures(scene, split):
        said = truth.record.camera
        assert np.allclose(camera["cam_K"], said.k)
        extrinsic = np.array(said.world_to_camera)
        assert np.allclose(camera["cam_R_w2c"], extrinsic[:3, :3])
        assert np.allclose(camera["cam_t_w2c"], 1000 * extrinsic[:3, 3:], atol=1e-4)


@pytest.mark.parametrize("split", ["train", "val"])
def test_masks_boxes_and_counts_are_the_truth(scene, split):
    for truth, folder, number, _, gt, info in pictures(scene, split):
        assert [entry["instance_id"] for entry in gt] == list(truth.seen)
        assert [entry["obj_id"] for entry in gt] == [THINGS[i][0] for i in truth.seen]
        for place, (entry, instance) in enumerate(zip(info, truth.seen, strict=True)):
            seen, alone = truth.seen[instance], truth.alone[instance]
            for name, mask in (("mask", alone), ("mask_visib", seen)):
                read = cv2.imread(str(folder / name / f"{number:06d}_{place:06d}.png"), cv2.IMREAD_UNCHANGED)
                assert read.dtype == np.uint8
                assert np.array_equal(read, mask * 255)
            assert (entry["px_count_all"], entry["px_count_visib"]) == (alone.sum(), seen.sum())
            assert entry["visib_fract"] == pytest.approx(seen.sum() / alone.sum())
            for name, mask in (("bbox_obj", alone), ("bbox_visib", seen)):
                x, y, w, h = entry[name]
                assert (x, y, x + w, y + h) == box(mask)


@pytest.mark.parametrize("split", ["train", "val"])
def test_the_pose_puts_the_model_onto_its_mask(scene, split):
    """Points all over each box, and over the ring, fall onto the mask of the whole thing and reach its box's sides."""
    grid = np.stack(np.meshgrid(*[np.linspace(-1, 1, 41)] * 3), axis=-1).reshape(-1, 3)
    for truth, _, _, camera, gt, info in pictures(scene, split):
        for entry, about in zip(gt, info, strict=True):
            rotation = entry["cam_R_m2c"]
            assert np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-8)
            assert np.linalg.det(rotation) == pytest.approx(1.0)
            points = grid
            if THINGS[entry["instance_id"]][0] == 7:
                radius = np.hypot(grid[:, 0], grid[:, 1])
                points = grid[(radius < 1.0) & (radius > 0.55)] * (1, 1, 0)
            model = 1000 * points @ np.array(entry["stretch"]).reshape(3, 3).T
            in_camera = model @ rotation.T + entry["cam_t_m2c"].T
            pixels = in_camera @ camera["cam_K"].T
            pixels = pixels[:, :2] / pixels[:, 2:]
            x, y = np.rint(pixels).astype(int).T
            whole = cv2.dilate(truth.alone[entry["instance_id"]].astype(np.uint8), np.ones((3, 3), np.uint8))
            assert whole[y.clip(0, whole.shape[0] - 1), x.clip(0, whole.shape[1] - 1)].all()
            left, top, width, height = about["bbox_obj"]
            # Sharp corners reach past the last pixel centre that they cover, and the post past the picture.
            pixels = pixels.clip((0, 0), (WIDTH - 1, HEIGHT - 1))
            assert pixels.min(axis=0) == pytest.approx((left, top), abs=1.3)
            assert pixels.max(axis=0) == pytest.approx((left + width - 1, top + height - 1), abs=1.3)


def test_lengths_follow_the_unit_scale(tmp_path):
    """In a scene drawn in centimetres, ten millimetres are a unit."""
    drawn = make_scene(tmp_path / "dataset", ["BOP"])
    drawn = replace(drawn, job=replace(drawn.job, unit_scale=0.01))
    drawn.finish()
    for truth, _, _, camera, gt, _ in pictures(drawn, "train"):
        extrinsic = np.array(truth.record.camera.world_to_camera)
        assert np.allclose(camera["cam_t_w2c"], 10 * extrinsic[:3, 3:], atol=1e-6)
        where = {item.id: np.array(item.matrix_world)[:3, 3] for item in truth.record.instances}
        for entry in gt:
            in_camera = extrinsic[:3, :3] @ where[entry["instance_id"]] + extrinsic[:3, 3]
            assert np.allclose(entry["cam_t_m2c"].ravel(), 10 * in_camera, atol=1e-6)
    said = (export_folder(drawn.folder, "BOP") / "dataset_info.md").read_text(encoding="utf-8")
    assert "one scene unit being 10 of them" in said
    assert "model's point 10 `stretch`" in said


def test_an_empty_picture_has_no_things(scene):
    split = scene.views[EMPTY_VIEW].record.split
    found = [gt for truth, _, _, _, gt, _ in pictures(scene, split) if truth.record.view == EMPTY_VIEW]
    assert found == [[], []]


def test_a_mirrored_and_a_sheared_matrix_are_split_as_they_should():
    for _, matrix in THINGS.values():
        pose, stretch = split_matrix(matrix)
        assert np.allclose(pose.rotation @ stretch, matrix[:3, :3])
        assert np.linalg.det(pose.rotation) == pytest.approx(1.0)
        assert np.allclose(stretch, stretch.T)
    _, stretch = split_matrix(THINGS[3][1])
    assert np.allclose(stretch, -np.diag([0.6, 0.4, 0.5]))


def test_bop_without_amodal_masks_is_refused_before_any_work():
    for labels in (LabelsSpec(), LabelsSpec(visibility=True)):
        with pytest.raises(SpecError, match="BOP wants the mask") as caught:
            validate(JobSpec(exports=("BOP",), labels=labels))
        assert caught.value.code == "spec.exports"
    validate(JobSpec(exports=("BOP",), labels=LabelsSpec(visibility=True, amodal=True)))
    validate(JobSpec(exports=("YOLO_DETECT", "YOLO_SEGMENT", "IMAGEFOLDER")))


def test_more_than_a_thousand_numbers_are_several_scenes(tmp_path, monkeypatch):
    monkeypatch.setattr("synthdata_addon.exports.bop.SCENE_SIZE", 4)
    scene = make_scene(tmp_path / "dataset", ["BOP"])
    scene.finish()
    train = export_folder(scene.folder, "BOP") / "train"
    assert [path.name for path in sorted(train.iterdir())] == ["000000", "000001", "000002", "000003"]
    assert sorted(load(train / "000002" / "scene_gt.json")) == [1, 3]
