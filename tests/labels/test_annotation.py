# SPDX-License-Identifier: GPL-3.0-or-later
"""What an annotation says beyond a mask, read back by pycocotools and against projected points."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from pycocotools import mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from synthdata_addon.core import layout
from synthdata_addon.core.camera import Lens, intrinsics, look_at, project, world_to_opencv
from synthdata_addon.core.categories import Category
from synthdata_addon.core.journal import Journal
from synthdata_addon.core.layout import DatasetFolder
from synthdata_addon.core.records import (
    CameraRecord,
    InstanceRecord,
    KeypointRecord,
    LabelRecord,
    PixelKey,
    SeenInstance,
    ViewRecord,
)
from synthdata_addon.core.spec import JobSpec, LabelsSpec
from synthdata_addon.labels.coco import labelled_views, write_annotations
from synthdata_addon.labels.entries import EntryStore
from synthdata_addon.labels.instances import label
from synthdata_addon.runner.ledger import read_job
from tests.synthetic_dataset import write_job

HEIGHT, WIDTH = 40, 60
CATEGORIES = (
    Category(1, "person", "animal", ("head", "hand", "foot"), ((1, 2), (1, 3))),
    Category(7, "box"),
)
ANN = 'Ann "A" \\ \u2028\n\x85'
INSTANCES = (
    InstanceRecord(1, ANN, 1),
    InstanceRecord(2, "Box", 7, "Crowd", (3, 0)),
)
POINTS = (KeypointRecord(10.5, 8.25, 2), KeypointRecord(0.0, 0.0, 0), KeypointRecord(14.0, 20.0, 1))


def rows(matrix):
    return tuple(tuple(float(value) for value in row) for row in matrix)


def turned(*angles):
    a, b, c = angles
    rx = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    ry = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    rz = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return rz @ ry @ rx


def placed(scale, at=(0.3, -0.2, 0.5)):
    matrix = np.eye(4)
    matrix[:3, :3] = turned(0.4, -0.9, 2.0) @ np.diag(scale)
    matrix[:3, 3] = at
    return matrix


CAMERA_MATRIX = look_at(np.array([4.0, -5.0, 3.0]), np.array([0.0, 0.0, 0.5]))
K = intrinsics(Lens(lens=40.0), WIDTH, HEIGHT)
CAMERA = CameraRecord("Camera", "PERSP", rows(K), rows(world_to_opencv(CAMERA_MATRIX)), rows(CAMERA_MATRIX))
BOX = (-0.5, -0.25, 0.0, 0.5, 0.25, 1.0)


def build(tmp_path, spec, seen, ids, solos=()):
    """Write a dataset of one view; return its instances_train.json."""
    folder = DatasetFolder(tmp_path / "dataset")
    job = replace(
        write_job(folder, JobSpec(width=WIDTH, height=HEIGHT, labels=spec), 1),
        categories=CATEGORIES,
        instances=INSTANCES,
    )
    view = ViewRecord(0, 1, "train", WIDTH, HEIGHT, layout.pass_file(0), CAMERA, seen)
    Journal(folder.views_journal).append(view)
    labels = label(ids, seen, spec, solos)
    files = [layout.mask_file(0), layout.category_mask_file(0), "d.png", "n.png"]
    record = LabelRecord(0, "train", WIDTH, HEIGHT, *files, annotations=labels.annotations)
    offset = Journal(folder.labels_journal).append(record)
    write_annotations(folder, job, labelled_views(folder, job))
    check_entries_made_before(folder, job, offset, record, view)
    return folder.annotations("train")


def check_entries_made_before(folder, job, offset, record, view):
    """Hold what is written of entries that were kept since the view was labelled against what is written without."""
    written = folder.annotations("train").read_bytes()
    kept = EntryStore(folder, job)
    kept.add(offset, replace(record, annotations=()), view)
    kept.add(offset, record, view)
    assert [item.instance_id for item in kept.entries(offset)] == [a.instance_id for a in record.annotations]
    assert kept.entries(offset + 1) is None
    write_annotations(folder, job, labelled_views(folder, job), kept)
    assert folder.annotations("train").read_bytes() == written
    kept.close()
    assert kept.entries(offset) is None
    write_annotations(folder, job, labelled_views(folder, job), kept)
    assert folder.annotations("train").read_bytes() == written


def two_things():
    ids = np.zeros((HEIGHT, WIDTH), np.uint16)
    ids[5:25, 8:20] = 1
    ids[10:30, 15:40] = 2
    return ids


def seen(**changes):
    first = SeenInstance(1, 1, (PixelKey(1),), rows(placed((1, 1, 1))), BOX, POINTS, outside=False)
    second = SeenInstance(2, 7, (PixelKey(2),), rows(placed((2, 0.5, -3))), BOX, outside=True)
    return replace(first, **changes), second


def test_entries_that_cannot_be_kept_are_made_at_the_end(tmp_path, caplog):
    build(tmp_path, LabelsSpec(), seen(), two_things())
    folder = DatasetFolder(tmp_path / "dataset")
    blocked = DatasetFolder(tmp_path / "blocked")
    blocked.root.mkdir()
    blocked.annotations("train").parent.write_text("no folder")
    kept = EntryStore(blocked, read_job(folder))
    record = next(Journal(folder.labels_journal).read(LabelRecord))
    for _ in range(2):
        kept.add(0, record, next(Journal(folder.views_journal).read(ViewRecord)))
    assert kept.entries(0) is None
    assert len(caplog.messages) == 1


def test_polygons_and_runs_are_the_same_masks_to_pycocotools(tmp_path):
    ids = two_things()
    ids[15:18, 20:25] = 0
    for spec in (LabelsSpec(), LabelsSpec(polygons=True)):
        coco = COCO(str(build(tmp_path / str(spec.polygons), spec, seen(), ids)))
        kinds = []
        for annotation in coco.loadAnns(coco.getAnnIds()):
            kinds.append(type(annotation["segmentation"]))
            assert np.array_equal(coco.annToMask(annotation), ids == annotation["instance_id"])
        assert kinds == ([list, dict] if spec.polygons else [dict, dict])


def test_names_origin_and_visibility(tmp_path):
    ids, alone = two_things(), [np.zeros((HEIGHT, WIDTH), np.uint16) for _ in range(2)]
    alone[0][5:25, 8:20], alone[1][10:30, 15:40] = 1, 2
    spec = LabelsSpec(visibility=True, amodal=True)
    first, second = json.loads(build(tmp_path, spec, seen(), ids, alone).read_text())["annotations"]
    assert first["name"] == ANN
    assert "parent" not in first
    assert (second["parent"], second["persistent_id"]) == ("Crowd", [3, 0])
    assert (first["visible_fraction"], first["truncated"]) == (0.6875, False)
    assert (second["visible_fraction"], second["truncated"]) == (1.0, True)
    assert (first["amodal_bbox"], first["amodal_area"]) == ([8, 5, 12, 20], 240)
    assert np.array_equal(mask.decode(first["amodal_segmentation"]), alone[0] == 1)


def test_keypoints_are_cocos(tmp_path):
    file = build(tmp_path, LabelsSpec(), seen(), two_things())
    data = json.loads(file.read_text())
    assert data["categories"][0] == {
        "id": 1,
        "name": "person",
        "supercategory": "animal",
        "keypoints": ["head", "hand", "foot"],
        "skeleton": [[1, 2], [1, 3]],
    }
    first, second = data["annotations"]
    assert first["keypoints"] == [10.5, 8.25, 2, 0.0, 0.0, 0, 14.0, 20.0, 1]
    assert first["num_keypoints"] == 2
    assert "keypoints" not in second


def test_a_view_without_keypoints_has_none_labelled(tmp_path):
    first = json.loads(build(tmp_path, LabelsSpec(), seen(keypoints=()), two_things()).read_text())[
        "annotations"
    ][0]
    assert (first["keypoints"], first["num_keypoints"]) == ([0] * 9, 0)


@pytest.mark.filterwarnings("ignore")
def test_cocos_own_evaluation_of_the_truth_is_perfect(tmp_path, capsys):
    coco = COCO(str(build(tmp_path, LabelsSpec(polygons=True), seen(), two_things())))
    results = [{**annotation, "score": 1.0} for annotation in coco.dataset["annotations"]]
    for kind in ("segm", "bbox", "keypoints"):
        part = [item for item in results if kind != "keypoints" or "keypoints" in item]
        part = [{k: v for k, v in item.items() if kind == "segm" or k != "segmentation"} for item in part]
        evaluation = COCOeval(coco, coco.loadRes(part), kind)
        if kind == "keypoints":
            evaluation.params.catIds = [1]
            evaluation.params.kpt_oks_sigmas = np.full(3, 0.05)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
        assert evaluation.stats[0] == pytest.approx(1.0), kind


def test_camera_pose_and_box_project_to_where_the_points_are(tmp_path):
    data = json.loads(build(tmp_path, LabelsSpec(), seen(), two_things()).read_text())
    image = data["images"][0]
    assert image["camera_type"] == "PERSP"
    k, r, t = (np.array(image[name]) for name in ("K", "R", "t"))
    ends = np.array(BOX).reshape(2, 3)
    corners = np.array([[x, y, z] for x in ends[:, 0] for y in ends[:, 1] for z in ends[:, 2]])
    for annotation, item in zip(data["annotations"], seen(), strict=True):
        matrix = np.array(item.matrix_world)
        world = corners @ matrix[:3, :3].T + matrix[:3, 3]
        truth = project(world, K, world_to_opencv(CAMERA_MATRIX))[:, :2]
        by_camera = (world @ r.T + t) @ k.T
        by_box = np.array(annotation["box3d"]) @ k.T
        for points in (by_camera, by_box):
            assert np.allclose(points[:, :2] / points[:, 2:], truth, atol=1e-5)
        pose = np.array(annotation["pose"])
        assert np.allclose(pose[:3, :3] @ pose[:3, :3].T, np.eye(3), atol=1e-7)
        assert np.linalg.det(pose[:3, :3]) == pytest.approx(1.0)
        assert np.allclose(pose[:3, 3], r @ matrix[:3, 3] + t, atol=1e-7)
    unscaled = np.array(data["annotations"][0]["pose"])
    assert np.allclose(
        corners @ unscaled[:3, :3].T + unscaled[:3, 3], data["annotations"][0]["box3d"], atol=1e-6
    )


def test_a_view_that_is_no_longer_in_the_journal_has_labels_all_the_same(tmp_path):
    file = build(tmp_path, LabelsSpec(), seen(), two_things())
    folder = DatasetFolder(file.parents[1])
    folder.views_journal.unlink()
    job = write_job(folder, JobSpec(width=WIDTH, height=HEIGHT), 1)
    write_annotations(folder, job, labelled_views(folder, job))
    data = json.loads(file.read_text())
    assert "K" not in data["images"][0]
    assert "pose" not in data["annotations"][0]
    assert len(data["annotations"]) == 2
