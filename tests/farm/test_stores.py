# SPDX-License-Identifier: GPL-3.0-or-later
"""Object storage as fsspec has it in memory: shards go there, come back, and are joined there."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("fsspec")

import fsspec

from synthdata_addon.core import layout
from synthdata_addon.core.errors import DatasetError
from synthdata_addon.core.layout import DatasetFolder
from synthdata_addon.core.shard import Shard, shard_folder
from synthdata_addon.farm.stores import ObjectStore
from tests.runner_runs import LABELS, run_here
from tests.same_dataset import differing
from tests.synthetic_dataset import render_view, write_job

VIEWS, COUNT = 5, 2


def make(root, spec, views):
    folder = DatasetFolder(root)
    write_job(folder, spec, VIEWS)
    for view in views:
        render_view(folder, spec, view)


def filled(url, spec):
    store = ObjectStore(url)
    for number in range(1, COUNT + 1):
        shard = Shard(number, COUNT)
        with store.borrowed(shard) as root:
            make(shard_folder(root, shard), spec, shard.views(VIEWS))
    return store


def test_shards_in_memory_become_one_dataset(tmp_path):
    store = filled("memory://bucket/set", LABELS)
    fs = fsspec.filesystem("memory")
    for number in range(1, COUNT + 1):
        shard = Shard(number, COUNT)
        # Another machine goes on with what the first one stored.
        with store.borrowed(shard) as root:
            assert (shard_folder(root, shard) / layout.pass_file(number - 1)).is_file()
            run_here(DatasetFolder(shard_folder(root, shard)))
    merged = store.join()
    assert merged.counts.views == VIEWS
    assert not fs.exists("/bucket/set/shards")
    fs.get("/bucket/set/", str(tmp_path / "copy"), recursive=True)
    make(tmp_path / "whole", LABELS, range(VIEWS))
    run_here(DatasetFolder(tmp_path / "whole"))
    made_here = {
        "job.json",
        "index.html",
    }  # written with another indent by the test; thumbnails need pictures at hand
    names = [
        name for name in differing(tmp_path / "whole", tmp_path / "copy") if not name.startswith(".gallery")
    ]
    assert set(names) <= made_here


def test_a_shard_that_is_made_in_vain_is_not_stored():
    store = ObjectStore("memory://bucket/vain")

    def fail():
        with store.borrowed(Shard(1, 1)) as root:
            make(shard_folder(root, Shard(1, 1)), LABELS, [0])
            raise RuntimeError("in mid-job")

    with pytest.raises(RuntimeError, match="in mid-job"):
        fail()
    assert not fsspec.filesystem("memory").exists("/bucket/vain/shards")


def test_exports_are_refused():
    with pytest.raises(DatasetError) as caught:
        filled("memory://bucket/exports", replace(LABELS, exports=("YOLO_DETECT",)))
    assert caught.value.code == "farm.exports"
