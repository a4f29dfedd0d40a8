# SPDX-License-Identifier: GPL-3.0-or-later
"""Shards of made-up datasets, labelled and pictured by the real runner, and joined: the bytes of one machine."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace

import pytest

from synthdata_addon.__main__ import main
from synthdata_addon.core import layout
from synthdata_addon.core.errors import DatasetError
from synthdata_addon.core.journal import Journal
from synthdata_addon.core.layout import DatasetFolder
from synthdata_addon.core.lock import Lock
from synthdata_addon.core.records import JobRecord
from synthdata_addon.core.resume import read_job
from synthdata_addon.core.shard import Shard, shard_folder
from synthdata_addon.core.spec import LabelsSpec, PassesSpec, StyleSpec
from synthdata_addon.runner import merge_journals
from synthdata_addon.runner.merge import found_shards, merge
from tests.runner_runs import LABELS, run_here
from tests.same_dataset import differing
from tests.synthetic_dataset import render_view, write_job

VIEWS, COUNT = 7, 3
BASELINES = (StyleSpec("render", kind="RENDER"),)


def settings(**more):
    labels = LabelsSpec(polygons=True, panoptic=True, captions=True)
    return replace(
        LABELS, passes=PassesSpec(beauty=True), labels=labels, exports=("YOLO_DETECT", "IMAGEFOLDER"), **more
    )


def write_render(folder, view):
    """A finished picture, as Blender leaves it."""
    import numpy as np

    from synthdata_addon.runner.png import write_png

    path = folder.full(layout.render_file(view))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_png(path, np.full((48, 64, 3), 9 * view, np.uint8))


def begin(folder, spec, views):
    """Write ``job.json`` as a job does."""
    write_job(folder, spec, views)
    job = json.loads(folder.job_file.read_text(encoding="utf-8"))
    folder.job_file.write_text(json.dumps(job, indent=2, ensure_ascii=False), encoding="utf-8")


def make_shards(root, spec, views=VIEWS, count=COUNT, *, finish=True):
    shards = []
    for number in range(1, count + 1):
        shard = Shard(number, count)
        folder = DatasetFolder(shard_folder(root, shard))
        begin(folder, spec, views)
        for view in shard.views(views):
            write_render(folder, view)
            record = replace(render_view(folder, spec, view, modern=bool(view % 2)), beauty=True)
            Journal(folder.views_journal).append(record)
        if finish:
            run_here(folder)
        shards.append(folder.root)
    return shards


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The dataset of one machine, its render style included."""
    spec = settings(styles=BASELINES)
    folder = DatasetFolder(tmp_path_factory.mktemp("whole") / "set")
    begin(folder, spec, VIEWS)
    for view in range(VIEWS):
        write_render(folder, view)
        record = replace(render_view(folder, spec, view, modern=bool(view % 2)), beauty=True)
        Journal(folder.views_journal).append(record)
    run_here(folder)
    return folder.root


@pytest.fixture(scope="module")
def made(tmp_path_factory, whole):
    """Three shards of it. Tests copy them."""
    root = tmp_path_factory.mktemp("made") / "set"
    make_shards(root, read_job(DatasetFolder(whole)).job)
    return root


@pytest.fixture
def shards(made, tmp_path):
    shutil.copytree(made, tmp_path / "set")
    return found_shards(tmp_path / "set")


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_joined_shards_are_the_dataset_of_one_machine(whole, shards, tmp_path):
    merged = merge(tmp_path / "out", shards[::-1])
    assert differing(whole, tmp_path / "out") == []
    assert merged.counts.views == VIEWS
    assert merged.counts.samples == VIEWS
    # In order, one line each, as they were.
    text = (tmp_path / "out" / "labels.jsonl").read_text().splitlines()
    assert [json.loads(line)["view"] for line in text] == list(range(VIEWS))
    assert set(text) == {
        line for shard in shards for line in (shard / "labels.jsonl").read_text().splitlines()
    }


def test_files_are_links_and_nothing_is_made_twice(shards, tmp_path):
    merge(tmp_path / "out", shards)
    mask = layout.mask_file(2)
    assert (tmp_path / "out" / mask).samefile(shards[2] / mask)
    before = (tmp_path / "out" / "images").stat().st_mtime_ns
    assert merge(tmp_path / "out", shards).files == 0
    assert (tmp_path / "out" / "images").stat().st_mtime_ns == before


def test_without_links_files_are_copied(whole, shards, tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    merge(tmp_path / "out", shards)
    assert differing(whole, tmp_path / "out") == []
    assert merge(tmp_path / "out", shards).files == 0
    assert not list((tmp_path / "out").rglob(".*.part*"))


def test_a_merge_that_was_stopped_goes_on(whole, shards, tmp_path, monkeypatch):
    """Whichever journal it was at: the next merge makes the same of it."""
    real, out = merge_journals.replacing, tmp_path / "out"
    for stop in ("views.jsonl", "labels.jsonl", "samples.jsonl"):

        def fail(path, stop=stop):
            if path.name == stop:
                raise OSError(28, "No space left on device")
            return real(path)

        monkeypatch.setattr(merge_journals, "replacing", fail)
        with pytest.raises(OSError, match="No space"):
            merge(out, shards)
        assert not (out / stop).exists()
    monkeypatch.setattr(merge_journals, "replacing", real)
    merge(out, shards)
    assert differing(whole, out) == []


def test_by_default_the_shards_of_the_folder_are_joined_and_removed_on_request(
    whole, shards, tmp_path, capsys
):
    assert main(["merge", str(tmp_path / "set"), "--remove"]) == 0
    assert "3 shards joined" in capsys.readouterr().out
    assert differing(whole, tmp_path / "set") == []
    assert main(["validate", str(tmp_path / "set")]) == 0
    assert main(["merge", str(tmp_path / "set")]) == 1
    assert "There is no shard to join" in capsys.readouterr().err


def test_what_is_missing_is_listed(whole, shards, tmp_path, capsys):
    out = tmp_path / "out"
    with pytest.raises(DatasetError) as caught:
        merge(out, [shards[0], shards[2]])
    assert caught.value.code == "dataset.incomplete"
    assert "2 of 7 views are missing: 1, 4." in caught.value.message
    assert "no folder of shard 2/3" in caught.value.message
    assert not out.exists()
    merged = merge(out, [shards[0]], partial_ok=True, remove=True)
    assert shards[0].exists()  # what is not whole is not thrown away
    assert merged.counts.views == 3
    assert "4 of 7 views are missing: 1-2, 4-5." in merged.lacks[0]
    # The rest comes later, without the first.
    merge(out, [shards[1]], partial_ok=True)
    merge(out, [shards[2]])
    assert differing(whole, out) == []


def test_unlabelled_and_unpictured_views_are_named(whole, tmp_path):
    spec = read_job(DatasetFolder(whole)).job
    shards = make_shards(tmp_path / "set", spec, finish=False)
    with pytest.raises(DatasetError, match=r"7 of 7 views are not labelled yet: 0-6\."):
        merge(tmp_path / "out", shards)
    merge(tmp_path / "out", shards, partial_ok=True)
    run_here(DatasetFolder(tmp_path / "out"))
    for shard in shards:
        run_here(DatasetFolder(shard))
        (shard / "samples.jsonl").unlink()
    with pytest.raises(DatasetError, match=r"7 of 7 views lack pictures: 0-6\."):
        merge(tmp_path / "other", shards)
    # What was joined without labels has been labelled where it is.
    assert differing(whole, tmp_path / "out") == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"seed": 1', '"seed": 2', "job.seed was 1, now 2"),
        ('"depth_far": 6.0', '"depth_far": 7.0', "depth_far: 6.0 and 7.0"),
        ('"name": "Box"', '"name": "Case"', "instances"),
        ('"blender": "none"', '"blender": "4.5"', "software.blender was 'none', now '4.5'"),
    ],
)
def test_shards_of_another_job_are_refused(shards, tmp_path, old, new, said):
    edit(shards[1] / "job.json", old, new)
    with pytest.raises(DatasetError) as caught:
        merge(tmp_path / "out", shards)
    assert caught.value.code == "dataset.other_job"
    assert said in caught.value.message
    assert str(shards[1]) in caught.value.message
    assert not (tmp_path / "out").exists()


def test_a_folder_with_another_dataset_is_not_joined_to(whole, shards, tmp_path):
    shutil.copytree(whole, tmp_path / "out")
    edit(tmp_path / "out" / "job.json", '"seed": 1', '"seed": 2')
    before = (tmp_path / "out" / "labels.jsonl").read_bytes()
    with pytest.raises(DatasetError, match="of another job"):
        merge(tmp_path / "out", shards)
    assert (tmp_path / "out" / "labels.jsonl").read_bytes() == before


def test_shards_that_overlap_must_agree(whole, shards, tmp_path):
    merge(tmp_path / "out", [*shards, whole])
    assert differing(whole, tmp_path / "out") == []
    edit(shards[1] / "labels.jsonl", '"dropped":0', '"dropped":3')
    with pytest.raises(DatasetError) as caught:
        merge(tmp_path / "other", [*shards, whole])
    assert caught.value.code == "dataset.overlap"
    assert "both have view" in caught.value.message
    assert "another dropped" in caught.value.message
    assert not (tmp_path / "other").exists()


def test_files_that_overlap_must_agree(whole, shards, tmp_path):
    mask = shards[0] / layout.mask_file(3)
    mask.write_bytes((shards[0] / layout.mask_file(0)).read_bytes())
    with pytest.raises(DatasetError, match="are not the same"):
        merge(tmp_path / "out", [*shards, whole])
    assert not (tmp_path / "out" / "labels.jsonl").exists()


def test_a_failure_of_one_shard_takes_nothing_from_another(whole, shards, tmp_path):
    from synthdata_addon.core.records import LabelRecord
    from synthdata_addon.runner.labelling import skipped_label

    label = next(Journal(shards[1] / "labels.jsonl").read(LabelRecord))
    for shard in (shards[0], shards[2]):
        Journal(shard / "labels.jsonl").append(skipped_label(label, "too little memory"))
    merge(tmp_path / "out", shards)
    assert differing(whole, tmp_path / "out") == []


def test_a_torn_and_a_spoilt_line_are_not_joined(shards, tmp_path):
    with (shards[0] / "labels.jsonl").open("ab") as file:
        file.write(b'no json\n{"view": 1, "torn')
    merged = merge(tmp_path / "out", shards)
    assert merged.counts.views == VIEWS
    assert b"no json" not in (tmp_path / "out" / "labels.jsonl").read_bytes()


def test_a_shard_at_work_is_refused(shards, tmp_path):
    lock = Lock(shards[1] / "job.lock")
    lock.take()
    try:
        with pytest.raises(DatasetError) as caught:
            merge(tmp_path / "out", shards)
    finally:
        lock.release()
    assert caught.value.code == "dataset.busy"


def test_chunks_do_not_show(whole, shards, tmp_path, monkeypatch):
    monkeypatch.setattr(merge_journals, "CHUNK", 100)
    merge(tmp_path / "out", shards)
    assert differing(whole, tmp_path / "out") == []


def test_the_date_is_that_of_the_oldest(shards, tmp_path):
    edit(shards[2] / "job.json", "2026-01-02", "2026-01-01")
    merge(tmp_path / "out", shards)
    job = read_job(DatasetFolder(tmp_path / "out"))
    assert isinstance(job, JobRecord)
    assert job.created.startswith("2026-01-01")


def test_an_empty_shard_adds_nothing(whole, tmp_path):
    spec = read_job(DatasetFolder(whole)).job
    shards = make_shards(tmp_path / "set", spec, count=VIEWS + 2)
    merge(tmp_path / "out", shards)
    assert differing(whole, tmp_path / "out") == []
