# SPDX-License-Identifier: GPL-3.0-or-later
"""Hugging Face's imagefolder, read back by ``datasets``."""

from __future__ import annotations

import datasets
import numpy as np
import pytest

from synthdata_addon.core.spec import JobSpec, LabelsSpec, StyleSpec
from synthdata_addon.exports.registry import export_folder, write_exports
from synthdata_addon.labels.coco import labelled_views
from tests.exports.scene import CATEGORIES, EMPTY_VIEW, HEIGHT, SPEC, WIDTH, make_scene
from tests.exports.test_yolo import CLASS_OF, THINGS, box


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    datasets.disable_progress_bars()


def load(folder, tmp_path):
    return datasets.load_dataset(str(export_folder(folder, "IMAGEFOLDER")), cache_dir=str(tmp_path / "cache"))


def test_datasets_reads_pictures_texts_and_objects(scene, tmp_path):
    loaded = load(scene.folder, tmp_path)
    assert {name: len(split) for name, split in loaded.items()} == {"train": 7, "validation": 4}
    names = {item.id: item.name for item in CATEGORIES}
    for name, split in loaded.items():
        for row in split:
            truth = scene.views[row["view"]]
            assert truth.record.split == {"validation": "val"}.get(name, name)
            assert row["image"].size == (WIDTH, HEIGHT) == (row["width"], row["height"])
            assert row["text"] == {"Red": "a red room", "Blue": "blue: desk in snow"}[row["style"]]
            objects = row["objects"]
            assert objects["id"] == list(truth.seen)
            assert objects["category"] == [CLASS_OF[THINGS[number][0]] for number in truth.seen]
            assert objects["name"] == [names[THINGS[number][0]] for number in truth.seen]
            assert objects["area"] == [mask.sum() for mask in truth.seen.values()]
            for (x, y, w, h), mask in zip(objects["bbox"], truth.seen.values(), strict=True):
                assert (x, y, x + w, y + h) == box(mask)
    empty = [row for row in loaded["train"] if row["view"] == EMPTY_VIEW]
    assert [row["objects"]["bbox"] for row in empty] == [[], []]


def test_empty_pictures_alone_or_first_do_not_spoil_the_columns(tmp_path):
    scene = make_scene(tmp_path / "dataset")
    views = labelled_views(scene.folder, scene.job)
    empty = [view for view in views if view.view == EMPTY_VIEW]
    val = [view for view in views if view.split == "val"]
    (export,) = write_exports(scene.folder, scene.job, [*empty, *val], ["IMAGEFOLDER"])
    assert export.notes == (
        "The export imagefolder leaves out pictures of the split 'train', in which nothing is labelled (2).",
    )
    assert list(load(scene.folder, tmp_path)) == ["validation"]
    (export,) = write_exports(scene.folder, scene.job, [*empty, *views[:EMPTY_VIEW]], ["IMAGEFOLDER"])
    assert export.notes == ()
    assert len(load(scene.folder, tmp_path)["train"]) == 7


def test_a_dataset_without_any_object_loads(tmp_path):
    scene = make_scene(tmp_path / "dataset")
    views = [view for view in labelled_views(scene.folder, scene.job) if view.view == EMPTY_VIEW]
    write_exports(scene.folder, scene.job, views, ["IMAGEFOLDER"])
    assert [row["objects"]["id"] for row in load(scene.folder, tmp_path)["train"]] == [[], []]


def test_what_has_no_prompt_is_described(tmp_path):
    spec = JobSpec(**{**vars(SPEC), "styles": (), "labels": LabelsSpec(), "val_fraction": 0.0})
    scene = make_scene(tmp_path / "dataset", ["IMAGEFOLDER"], spec)
    scene.finish()
    loaded = load(scene.folder, tmp_path)
    assert list(loaded) == ["train"]
    assert loaded["train"][0]["text"].startswith("A picture of 4 × box and 1 × ring")
    depth = np.asarray(loaded["train"][0]["image"])
    assert depth.shape == (HEIGHT, WIDTH)


def test_prompts_with_any_letters_survive(tmp_path):
    prompt = 'a "quoted" \\ prompt,\n家 🧙 # {x: y}'
    spec = JobSpec(**{**vars(SPEC), "styles": (StyleSpec("Odd", prompt),)})
    scene = make_scene(tmp_path / "dataset", ["IMAGEFOLDER"], spec)
    scene.finish()
    assert {row["text"] for row in load(scene.folder, tmp_path)["train"]} == {prompt}
