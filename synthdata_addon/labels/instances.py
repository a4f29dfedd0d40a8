# SPDX-License-Identifier: GPL-3.0-or-later
"""From a view's id map and its list of instances to annotations. numpy only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..core.arrays import IdMap
from ..core.records import AnnotationRecord, InstanceRecord
from .rle import encode


@dataclass(frozen=True)
class Labels:
    """What one view shows. ``ids`` and ``categories`` are (H, W) uint16 maps without the ``unknown`` ids."""

    ids: IdMap
    categories: IdMap
    annotations: tuple[AnnotationRecord, ...]
    unknown: tuple[int, ...]


def label(index: IdMap, instances: Sequence[InstanceRecord]) -> Labels:
    """Make the annotations of a view, in id order; instances that no pixel shows have none.

    Args:
        index: (H, W) uint16, the Object Index pass.
        instances: what the view may show. Ids of the map that are not in it (objects whose Object Index the user set
            and that have no category) count as unlabelled and come back in ``unknown``.
    """
    category = np.zeros(
        int(max([int(index.max(initial=0)), *(item.id for item in instances)])) + 1, np.uint16
    )
    for item in instances:
        category[item.id] = item.category_id
    category[0] = 0
    categories = category[index]
    foreign = (categories == 0) & (index != 0)
    unknown: tuple[int, ...] = ()
    ids = index
    if foreign.any():
        unknown = tuple(int(number) for number in np.unique(index[foreign]))
        ids = np.where(foreign, np.uint16(0), index)
    annotations = tuple(
        AnnotationRecord(
            instance_id=region.id,
            category_id=int(category[region.id]),
            area=region.area,
            bbox=region.bbox,
            counts=region.counts,
        )
        for region in encode(ids)
    )
    return Labels(ids=ids, categories=categories, annotations=annotations, unknown=unknown)
