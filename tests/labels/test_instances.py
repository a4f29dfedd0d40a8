# SPDX-License-Identifier: GPL-3.0-or-later
"""Id maps to annotations."""

from __future__ import annotations

import numpy as np

from synthdata_addon.core.records import InstanceRecord
from synthdata_addon.labels.instances import label
from synthdata_addon.labels.rle import decode

CUPS = (InstanceRecord(2, "Cup.B", 1), InstanceRecord(1, "Cup.A", 1), InstanceRecord(9, "Tray", 4))


def test_each_visible_instance_has_one_annotation_in_id_order():
    index = np.array([[0, 1, 1], [2, 2, 1], [0, 0, 0]], np.uint16)
    labels = label(index, CUPS)
    assert [(a.instance_id, a.category_id, a.area, a.bbox) for a in labels.annotations] == [
        (1, 1, 3, (1, 0, 2, 2)),
        (2, 1, 2, (0, 1, 2, 1)),
    ]
    assert np.array_equal(decode(labels.annotations[0].counts, 3, 3), index == 1)
    assert np.array_equal(labels.categories, (index > 0).astype(np.uint16))
    assert labels.unknown == ()


def test_ids_nobody_knows_count_as_unlabelled():
    index = np.array([[5, 1, 9], [7, 7, 0]], np.uint16)
    labels = label(index, CUPS)
    assert labels.unknown == (5, 7)
    assert labels.ids.tolist() == [[0, 1, 9], [0, 0, 0]]
    assert labels.categories.tolist() == [[0, 1, 4], [0, 0, 0]]
    assert [a.instance_id for a in labels.annotations] == [1, 9]


def test_a_view_that_shows_nothing():
    labels = label(np.zeros((4, 4), np.uint16), CUPS)
    assert labels.annotations == ()
    assert label(np.zeros((4, 4), np.uint16), ()).annotations == ()
