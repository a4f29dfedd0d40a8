# SPDX-License-Identifier: GPL-3.0-or-later
"""What a finished dataset must show, read by pycocotools and Pillow: independent of the package."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from pycocotools.coco import COCO


def check_dataset(folder: Path, *, images: int, size: tuple[int, int]) -> None:
    """Assert that both splits load, and that each picture, mask, box and area agrees with the others.

    Args:
        folder: the dataset.
        images: how many pictures the splits hold together.
        size: width and height of each in pixels.
    """
    total = 0
    for split in ("train", "val"):
        file = folder / "annotations" / f"instances_{split}.json"
        assert file.is_file(), sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
        coco = COCO(str(file))
        for image in coco.loadImgs(coco.getImgIds()):
            total += 1
            picture = Image.open(_picture(folder, image["file_name"]))
            assert picture.size == size == (image["width"], image["height"])
            annotations = coco.loadAnns(coco.getAnnIds(imgIds=[image["id"]]))
            assert annotations, f"{image['file_name']} shows nothing"
            for annotation in annotations:
                _check_annotation(coco, annotation)
    assert total == images
    assert (folder / "index.html").is_file()


def _picture(folder: Path, name: str) -> Path:
    """`file_name` may be relative to the dataset or to its pictures."""
    return next(path for path in (folder / name, folder / "images" / name) if path.is_file())


def _check_annotation(coco: COCO, annotation: dict[str, object]) -> None:
    mask = coco.annToMask(annotation)
    assert annotation["iscrowd"] == 0
    assert annotation["area"] == mask.sum() > 0
    rows, columns = np.nonzero(mask)
    left, top = columns.min(), rows.min()
    assert annotation["bbox"] == [left, top, columns.max() + 1 - left, rows.max() + 1 - top]
    assert coco.loadCats([annotation["category_id"]])
