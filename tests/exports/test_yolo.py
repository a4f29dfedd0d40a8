# SPDX-License-Identifier: GPL-3.0-or-later
"""YOLO folders, read back by supervision and by Ultralytics' rules."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import yaml
from supervision import DetectionDataset

from synthdata_addon.core.records import AnnotationRecord
from synthdata_addon.exports.registry import export_folder
from synthdata_addon.exports.yolo import DECIMALS, box_shares, quoted
from tests.exports.scene import CATEGORIES, EMPTY_VIEW, HEIGHT, THINGS, WIDTH
from tests.exports.test_outline import filled, iou, parts

SIZE = np.array([WIDTH, HEIGHT])
CLASS_OF = {3: 0, 7: 1, 9: 2}


def read(folder, split, with_masks):
    return DetectionDataset.from_yolo(
        images_directory_path=str(folder / "images" / split),
        annotations_directory_path=str(folder / "labels" / split),
        data_yaml_path=str(folder / "data.yaml"),
        force_masks=with_masks,
    )


def views_of(scene, split):
    return {number: truth for number, truth in scene.views.items() if truth.record.split == split}


def box(mask):
    y, x = np.nonzero(mask)
    return x.min(), y.min(), x.max() + 1, y.max() + 1


@pytest.mark.parametrize("split", ["train", "val"])
@pytest.mark.parametrize("kind", ["YOLO_DETECT", "YOLO_SEGMENT"])
def test_supervision_reads_the_boxes_and_the_classes(scene, split, kind):
    found = read(export_folder(scene.folder, kind), split, with_masks=False)
    assert found.classes == [category.name for category in CATEGORIES]
    names = {path.rpartition("/")[2] for path, _, _ in found}
    assert {int(name[:6]) for name in names} == set(views_of(scene, split))
    for path, picture, detections in found:
        view = int(path.rpartition("/")[2][:6])
        truth = scene.views[view]
        assert picture.shape == (HEIGHT, WIDTH, 3)
        assert list(detections.class_id) == [CLASS_OF[THINGS[number][0]] for number in truth.seen]
        wanted = np.array([box(mask) for mask in truth.seen.values()]).reshape(-1, 4)
        assert np.allclose(detections.xyxy, wanted, atol=0.02 if kind == "YOLO_SEGMENT" else 1e-4)


def test_supervision_reads_masks_that_are_at_most_its_own_half_pixel_larger(scene):
    # It rounds to the nearest whole number, which takes the right and lower edges for the next pixel.
    for path, _, detections in read(export_folder(scene.folder, "YOLO_SEGMENT"), "train", with_masks=True):
        truth = scene.views[int(path.rpartition("/")[2][:6])]
        if not truth.seen:
            continue
        for read_back, mask in zip(detections.mask, truth.seen.values(), strict=True):
            grown = cv2.dilate(mask.astype(np.uint8), np.ones((2, 2), np.uint8), anchor=(1, 1)).astype(bool)
            assert (read_back | mask == read_back).all()
            if parts(mask) == 1:
                assert not (read_back & ~grown).any()


def test_by_ultralytics_rules_masks_come_back_exactly(scene):
    folder = export_folder(scene.folder, "YOLO_SEGMENT")
    shapes, joined = 0, []
    for truth in scene.views.values():
        name = f"{truth.record.view:06d}_red.txt"
        lines = (folder / "labels" / truth.record.split / name).read_text().splitlines()
        for line, mask in zip(lines, truth.seen.values(), strict=True):
            # Six values or fewer would be a box.
            assert len(line.split()) > 6
            points = np.array(line.split()[1:], np.float32).reshape(-1, 2)
            assert 0.0 <= points.min() <= points.max() <= 1.0
            back = filled(points * SIZE.astype(np.float32), mask.shape)
            if parts(mask) == 1:
                assert np.array_equal(back, mask)
                shapes += 1
            else:
                joined.append(iou(back, mask))
    assert (shapes, len(joined)) == (12, 13)
    # A bridge is a pixel wide, and these things are small.
    assert np.mean(joined) > 0.95


def test_the_yaml_names_what_is_there(scene):
    folder = export_folder(scene.folder, "YOLO_DETECT")
    data = yaml.safe_load((folder / "data.yaml").read_text(encoding="utf-8"))
    assert data["names"] == {number: category.name for number, category in enumerate(CATEGORIES)}
    for split in ("train", "val"):
        pictures = {path.stem for path in (folder / data[split]).iterdir()}
        assert pictures == {path.stem for path in (folder / "labels" / split).iterdir()}
    assert "path" not in data


def test_an_empty_picture_has_an_empty_label_file(scene):
    split = scene.views[EMPTY_VIEW].record.split
    label = export_folder(scene.folder, "YOLO_DETECT") / "labels" / split / f"{EMPTY_VIEW:06d}_red.txt"
    assert label.read_bytes() == b""


@pytest.mark.parametrize("side", [16, 640, 16384])
def test_a_box_at_the_edge_stays_in_the_picture(side):
    shares = box_shares(AnnotationRecord(1, 1, 1, (side - 1, 0, 1, side), ""), side, side)
    x, y, w, h = (float(f"{value:.{DECIMALS}f}") for value in shares)
    assert x + w / 2 <= 1.0 + 1e-6
    assert (x - w / 2) * side == pytest.approx(side - 1, abs=0.01)
    assert (y, h) == (0.5, 1.0)


@pytest.mark.parametrize("name", ['a "b" \\ c', "ü 家 🧙", "a\tb\nc", "no", "# x: y", "\x7f\x85\ufeff", ""])
def test_any_name_survives_yaml(name):
    assert yaml.safe_load(f"0: {quoted(name)}") == {0: name}
