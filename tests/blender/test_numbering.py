# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers of things: stable, within what the passes can hold, and honest about copies that look alike to them."""

from __future__ import annotations

import pytest

from synthdata_addon.blender.labelling import MAX_INDEX, Labelling, Thing, ThingKey, twins
from synthdata_addon.blender.scan import Rendered, random_value
from synthdata_addon.core.categories import Category
from synthdata_addon.core.errors import SceneError
from synthdata_addon.core.spec import LabelsSpec

IDENTITY = ((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0), (0.0, 0.0, 0.0, 1.0))
BOX = (-1.0, -1.0, -1.0, 1.0, 1.0, 1.0)


def thing(name: str, parent: str = "", number: tuple[int, ...] = (), random: float | None = None) -> Thing:
    part = Rendered(name, parent, number, random, IDENTITY, BOX, name, ())
    return Thing(ThingKey(name, parent, number), "thing", (part,))


def test_ids_count_from_one_by_name_parent_and_copy():
    things = (thing("b"), thing("a", "p", (1,), 0.2), thing("a", "p", (0,), 0.1), thing("a"))
    found = Labelling(LabelsSpec(), [things])
    keys = [(item.id, item.name, item.parent, item.persistent_id) for item in found.instances]
    assert keys == [(1, "a", "", ()), (2, "a", "p", (0,)), (3, "a", "p", (1,)), (4, "b", "", ())]
    assert found.indices == {"a": 1, "b": 2}


def test_what_comes_only_in_a_later_frame_has_its_number_from_the_start():
    found = Labelling(LabelsSpec(), [(thing("b"),), (thing("a"), thing("b"))])
    assert [item.name for item in found.instances] == ["a", "b"]
    assert [item.id for item in found.seen((thing("b"),))] == [2]


def test_listed_categories_keep_their_ids():
    fixed = (Category(7, "other"), Category(90, "thing"))
    found = Labelling(LabelsSpec(categories=fixed), [(thing("a"),)])
    assert found.instances[0].category_id == 90
    assert found.categories == fixed


def test_more_objects_than_blender_can_number():
    things = tuple(thing(f"o{number}") for number in range(MAX_INDEX + 1))
    with pytest.raises(SceneError, match=r"32768 labelled objects, and 32767 can be told apart"):
        Labelling(LabelsSpec(), [things])


def test_copies_with_one_random_number_are_found():
    things = (thing("a", "p", (0,), 0.25), thing("a", "p", (1,), 0.25), thing("b", "p", (2,), 0.25))
    found = Labelling(LabelsSpec(), [things])
    assert [(first.id, second.id) for first, second in twins(found.seen(things))] == [(1, 2)]


def test_random_values_are_those_that_cycles_computes():
    """Rounded to 32 bits before the division; dividing first gives another last bit for these."""
    assert random_value(-1) == 1.0
    assert random_value(0) == 0.0
    assert random_value(0x7FFFFFFF) == 0.5
    assert random_value(-2147483648) == 0.5
    assert random_value(16777217) == 16777216 * 2.0**-32
