# SPDX-License-Identifier: GPL-3.0-or-later
"""Shards: every view is in exactly one, and they are alike."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthdata_addon.core.errors import SpecError
from synthdata_addon.core.layout import DatasetFolder
from synthdata_addon.core.shard import (
    MAX_COUNT,
    Shard,
    deal,
    missing_shards,
    parse_shard,
    shard_folder,
    shard_of,
)


@given(st.integers(0, 400), st.integers(1, 40), st.integers(1, 50))
def test_every_view_is_in_one_shard(total, count, together):
    shards = [list(Shard(number, count).views(total, together)) for number in range(1, count + 1)]
    assert sorted(view for shard in shards for view in shard) == list(range(total))
    assert all(shard == sorted(shard) for shard in shards)
    sizes = [len(shard) for shard in shards]
    block = max(1, min(together, total // count))
    assert max(sizes) - min(sizes) <= block
    if total >= count:
        assert min(sizes) > 0


def test_neighbours_are_dealt_out_and_what_belongs_together_is_not_parted():
    assert list(Shard(3, 4).views(12)) == [2, 6, 10]
    assert list(Shard(2, 2).views(12, 3)) == [3, 4, 5, 9, 10, 11]
    assert list(Shard(5, 5).views(3)) == []


@given(st.integers(1, 400), st.integers(1, 40), st.integers(1, 50))
def test_all_views_are_dealt_out_as_to_shards_that_nobody_hands_out(total, count, together):
    shards = [list(Shard(number, count).views(total, together)) for number in range(1, count + 1)]
    assert deal(range(total), total, count, together) == [shard for shard in shards if shard]


def test_what_is_left_is_dealt_out_anew():
    assert deal([], 12, 3) == []
    assert deal([1, 4, 8, 9], 12, 3) == [[1, 9], [4], [8]]
    assert deal([4], 12, 3) == [[4]]
    # What shares its setting stays together.
    assert deal([0, 2, 6, 7, 8, 11], 12, 2, 3) == [[0, 2, 11], [6, 7, 8]]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3",
        "3/",
        "/16",
        "a/b",
        "3/16/2",
        "-1/4",
        "1.0/4",
        "0/4",
        "5/4",
        "0/0",
        f"1/{MAX_COUNT + 1}",
        "²/4",
    ],
)
def test_what_is_no_shard_is_refused(text):
    with pytest.raises(SpecError) as caught:
        parse_shard(text)
    assert caught.value.code == "spec.shard"


def test_names():
    shard = parse_shard(" 3/16 ")
    assert (str(shard), shard.name) == ("3/16", "03-of-16")
    assert Shard(7, 1000).name == "0007-of-1000"
    assert shard_folder(Path("set"), shard) == Path("set/shards/03-of-16")
    assert shard_of(Path("set/shards/03-of-16")) == shard
    assert shard_of(Path("set/mine")) is None


def test_missing_shards_are_known_by_the_names_of_the_others():
    folders = [shard_folder(Path("set"), Shard(number, 4)) for number in (1, 3)]
    assert missing_shards(folders) == [Shard(2, 4), Shard(4, 4)]
    assert missing_shards([*folders, Path("other")]) == []
    assert missing_shards([*folders, shard_folder(Path("set"), Shard(1, 5))]) == []
    assert missing_shards([]) == []


def test_leftovers_are_swept_out_of_a_dataset_and_not_of_its_shards(tmp_path):
    own, others = (
        folder / ".000001.part.exr" for folder in (tmp_path / "passes", tmp_path / "shards/01-of-02/passes")
    )
    for path in (own, others):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"half")
    DatasetFolder(tmp_path).sweep_out_parts()
    assert not own.exists()
    assert others.exists()
