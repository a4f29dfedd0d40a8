# SPDX-License-Identifier: GPL-3.0-or-later
"""One view's labels: every number of an annotation against its mask, and the mask pictures against all of them."""

from __future__ import annotations

from collections import Counter

import numpy as np

from ...core.layout import DatasetFolder
from ...core.records import AnnotationRecord, JobRecord, LabelRecord, ViewRecord
from .findings import Findings
from .masks import Mask, paint, polygon_fault, read_mask
from .pictures import read_picture

JOURNAL = "labels.jsonl"
MAX_ID = 65535
ROUNDING = 1e-5
"""Shares are written with six decimals."""


class ViewLabels:
    """Checks the labels of one view after the other."""

    def __init__(self, folder: DatasetFolder, job: JobRecord, findings: Findings) -> None:
        self._folder = folder
        self._job = job
        self._findings = findings
        self._categories = {category.id for category in job.categories}
        self._instances = {instance.id: instance.category_id for instance in job.instances}

    def check(self, label: LabelRecord, view: ViewRecord | None) -> None:
        """Check one view; ``view`` is what was rendered."""
        seen = {item.id: item.category_id for item in view.instances} if view is not None else self._instances
        masks = []
        for annotation in label.annotations:
            self._findings.checked["annotations"] += 1
            self._check_names(label, annotation, seen)
            mask = self._check_mask(label, annotation)
            # Others are no ids that the mask pictures have room for, which is said already.
            if mask is not None and 0 < annotation.instance_id <= MAX_ID:
                masks.append((annotation.instance_id, mask))
        for number, count in Counter(item.instance_id for item in label.annotations).items():
            if count > 1:
                self._add("label.twice", label, f"annotates instance {number} {count} times")
        self._check_pictures(label, masks, complete=len(masks) == len(label.annotations))

    def _add(self, code: str, label: LabelRecord, what: str) -> None:
        self._findings.add(code, JOURNAL, f"View {label.view} {what}.")

    def _check_names(self, label: LabelRecord, annotation: AnnotationRecord, seen: dict[int, int]) -> None:
        number, category = annotation.instance_id, annotation.category_id
        if number not in seen or (self._instances and number not in self._instances):
            self._add("label.instance", label, f"annotates instance {number}, which it does not have")
        if category not in self._categories:
            self._add(
                "label.category", label, f"gives instance {number} the category {category}, which is unknown"
            )
        elif seen.get(number, category) != category:
            self._add(
                "label.category",
                label,
                f"gives instance {number} the category {category}, not {seen[number]}",
            )

    def _check_mask(self, label: LabelRecord, annotation: AnnotationRecord) -> Mask | None:
        who = f"has instance {annotation.instance_id}"
        try:
            mask = read_mask(annotation.counts, label.height, label.width)
        except ValueError as error:
            self._add("label.rle", label, f"{who}, whose mask cannot be decoded: {error}")
            return None
        if mask.area != annotation.area or mask.area == 0:
            self._add(
                "label.area", label, f"{who} with an area of {annotation.area}, but a mask of {mask.area}"
            )
        if mask.bbox != annotation.bbox:
            self._add(
                "label.box", label, f"{who} with the box {annotation.bbox}, but its mask's is {mask.bbox}"
            )
        if annotation.polygons:
            fault = polygon_fault(annotation.polygons, mask.area, mask.bbox, label.height, label.width)
            if fault:
                self._add("label.polygon", label, f"{who}, which {fault}")
        if mask.area < self._job.job.labels.min_pixels:
            self._add("label.filter", label, f"{who} of {mask.area} pixels, fewer than the job asks for")
        self._check_whole(label, annotation, mask, who)
        return mask

    def _check_whole(self, label: LabelRecord, annotation: AnnotationRecord, mask: Mask, who: str) -> None:
        """Check the amodal mask and the visible share."""
        share = annotation.visible_fraction
        if share is not None and not 0.0 < share <= 1.0:
            self._add("label.visible", label, f"{who} with a visible share of {share:g}")
        if not annotation.amodal_counts:
            return
        try:
            whole = read_mask(annotation.amodal_counts, label.height, label.width)
        except ValueError as error:
            self._add("label.amodal", label, f"{who}, whose whole mask cannot be decoded: {error}")
            return
        if (whole.area, whole.bbox) != (annotation.amodal_area, annotation.amodal_bbox):
            self._add("label.amodal", label, f"{who}, whose whole area or box does not fit its whole mask")
        if not whole.holds(mask):
            self._add("label.amodal", label, f"{who}, which shows more than its whole mask holds")
        if share is not None and abs(share - mask.area / max(1, whole.area)) > ROUNDING:
            self._add(
                "label.visible",
                label,
                f"{who} with a visible share of {share:g}, not {mask.area / whole.area:g}",
            )

    def _check_pictures(self, label: LabelRecord, masks: list[tuple[int, Mask]], complete: bool) -> None:
        size = (label.height, label.width)
        shown = read_picture(self._folder, label.mask_file, size, self._findings)
        classes = read_picture(self._folder, label.category_mask_file, size, self._findings)
        for file in (
            label.depth_file,
            label.normal_file,
            *label.control_files,
            *([label.render_file] if label.render_file else []),
        ):
            read_picture(self._folder, file, size, self._findings)
        ids, twice = paint(masks, *size)
        if twice:
            self._add("label.overlap", label, f"has {twice} pixels in more than one mask")
        if not complete or twice:
            return
        categories = np.zeros(MAX_ID + 1, np.uint16)
        for annotation in label.annotations:
            categories[annotation.instance_id] = annotation.category_id & 0xFFFF
        for code, file, found, wanted in (
            ("mask.instance", label.mask_file, shown, ids),
            ("mask.category", label.category_mask_file, classes, categories[ids]),
        ):
            if found is None:
                continue
            wrong = int(np.count_nonzero(found != wanted)) if found.shape == wanted.shape else wanted.size
            if wrong:
                self._findings.add(code, file, f"{wrong} pixels are not what the annotations say.")
