# SPDX-License-Identifier: GPL-3.0-or-later
"""Two more looks at the annotation files: the captions, and pycocotools' own opinion."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence

from ...core.layout import DatasetFolder
from ...core.records import JobRecord
from ...labels.coco import SPLITS, LabelledView
from .coco import LISTS, files_beside
from .findings import Findings


def check_captions(
    folder: DatasetFolder, job: JobRecord, views: Sequence[LabelledView], findings: Findings
) -> None:
    """Have one caption for every image."""
    for _, name, data in files_beside(folder.captions, LISTS[:2], job, views, findings):
        captions = {item.get("image_id"): item.get("caption") for item in data["annotations"]}
        for image in data["images"]:
            text = captions.get(image.get("id"))
            if not isinstance(text, str) or not text.strip():
                findings.add("captions.missing", name, f"Image {image.get('id')} has no caption.")


def check_with_pycocotools(folder: DatasetFolder, findings: Findings) -> None:
    """Have pycocotools load the files, and compare areas and boxes with what it decodes."""
    try:
        from pycocotools import mask as coco_mask
        from pycocotools.coco import COCO
    except ImportError:
        findings.notes.append("pycocotools is not installed here: its own reading is not checked.")
        return
    for split in SPLITS:
        path = folder.annotations(split)
        name = f"annotations/{path.name}"
        if not path.is_file():
            continue
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                coco = COCO(str(path))
            for annotation in coco.loadAnns(coco.getAnnIds()):
                mask = coco.annToRLE(annotation)
                area, box = int(coco_mask.area(mask)), [int(value) for value in coco_mask.toBbox(mask)]
                if (area, box) != (annotation["area"], annotation["bbox"]):
                    sentence = (
                        f"pycocotools reads annotation {annotation['id']} as {area} pixels in the box {box}."
                    )
                    findings.add("pycocotools.reads", name, sentence)
        except Exception as error:  # noqa: BLE001  # whatever it raises, it could not read the file
            sentence = f"pycocotools cannot read it ({type(error).__name__}: {error})."
            findings.add("pycocotools.fails", name, sentence)
