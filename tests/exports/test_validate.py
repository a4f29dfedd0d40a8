# SPDX-License-Identifier: GPL-3.0-or-later
"""The check of a dataset: silent on a good one, and every deliberate fault found by its code."""

from __future__ import annotations

import json
import shutil
import sys

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pycocotools import mask as coco_mask

from synthdata_addon.core.layout import DatasetFolder
from synthdata_addon.core.spec import JobSpec, LabelsSpec
from synthdata_addon.runner.validation import check
from synthdata_addon.runner.validation.findings import MOST
from synthdata_addon.runner.validation.masks import paint, read_mask
from tests.exports.scene import SPEC, make_scene


def edit_json(path, change):
    data = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(change(data) or data), encoding="utf-8")


def edit_line(path, change, number=0):
    """Change one line of a journal."""
    lines = path.read_text(encoding="utf-8").splitlines()
    data = json.loads(lines[number])
    lines[number] = json.dumps(change(data) or data)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def setting(*keys, to):
    """Return a change that sets one value inside of JSON data; ``to`` may be a function of the old value."""

    def change(data):
        for key in keys[:-1]:
            data = data[key]
        data[keys[-1]] = to(data[keys[-1]]) if callable(to) else to

    return change


def repaint(path, change):
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    change(picture)
    assert cv2.imwrite(str(path), picture)


def flip_bit(path, place):
    data = bytearray(path.read_bytes())
    data[place] ^= 4
    path.write_bytes(bytes(data))


def label(*keys, to):
    """A fault in the first annotation of view 0 in labels.jsonl."""
    return lambda d: edit_line(d.labels_journal, setting("annotations", 0, *keys, to=to))


def coco(*keys, to):
    """A fault in the train split's COCO file."""
    return lambda d: edit_json(d.annotations("train"), setting(*keys, to=to))


def coco_rle(*keys, to):
    """A fault in the first annotation of the train split that is run-length encoded."""

    def change(data):
        number = next(i for i, a in enumerate(data["annotations"]) if isinstance(a["segmentation"], dict))
        setting("annotations", number, *keys, to=to)(data)

    return lambda d: edit_json(d.annotations("train"), change)


def swap_splits(d):
    train, val = d.annotations("train"), d.annotations("val")
    texts = train.read_bytes(), val.read_bytes()
    train.write_bytes(texts[1])
    val.write_bytes(texts[0])


def share_image(d):
    """Put an image of the train split into the other file as well."""
    image = json.loads(d.annotations("train").read_text(encoding="utf-8"))["images"][0]
    edit_json(d.annotations("val"), lambda data: data["images"].append(image))


def one(array, value):
    array[3, 3] = value


def torn(d):
    with d.labels_journal.open("ab") as file:
        file.write(b'{"view": 9, "spl')


def label_only_in_coco(d):
    edit_json(d.annotations("train"), lambda data: data["annotations"].pop(0) and None)


def shorter(counts):
    return counts[:-1]


def whole_of(annotation):
    return {key: value for key, value in annotation.items() if key.startswith("amodal_")}


def first_mask(d):
    return d.full("masks/instance/000000.png")


POLYGON_OF_ONE = [[0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0]]
FAULTS = {
    "no job": ("dataset.no_job", lambda d: d.job_file.unlink()),
    "job is no JSON": ("dataset.bad_job", lambda d: d.job_file.write_text("{")),
    "job with a bad setting": (
        "job.settings",
        lambda d: edit_json(d.job_file, setting("job", "width", to=3)),
    ),
    "journal gone": ("journal.missing", lambda d: d.views_journal.unlink()),
    "torn journal": ("journal.torn", torn),
    "spoilt line": ("journal.line", lambda d: edit_line(d.labels_journal, setting("area", to=1))),
    "spoilt annotation": ("journal.line", label("area", to="many")),
    "spoilt instance": (
        "journal.line",
        lambda d: edit_line(d.views_journal, setting("instances", 0, "id", to="x")),
    ),
    "label without view": ("journal.no_view", lambda d: edit_line(d.labels_journal, setting("view", to=77))),
    "sample without view": (
        "journal.no_view",
        lambda d: edit_line(d.samples_journal, setting("view", to=77)),
    ),
    "unknown style": ("journal.style", lambda d: edit_line(d.samples_journal, setting("style", to="Green"))),
    "view in another split": (
        "journal.split",
        lambda d: edit_line(d.labels_journal, setting("split", to="val")),
    ),
    "label of another size": ("journal.size", lambda d: edit_line(d.labels_journal, setting("width", to=97))),
    "deleted picture": ("file.missing", lambda d: d.full("images/000000_red.png").unlink()),
    "deleted mask": ("file.missing", lambda d: first_mask(d).unlink()),
    "deleted control image": ("file.missing", lambda d: d.full("control/depth/000001.png").unlink()),
    "cut picture": (
        "file.unreadable",
        lambda d: d.full("images/000000_red.png").write_bytes(
            d.full("images/000000_red.png").read_bytes()[:900]
        ),
    ),
    "flipped bit in a mask's data": ("file.unreadable", lambda d: flip_bit(first_mask(d), 60)),
    "picture of another size": (
        "file.size",
        lambda d: cv2.imwrite(str(d.full("images/000000_red.png")), np.zeros((9, 9, 3), np.uint8)),
    ),
    "one pixel of an instance mask": ("mask.instance", lambda d: repaint(first_mask(d), lambda m: one(m, 5))),
    "one pixel of a class mask": (
        "mask.category",
        lambda d: repaint(d.full("masks/category/000001.png"), lambda m: one(m, 3)),
    ),
    "area in the journal": ("label.area", label("area", to=lambda area: area + 1)),
    "box in the journal": ("label.box", label("bbox", 0, to=lambda x: x + 1)),
    "mask cut short": ("label.rle", label("counts", to=shorter)),
    "mask with a strange letter": ("label.rle", label("counts", to="\x01\x02")),
    "unknown category in the journal": ("label.category", label("category_id", to=8)),
    "another thing's category": ("label.category", label("category_id", to=7)),
    "instance id that no mask has room for": ("label.instance", label("instance_id", to=10**30)),
    "instance id 0": ("label.instance", label("instance_id", to=0)),
    "category id that no mask has room for": ("label.category", label("category_id", to=10**30)),
    "area beyond all numbers": ("label.area", label("area", to=10**30)),
    "unknown instance": ("label.instance", label("instance_id", to=999)),
    "instance twice": (
        "label.twice",
        lambda d: edit_line(d.labels_journal, lambda r: r["annotations"].append(r["annotations"][0])),
    ),
    "masks that overlap": (
        "label.overlap",
        lambda d: edit_line(d.labels_journal, lambda r: r["annotations"].append(r["annotations"][0])),
    ),
    "polygon outside": ("label.polygon", label("polygons", to=[[0.0, 0.0, 500.0, 0.0, 500.0, 2.0]])),
    "polygon of another area": ("label.polygon", label("polygons", to=POLYGON_OF_ONE)),
    "visible share": ("label.visible", label("visible_fraction", to=0.5)),
    "visible share above 1": ("label.visible", label("visible_fraction", to=1.5)),
    "whole mask that lacks what is seen": (
        "label.amodal",
        lambda d: edit_line(
            d.labels_journal, lambda r: r["annotations"][0].update(whole_of(r["annotations"][1]))
        ),
    ),
    "whole area": ("label.amodal", label("amodal_area", to=3)),
    "COCO file gone": ("coco.missing", lambda d: d.annotations("val").unlink()),
    "COCO file cut": (
        "coco.unreadable",
        lambda d: d.annotations("val").write_text(d.annotations("val").read_text()[:-9]),
    ),
    "COCO list of texts": ("coco.unreadable", coco("images", to=["a"])),
    "COCO id that is a list": ("coco.unreadable", coco("annotations", 0, "id", to=[1])),
    "duplicate annotation id": ("coco.ids", coco("annotations", 1, "id", to=1)),
    "annotation id 0": ("coco.ids", coco("annotations", 0, "id", to=0)),
    "duplicate image id": ("coco.ids", coco("images", 1, "id", to=1)),
    "image that is not ours": ("coco.image", coco("images", 0, "id", to=4000)),
    "image of another name": ("coco.image", coco("images", 0, "file_name", to="images/x.png")),
    "image of another size": ("coco.image", coco("images", 0, "height", to=71)),
    "image left out": ("coco.image", coco("images", to=lambda images: images[1:])),
    "annotation on no image": ("coco.image", coco("annotations", 0, "image_id", to=4000)),
    "swapped splits": ("coco.split", swap_splits),
    "image in both splits": ("coco.split", share_image),
    "unknown category in COCO": ("coco.category", coco("annotations", 0, "category_id", to=8)),
    "categories of another job": ("coco.categories", coco("categories", 0, "name", to="cat")),
    "crowd": ("coco.iscrowd", coco("annotations", 0, "iscrowd", to=1)),
    "box moved in COCO": ("coco.box", coco_rle("bbox", 1, to=lambda y: y + 1)),
    "box outside of the picture": ("coco.box", coco("annotations", 0, "bbox", 0, to=-1)),
    "mask of another size": ("coco.rle", coco_rle("segmentation", "size", to=[70, 96])),
    "mask in COCO cut short": ("coco.rle", coco_rle("segmentation", "counts", to=shorter)),
    "area of RLE in COCO": ("coco.area", coco_rle("area", to=5)),
    "polygon in COCO": ("coco.polygon", coco("annotations", 0, "segmentation", 0, 0, to=lambda x: x + 1)),
    "box beside its polygons": ("coco.polygon", coco("annotations", 0, "bbox", 2, to=lambda w: w + 1)),
    "no box in COCO": ("coco.annotation", coco("annotations", 0, "bbox", to=None)),
    "annotation left out": ("coco.journal", label_only_in_coco),
    "annotation changed": ("coco.journal", coco("annotations", 0, "visible_fraction", to=0.25)),
    "pycocotools disagrees": ("pycocotools.reads", coco("annotations", 0, "bbox", 2, to=lambda w: w + 1)),
    "pycocotools fails": ("pycocotools.fails", coco("annotations", 0, "segmentation", to=7)),
    "panoptic file gone": ("coco.missing", lambda d: d.panoptic("train").unlink()),
    "panoptic picture gone": (
        "file.missing",
        lambda d: d.full("annotations/panoptic_train/000000.png").unlink(),
    ),
    "panoptic pixel": (
        "panoptic.segments",
        lambda d: repaint(d.full("annotations/panoptic_train/000000.png"), lambda m: one(m, (0, 0, 5))),
    ),
    "panoptic segment": (
        "panoptic.segments",
        lambda d: edit_json(
            d.panoptic("train"), lambda data: data["annotations"][0]["segments_info"].pop() and None
        ),
    ),
    "panoptic area": (
        "panoptic.segments",
        lambda d: edit_json(d.panoptic("val"), setting("annotations", 0, "segments_info", 0, "area", to=1)),
    ),
    "panoptic category": (
        "panoptic.categories",
        lambda d: edit_json(d.panoptic("train"), setting("categories", 0, "id", to=4)),
    ),
    "caption left out": (
        "captions.missing",
        lambda d: edit_json(d.captions("train"), lambda data: data["annotations"].pop() and None),
    ),
    "export gone": ("export.missing", lambda d: shutil.rmtree(d.root / "exports/bop")),
    "export's picture gone": (
        "export.content",
        lambda d: (d.root / "exports/yolo_detect/images/train/000000_red.png").unlink(),
    ),
    "export's line gone": (
        "export.content",
        lambda d: (d.root / "exports/yolo_segment/labels/train/000000_red.txt").write_text(""),
    ),
    "export's class out of range": (
        "export.content",
        lambda d: (d.root / "exports/yolo_detect/labels/train/000000_red.txt").write_text(
            "7 .1 .1 .1 .1\n" * 5
        ),
    ),
    "export's mask gone": (
        "export.content",
        lambda d: (d.root / "exports/bop/train/000000/mask/000001_000000.png").unlink(),
    ),
    "export's metadata cut": (
        "export.content",
        lambda d: (d.root / "exports/imagefolder/train/metadata.jsonl").write_text('{"file_name": '),
    ),
}


@pytest.fixture
def copy(scene, tmp_path):
    shutil.copytree(scene.folder.root, tmp_path / "dataset")
    return DatasetFolder(tmp_path / "dataset")


def test_a_good_dataset_has_no_fault(scene):
    found = check.validate(scene.folder.root)
    assert found.lines() == [
        "Checked 6 views, 25 annotations, 41 pictures, 6 COCO files, 4 exports: no fault.",
    ]


def test_a_dataset_with_nothing_but_labels_has_no_fault(tmp_path):
    scene = make_scene(tmp_path, spec=JobSpec(**{**vars(SPEC), "labels": LabelsSpec(), "styles": ()}))
    scene.finish()
    assert check.validate(tmp_path).counts == {}


@pytest.mark.parametrize(("code", "spoil"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_found_by_its_code(copy, code, spoil):
    spoil(copy)
    found = check.validate(copy.root)
    assert code in found.counts, found.lines()
    assert all(finding.sentence.endswith((".", ")")) for finding in found.kept)


def test_every_code_is_tested():
    """The codes in the source are those of the faults above, so that no check is there unproved."""
    import re
    from pathlib import Path

    texts = [path.read_text(encoding="utf-8") for path in Path(check.__file__).parent.glob("*.py")]
    written = {code for text in texts for code in re.findall(r'"([a-z]+\.[a-z_]+)"', text)}
    written -= {"job.json", "labels.jsonl", "views.jsonl", "samples.jsonl", "data.yaml", "metadata.jsonl"}
    written.remove("label.filter")
    assert written <= {code for code, _ in FAULTS.values()}


def test_fewer_pixels_than_asked_for_are_a_fault(tmp_path):
    scene = make_scene(tmp_path / "dataset")
    scene.finish()
    edit_json(scene.folder.job_file, setting("job", "labels", "min_pixels", to=50))
    assert check.validate(scene.folder.root).counts["label.filter"] == 1


def test_many_faults_are_counted_and_some_said(copy):
    shutil.rmtree(copy.root / "masks")
    found = check.validate(copy.root)
    assert found.counts == {"file.missing": 12}
    assert len(found.kept) == MOST
    assert found.lines()[-2:] == [
        "... and 2 more of [file.missing]",
        "Checked 6 views, 25 annotations, 41 pictures, 6 COCO files, 4 exports: 12 faults.",
    ]


def test_without_pycocotools_it_is_said_and_no_fault(copy, monkeypatch):
    monkeypatch.setitem(sys.modules, "pycocotools", None)
    found = check.validate(copy.root)
    assert found.counts == {}
    assert found.notes == ["pycocotools is not installed here: its own reading is not checked."]


masks = arrays.arrays(np.bool_, st.tuples(st.integers(1, 40), st.integers(1, 40)))


@given(masks)
@settings(max_examples=200, deadline=None)
def test_masks_are_read_as_pycocotools_reads_them(mask):
    coded = coco_mask.encode(np.asfortranarray(mask, np.uint8))
    read = read_mask(coded["counts"].decode(), *mask.shape)
    assert read.area == mask.sum()
    assert list(read.bbox) == [int(value) for value in coco_mask.toBbox(coded)]
    ids, twice = paint([(7, read)], *mask.shape)
    assert np.array_equal(ids, mask * 7)
    assert twice == 0
    with pytest.raises(ValueError, match="covers"):
        read_mask(coded["counts"].decode(), mask.shape[0] + 1, mask.shape[1])


@given(masks, st.integers(0, 2**32 - 1))
@settings(max_examples=100, deadline=None)
def test_a_mask_holds_another_or_not(mask, seed):
    def read(pixels):
        coded = coco_mask.encode(np.asfortranarray(pixels, np.uint8))
        return read_mask(coded["counts"].decode(), *pixels.shape)

    part = mask & (np.random.default_rng(seed).random(mask.shape) < 0.7)
    assert read(mask).holds(read(part))
    assert read(part).holds(read(mask)) == np.array_equal(mask, part)


@given(st.text(max_size=12))
@settings(max_examples=200, deadline=None)
def test_any_text_is_a_mask_or_refused(text):
    try:
        read = read_mask(text, 5, 4)
    except ValueError:
        return
    assert 0 <= read.area <= 20
