# SPDX-License-Identifier: GPL-3.0-or-later
"""From a view's instance ids to its annotations. numpy only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ..core.arrays import IdMap
from ..core.records import AnnotationRecord, SeenInstance
from ..core.spec import LabelsSpec
from .exr import MAX_ID
from .polygons import polygons
from .rle import Region, encode
from .visibility import alone, visible_share


@dataclass(frozen=True)
class Labels:
    """What one view shows. ``ids`` and ``categories`` are (H, W) uint16 maps of exactly the annotated instances.

    ``dropped`` counts the instances that the filters left out: their pixels are 0 in both maps, as those of all else
    that is not labelled (COCO panoptic calls it void).
    """

    ids: IdMap
    categories: IdMap
    annotations: tuple[AnnotationRecord, ...]
    dropped: int = 0


def label(
    ids: IdMap, instances: Sequence[SeenInstance], spec: LabelsSpec, solos: Iterable[IdMap] = ()
) -> Labels:
    """Make the annotations of a view, in id order; instances that no pixel shows have none.

    Args:
        ids: (H, W) uint16, the instance of each pixel; every id above 0 is one of ``instances``.
        instances: what the view may show.
        spec: what is asked for: filters, polygons, visibility, amodal masks.
        solos: for visibility, what instances show alone (see :func:`visibility.alone`).
    """
    seen = {item.id: item for item in instances}
    regions = encode(ids)
    whole = alone(ids, solos) if spec.visibility else {}
    kept = [region for region in regions if _is_wanted(region, whole, spec)]
    category = np.zeros(MAX_ID + 1, np.uint16)
    for region in kept:
        category[region.id] = seen[region.id].category_id
    categories = category[ids]
    if len(kept) < len(regions):
        ids = np.where(categories > 0, ids, np.uint16(0))
    return Labels(
        ids=ids,
        categories=categories,
        annotations=tuple(_annotation(ids, region, seen[region.id], whole, spec) for region in kept),
        dropped=len(regions) - len(kept),
    )


def _is_wanted(region: Region, whole: dict[int, Region], spec: LabelsSpec) -> bool:
    if region.area < spec.min_pixels:
        return False
    return not spec.visibility or visible_share(region, whole.get(region.id)) >= spec.min_visible_fraction


def _annotation(
    ids: IdMap, region: Region, seen: SeenInstance, whole: dict[int, Region], spec: LabelsSpec
) -> AnnotationRecord:
    x, y, width, height = region.bbox
    cut = ids[y : y + height, x : x + width]
    all_of_it = whole.get(region.id, region) if spec.amodal else None
    share = round(visible_share(region, whole.get(region.id)), 6) if spec.visibility else None
    return AnnotationRecord(
        instance_id=region.id,
        category_id=seen.category_id,
        area=region.area,
        bbox=region.bbox,
        counts=region.counts,
        polygons=polygons(cut == region.id, x, y) if spec.polygons else (),
        visible_fraction=share,
        truncated=seen.outside,
        amodal_bbox=all_of_it.bbox if all_of_it else None,
        amodal_area=all_of_it.area if all_of_it else None,
        amodal_counts=all_of_it.counts if all_of_it else "",
        keypoints=seen.keypoints,
    )
