# SPDX-License-Identifier: GPL-3.0-or-later
"""Object storage as fsspec has it in memory: shards go there, come back, and are joined there."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

pytest.importorskip("fsspec")

import fsspec

from synthdata_addon.core import layout
from synthdata_addon.core.controls import ControlImagesSpec
from synthdata_addon.core.layout import DatasetFolder
from synthdata_addon.core.shard import Shard, read_part, shard_folder
from synthdata_addon.core.spec import PassesSpec
from synthdata_addon.farm.object_store import ObjectStore
from synthdata_addon.farm.stores import SharedFolder
from synthdata_addon.runner.shares import Standing
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


LARGE = replace(LABELS, width=400, height=300)
"""Large enough for thumbnails in the gallery."""


def test_shards_in_memory_become_one_dataset(tmp_path):
    store = filled("memory://bucket/set", LARGE)
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
    make(tmp_path / "whole", LARGE, range(VIEWS))
    run_here(DatasetFolder(tmp_path / "whole"))
    assert len(list((tmp_path / "copy" / ".gallery" / "thumbs").rglob("*.jpg"))) == VIEWS
    # The test writes job.json with another indent.
    assert differing(tmp_path / "whole", tmp_path / "copy") == ["job.json"]


def stored(kind, root):
    """Return a store with a dataset in it, and what brings it back here."""
    if kind is SharedFolder:
        return SharedFolder(str(root)), lambda: root
    fs = fsspec.filesystem("memory")
    fs.put(f"{root}/", "/bucket/left/", recursive=True)

    def back():
        copy = root.with_name("copy")
        shutil.rmtree(copy, ignore_errors=True)
        fs.get("/bucket/left/", str(copy), recursive=True)
        return copy

    return ObjectStore("memory://bucket/left"), back


@pytest.mark.parametrize("kind", [SharedFolder, ObjectStore])
def test_what_is_left_of_a_dataset_is_handed_out(tmp_path, kind):
    """Three views are finished, one is rendered, one is not there yet: two shards make these two."""
    spec = replace(LABELS, passes=PassesSpec(keep=False))
    begun, whole = DatasetFolder(tmp_path / "begun"), DatasetFolder(tmp_path / "whole")
    make(begun.root, spec, range(3))
    run_here(begun)
    render_view(begun, spec, 3)
    store, back = stored(kind, begun.root)
    standing, shards = store.hand_out(8)
    assert standing == Standing(views=5, whole=3, pictures=0)
    assert [str(shard) for shard in shards] == ["1/2", "2/2"]
    assert not (back() / layout.pass_file(3)).exists(), "the dataset would keep passes that a shard drops"
    for shard, view in zip(shards, (3, 4), strict=True):
        with store.borrowed(shard) as root:
            folder = DatasetFolder(shard_folder(root, shard))
            assert read_part(folder.root) == [view]
            if view == 4:
                render_view(folder, spec, view)
            run_here(folder)
    assert store.join().counts.views == VIEWS
    assert store.hand_out(8) == (Standing(views=5, whole=5, pictures=0), [])
    make(whole.root, spec, range(VIEWS))
    run_here(whole)
    assert differing(whole.root, back()) == ["job.json"]


def test_views_that_are_labelled_anew_replace_the_older_labels(tmp_path):
    folder = DatasetFolder(tmp_path / "set")
    make(folder.root, LABELS, range(VIEWS))
    run_here(folder)
    more = replace(LABELS, control_images=ControlImagesSpec(kinds=("canny",)))
    store = SharedFolder(str(folder.root))
    make(tmp_path / "whole", more, range(VIEWS))
    store.begin((tmp_path / "whole" / "job.json").read_text())
    assert not folder.card.exists()
    standing, shards = store.hand_out(2)
    assert standing.whole == 0
    for shard in shards:
        run_here(DatasetFolder(shard_folder(folder.root, shard)))
    store.join()
    run_here(DatasetFolder(tmp_path / "whole"))
    # The test writes job.json with another indent.
    assert differing(tmp_path / "whole", folder.root) == ["job.json"]


def test_a_shard_that_is_made_in_vain_is_not_stored():
    store = ObjectStore("memory://bucket/vain")

    def fail():
        with store.borrowed(Shard(1, 1)) as root:
            make(shard_folder(root, Shard(1, 1)), LABELS, [0])
            raise RuntimeError("in mid-job")

    with pytest.raises(RuntimeError, match="in mid-job"):
        fail()
    assert not fsspec.filesystem("memory").exists("/bucket/vain/shards")


def test_exports_of_a_dataset_in_storage_are_those_of_a_folder(made, tmp_path):
    fs = fsspec.filesystem("memory")
    fs.put(f"{made.whole}/", "/bucket/exported/", recursive=True)
    for name in ("exports", "README.md", "annotations/panoptic_train.json"):
        fs.rm(f"/bucket/exported/{name}", recursive=True)
    fs.pipe_file("/bucket/exported/exports/yolo_detect/images/train/000099_gone.png", b"of another time")
    store = ObjectStore("memory://bucket/exported")
    store.finish()
    fs.get("/bucket/exported/", str(tmp_path / "copy"), recursive=True)
    assert len(list((tmp_path / "copy" / "exports").glob("*/"))) == 4
    assert differing(made.whole, tmp_path / "copy") == []
