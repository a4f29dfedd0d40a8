# SPDX-License-Identifier: GPL-3.0-or-later
"""COCO panoptic and captions: what the panoptic tools check of a ground truth, checked here by their rules."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
from PIL import Image
from pycocotools.coco import COCO

from synthdata_addon.core import layout
from synthdata_addon.core.journal import Journal
from synthdata_addon.core.layout import DatasetFolder
from synthdata_addon.core.records import LabelRecord
from synthdata_addon.core.spec import LabelsSpec, StyleSpec
from synthdata_addon.labels.panoptic import panoptic_picture
from tests.runner_runs import LABELS, labels, run_here
from tests.synthetic_dataset import make_dataset, scene_passes

SPEC = replace(LABELS, labels=LabelsSpec(panoptic=True, captions=True, min_pixels=20))


def segment_ids(path):
    """Ids of a panoptic picture as COCO's tools read them: R + 256 G + 256² B."""
    rgb = np.asarray(Image.open(path)).astype(np.uint32)
    return rgb[..., 0] + 256 * rgb[..., 1] + 256**2 * rgb[..., 2]


def test_ids_above_255_are_spread_over_the_channels():
    ids = np.array([[0, 1, 255], [256, 300, 65535]], np.uint16)
    picture = panoptic_picture(ids).astype(np.uint32)
    assert np.array_equal(picture @ np.array([1, 256, 256**2], np.uint32), ids)


def check_panoptic(folder, split):
    file = folder.panoptic(split)
    data = json.loads(file.read_text())
    images = {image["id"]: image for image in data["images"]}
    categories = {category["id"]: category for category in data["categories"]}
    assert all(category["isthing"] == 1 for category in categories.values())
    assert len(data["annotations"]) == len(images)
    for annotation in data["annotations"]:
        image = images[annotation["image_id"]]
        ids = segment_ids(file.with_suffix("") / annotation["file_name"])
        assert ids.shape == (image["height"], image["width"])
        segments = {segment["id"]: segment for segment in annotation["segments_info"]}
        assert len(segments) == len(annotation["segments_info"])
        # The tools refuse a segment that is not in the picture, and pixels that are no segment's.
        assert set(np.unique(ids).tolist()) - {0} == segments.keys()
        for number, segment in segments.items():
            assert segment["category_id"] in categories
            assert segment["iscrowd"] == 0
            y, x = np.nonzero(ids == number)
            assert segment["area"] == len(y)
            assert segment["bbox"] == [x.min(), y.min(), np.ptp(x) + 1, np.ptp(y) + 1]
    return data


def test_panoptic_files_are_what_the_tools_take(tmp_path):
    folder = make_dataset(tmp_path / "dataset", SPEC, 6)
    done = run_here(folder)[-1]
    found = [check_panoptic(folder, split) for split in ("train", "val")]
    assert sum(len(data["images"]) for data in found) == 6
    assert (done.labelled, done.dropped) == (6, sum(record.dropped for record in labels(folder)))


def test_what_the_filters_drop_is_void(tmp_path):
    least = 250
    spec = replace(SPEC, labels=replace(SPEC.labels, min_pixels=least))
    folder = make_dataset(tmp_path / "dataset", spec, 2)
    done = run_here(folder)[-1]
    dropped = 0
    for record in labels(folder):
        _, _, truth = scene_passes(record.view, spec.width, spec.height)
        areas = {number: int((truth == number).sum()) for number in (1, 2, 3)}
        kept = [number for number, area in areas.items() if area >= least]
        dropped += sum(0 < area < least for area in areas.values())
        file = layout.panoptic_file(record.split, record.view)
        assert np.array_equal(segment_ids(folder.full(file)), np.where(np.isin(truth, kept), truth, 0))
    assert done.dropped == dropped > 0


def test_captions_of_views_without_pictures_say_what_is_there(tmp_path):
    folder = make_dataset(tmp_path / "dataset", SPEC, 2)
    run_here(folder)
    for split in ("train", "val"):
        coco = COCO(str(folder.captions(split)))
        assert len(coco.anns) == len(coco.imgs)
        for annotation in coco.loadAnns(coco.getAnnIds()):
            assert annotation["caption"] == "A picture of 2 × ball and 1 × box <b>&."
    records = list(Journal(folder.labels_journal).read(LabelRecord))
    assert len(records) == 2


def test_captions_of_pictures_are_their_prompts(tmp_path):
    from synthdata_addon.labels.captions import sentence, write_captions
    from synthdata_addon.labels.coco import labelled_views
    from tests.labels.test_coco import label_record, sample_record
    from tests.synthetic_dataset import write_job

    folder = DatasetFolder(tmp_path / "dataset")
    job = write_job(folder, replace(SPEC, styles=(StyleSpec("Snow", "snow"),)), 2)
    for view in range(2):
        Journal(folder.labels_journal).append(label_record(view))
    Journal(folder.samples_journal).append(sample_record(0, "Snow", prompt="deep snow"))
    write_captions(folder, job, labelled_views(folder, job))
    data = json.loads(folder.captions("train").read_text())
    assert [item["caption"] for item in data["annotations"]] == [
        "deep snow",
        "A picture of 1 × ball and 1 × box <b>&.",
    ]
    assert {item["image_id"] for item in data["annotations"]} == {image["id"] for image in data["images"]}
    assert sentence((), {}) == "A picture of nothing that is labelled."
