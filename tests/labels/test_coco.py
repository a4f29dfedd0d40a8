# SPDX-License-Identifier: GPL-3.0-or-later
"""Journals to COCO files, read back by pycocotools."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest
from pycocotools.coco import COCO

from synthdata_addon.core import layout
from synthdata_addon.core.journal import Journal
from synthdata_addon.core.layout import DatasetFolder
from synthdata_addon.core.records import AnnotationRecord, LabelRecord, SampleRecord
from synthdata_addon.core.spec import InfoSpec, JobSpec, StyleSpec
from synthdata_addon.labels.coco import labelled_views, write_annotations
from synthdata_addon.labels.rle import encode
from tests.synthetic_dataset import write_job

STYLES = (StyleSpec("Snow", "snow"), StyleSpec("Night", "night"))
SIZE = (12, 16)


def id_map(view):
    ids = np.zeros(SIZE, np.uint16)
    ids[2:5, view : view + 4] = 1
    ids[7:9, 3:12] = 3
    return ids


def label_record(view, split="train", **changes):
    annotations = tuple(
        AnnotationRecord(r.id, 1 if r.id < 3 else 2, r.area, r.bbox, r.counts) for r in encode(id_map(view))
    )
    values = {
        "view": view,
        "split": split,
        "width": SIZE[1],
        "height": SIZE[0],
        "mask_file": layout.mask_file(view),
        "category_mask_file": layout.category_mask_file(view),
        "depth_file": layout.control_file("depth", view),
        "normal_file": layout.control_file("normal", view),
        "annotations": annotations,
    }
    return LabelRecord(**{**values, **changes})


def sample_record(view, style, **changes):
    values = {
        "sample": layout.sample_id(view, style),
        "view": view,
        "style": style,
        "picture": layout.image_file(view, style),
        "prompt": style,
        "negative_prompt": "",
        "seed": str(2**62 + view),
        "width": SIZE[1],
        "height": SIZE[0],
        "model": "m",
        "revision": "r",
        "steps": 1,
        "guidance_scale": 1.0,
    }
    return SampleRecord(**{**values, **changes})


@pytest.fixture
def folder(tmp_path):
    return DatasetFolder(tmp_path / "dataset")


def build(folder, labels, samples, styles=STYLES, info=None):
    job = write_job(
        folder, JobSpec(seed=2**62 + 1, styles=styles, info=info or InfoSpec()), views=len(labels)
    )
    for path in (folder.labels_journal, folder.samples_journal):
        path.unlink(missing_ok=True)
    for record in labels:
        Journal(folder.labels_journal).append(record)
    for record in samples:
        Journal(folder.samples_journal).append(record)
    count = write_annotations(folder, job, labelled_views(folder, job))
    files = {split: json.loads(folder.annotations(split).read_text()) for split in ("train", "val")}
    assert count == Counter(a["category_id"] for data in files.values() for a in data["annotations"])
    return files


def test_pycocotools_loads_both_splits_and_the_masks_are_the_id_map(folder, capsys):
    labels = [label_record(0), label_record(1, "val"), label_record(2)]
    files = build(folder, labels, [sample_record(v, s.name) for v in range(3) for s in STYLES])
    assert [len(files[split]["images"]) for split in ("train", "val")] == [4, 2]
    for split in ("train", "val"):
        coco = COCO(str(folder.annotations(split)))
        assert coco.loadCats(coco.getCatIds())[1]["name"] == "box <b>&"
        for annotation in coco.loadAnns(coco.getAnnIds()):
            image = coco.loadImgs(annotation["image_id"])[0]
            truth = id_map(image["view"]) == annotation["instance_id"]
            assert np.array_equal(coco.annToMask(annotation).astype(bool), truth)
            assert annotation["area"] == truth.sum()
            assert annotation["iscrowd"] == 0


def test_ids_start_at_1_and_images_are_never_shared_between_splits(folder):
    labels = [label_record(v, "val" if v % 3 == 1 else "train") for v in range(5)]
    files = build(folder, labels, [sample_record(v, s.name) for v in range(5) for s in STYLES])
    for data in files.values():
        assert [a["id"] for a in data["annotations"]] == list(range(1, len(data["annotations"]) + 1))
        assert min(c["id"] for c in data["categories"]) == 1
    images = [i["id"] for data in files.values() for i in data["images"]]
    assert len(set(images)) == len(images) == 10
    assert min(images) == 1


def test_equal_journals_in_another_order_give_equal_bytes(folder):
    labels = [label_record(v) for v in range(4)]
    samples = [sample_record(v, s.name) for v in range(4) for s in STYLES]
    build(folder, labels, samples)
    before = folder.annotations("train").read_bytes()
    build(
        folder,
        [labels[2], *labels[:2], label_record(3, "val"), labels[3]],
        list(reversed(samples)) + samples[:1],
    )
    assert folder.annotations("train").read_bytes() == before


def test_a_view_without_samples_shows_its_render_or_its_depth(folder):
    labels = [label_record(0), label_record(1, render_file=layout.render_file(1)), label_record(2)]
    failed = sample_record(2, "Snow", skipped="out of memory", picture="")
    files = build(
        folder, labels, [sample_record(0, "Night"), failed, sample_record(0, "No longer in the job")]
    )
    assert [i["file_name"] for i in files["train"]["images"]] == [
        "images/000000_night.png",
        "renders/000001.png",
        "control/depth/000002.png",
    ]
    assert [i["style"] for i in files["train"]["images"]] == ["Night", "", ""]
    assert len(files["train"]["annotations"]) == 6


def test_empty_views_are_listed_and_empty_splits_are_written(folder):
    files = build(folder, [label_record(0, annotations=())], [], styles=())
    assert len(files["train"]["images"]) == 1
    assert files["train"]["annotations"] == files["val"]["images"] == files["val"]["annotations"] == []
    assert files["val"]["categories"] == files["train"]["categories"]
    COCO(str(folder.annotations("val")))


def test_skipped_labels_are_left_out_and_take_nothing_away(folder):
    labels = [
        label_record(0),
        label_record(0, skipped="unreadable", annotations=()),
        label_record(1, skipped="bad"),
    ]
    files = build(folder, labels, [])
    assert [i["view"] for i in files["train"]["images"]] == [0]
    assert len(files["train"]["annotations"]) == 2


def test_the_seed_survives_readers_that_round(folder):
    files = build(folder, [label_record(0)], [])
    assert files["train"]["info"]["seed"] == str(2**62 + 1)
    assert files["train"]["info"]["year"] == 2026


def test_info_and_licence_are_the_users_own(folder):
    info = InfoSpec("Cups é", "https://example.org", "Ada", "CC BY 4.0", "https://creativecommons.org/x")
    data = build(folder, [label_record(0), label_record(1)], [], info=info)["train"]
    said = data["info"]
    assert (said["description"], said["url"], said["contributor"]) == info_of(info)
    assert said["software"]["blender"] == "none"
    assert said["job"]["width"] == 512
    assert data["licenses"] == [{"id": 1, "name": info.license_name, "url": info.license_url}]
    assert {image["license"] for image in data["images"]} == {1}


def info_of(info):
    return info.description, info.url, info.contributor


def test_without_words_of_the_user(folder):
    data = build(folder, [label_record(0)], [])["train"]
    assert "scene.blend" in data["info"]["description"]
    assert data["licenses"] == []
    assert "license" not in data["images"][0]
    assert set(data["categories"][0]) == {"id", "name", "supercategory"}
