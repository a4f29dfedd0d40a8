# SPDX-License-Identifier: GPL-3.0-or-later
"""The real runner as a process on datasets like Blender's: labels, resume, cancel, bad views."""

from __future__ import annotations

import json
import shutil
import sys
import time
from dataclasses import replace

import pytest

from synthdata_addon.core import layout, protocol
from synthdata_addon.core.journal import Journal
from synthdata_addon.core.layout import DatasetFolder
from synthdata_addon.core.protocol import Cancel, Done, Error, Finish, Progress, View
from synthdata_addon.core.records import ViewRecord
from synthdata_addon.core.spec import PassesSpec
from synthdata_addon.runner.client import RunnerClient
from synthdata_addon.runner.thumbnails import thumbnail_file
from synthdata_addon.runner.worker import LATE_LABELS
from tests.runner_runs import LABELS, annotations, labels, of, run, state
from tests.synthetic_dataset import SEEN, make_dataset, render_view, scene_passes, write_job


def test_views_that_come_while_it_runs(tmp_path):
    folder = DatasetFolder(tmp_path / "dataset")
    write_job(folder, LABELS, views=3)
    early = render_view(folder, LABELS, 0)
    late = [render_view(folder, LABELS, view, modern=True) for view in (1, 2)]
    # View 0 is in the journal and is sent as well, as happens when Blender writes while the runner starts.
    said = run(folder, View(early), *(View(record) for record in late), Finish())
    assert [record.view for record in labels(folder)] == [0, 1, 2]
    assert said[-1].labelled == 3
    assert [p.done for p in of(Progress, said) if p.stage == "labels"][-1] == 3
    assert all(0 <= p.done <= p.total for p in of(Progress, said))
    annotations(folder)


def test_thumbnails_are_made_while_views_are_awaited(tmp_path):
    spec = replace(LABELS, width=400, height=300)
    folder = DatasetFolder(tmp_path / "dataset")
    write_job(folder, spec, views=2)
    client = RunnerClient(sys.executable, folder)
    client.send(protocol.Start(str(folder.root)))
    client.send(View(render_view(folder, spec, 0)))
    thumbs = [folder.full(thumbnail_file(layout.control_file("depth", view))) for view in range(2)]
    end = time.monotonic() + 120
    while not thumbs[0].exists():
        assert time.monotonic() < end
        client.poll()
        time.sleep(0.05)
    assert not folder.gallery.exists(), "the job has not ended"
    made = thumbs[0].stat().st_ino
    client.send(View(render_view(folder, spec, 1)))
    client.send(Finish())
    while not client.finished:
        assert time.monotonic() < end
        client.wait(0.1)
        client.poll()
    client.close()
    assert thumbs[0].stat().st_ino == made, "not made again"
    assert thumbs[1].exists()


def read_map(path):
    import cv2

    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED)


def test_labels_are_the_scene_that_was_rendered(tmp_path):
    import numpy as np

    from synthdata_addon.stylize.depth import disparity
    from synthdata_addon.stylize.images import read_rgb

    folder = make_dataset(tmp_path / "dataset", LABELS, 3)
    run(folder)
    for record in labels(folder):
        depth, _, index = scene_passes(record.view, 64, 48)
        assert np.array_equal(read_map(folder.full(record.mask_file)), index)
        category = np.array([0, 1, 1, 2])[index.astype(int)]
        assert np.array_equal(read_map(folder.full(record.category_mask_file)), category)
        assert {a.instance_id: a.area for a in record.annotations} == {
            n: int((index == n).sum()) for n in (1, 2, 3)
        }
        expected = disparity(depth.astype(np.float32), 2.0, 6.0)
        assert np.array_equal(read_rgb(folder.full(record.depth_file)), np.dstack([expected] * 3))
        assert read_rgb(folder.full(record.normal_file))[0, 0].tolist() == [128, 128, 255]


def test_a_second_run_makes_nothing_again(tmp_path):
    folder = make_dataset(tmp_path / "dataset", LABELS, 3)
    run(folder)
    before, files = state(folder), annotations(folder)
    said = run(folder)
    assert state(folder) == before
    assert annotations(folder) == files
    assert said[-1].labelled == 3


def test_a_lost_mask_is_made_again_and_nothing_else(tmp_path):
    folder = make_dataset(tmp_path / "dataset", LABELS, 3)
    run(folder)
    before, files = state(folder), annotations(folder)
    folder.full(layout.mask_file(1)).unlink()
    run(folder)
    after = state(folder)
    assert before.keys() == after.keys()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {
        "labels.jsonl",
        *(
            f"{kind}/000001.png"
            for kind in ("masks/instance", "masks/category", "control/depth", "control/normal")
        ),
    }
    assert annotations(folder) == files


def test_passes_are_dropped_when_the_job_says_so_and_not_asked_for_again(tmp_path):
    folder = make_dataset(tmp_path / "dataset", replace(LABELS, passes=PassesSpec(keep=False)), 2)
    run(folder)
    assert not list((folder.root / "passes").iterdir())
    before, files = state(folder), annotations(folder)
    folder.full(layout.mask_file(0)).unlink()
    said = run(folder)
    assert [w.code for w in of(protocol.Warning, said)] == ["labels.lost"]
    assert annotations(folder) == files
    assert before.items() >= state(folder).items()


def test_bad_views_are_skipped_with_a_reason_and_the_rest_is_made(tmp_path):
    folder = make_dataset(tmp_path / "dataset", LABELS, 5)
    folder.full(layout.pass_file(0)).write_bytes(b"torn")
    folder.full(layout.pass_file(1)).unlink()
    records = list(Journal(folder.views_journal).read(ViewRecord))
    Journal(folder.views_journal).append(replace(records[2], width=32))
    Journal(folder.views_journal).append(
        replace(records[3], skipped="The camera is inside an object.", pass_file="")
    )
    said = run(folder)
    assert said[-1].labelled == 1
    assert said[-1].skipped == 4
    reasons = {record.view: record.skipped for record in labels(folder)}
    assert "000000.exr" in reasons[0]
    assert "missing" in reasons[1]
    assert "64 x 48" in reasons[2]
    assert reasons[4] == ""
    assert [w.code for w in of(protocol.Warning, said)] == ["labels.skipped"] * 3
    annotations(folder)
    # A view that is rendered again is labelled then.
    render_view(folder, LABELS, 0)
    assert run(folder)[-1].labelled == 2


def test_ids_the_view_does_not_know_are_one_warning(tmp_path):
    folder = make_dataset(tmp_path / "dataset", LABELS, 1)
    (record,) = Journal(folder.views_journal).read(ViewRecord)
    folder.views_journal.unlink()
    Journal(folder.views_journal).append(replace(record, instances=SEEN[:2]))
    said = run(folder)
    (warning,) = of(protocol.Warning, said)
    assert warning.code == "labels.unknown_id"
    assert "Object Index 30" in warning.message
    assert {a.instance_id for a in labels(folder)[0].annotations} == {1, 2}


def test_the_beauty_render_is_the_picture_of_a_job_without_styles(tmp_path):
    folder = make_dataset(tmp_path / "dataset", replace(LABELS, passes=PassesSpec(beauty=True)), 1)
    (record,) = Journal(folder.views_journal).read(ViewRecord)
    Journal(folder.views_journal).append(replace(record, beauty=True))
    folder.full("renders").mkdir()
    shutil.copy(_png(tmp_path), folder.full(layout.render_file(0)))
    run(folder)
    images = [
        i for split in ("train", "val") for i in json.loads(folder.annotations(split).read_text())["images"]
    ]
    assert [image["file_name"] for image in images] == [layout.render_file(0)]


def _png(tmp_path):
    import numpy as np

    from synthdata_addon.runner.png import write_png

    write_png(tmp_path / "beauty.png", np.zeros((48, 64, 3), np.uint8))
    return tmp_path / "beauty.png"


def test_a_torn_journal_line_is_made_again(tmp_path):
    folder = make_dataset(tmp_path / "dataset", LABELS, 3)
    run(folder)
    files = annotations(folder)
    text = folder.labels_journal.read_bytes()
    folder.labels_journal.write_bytes(text[: len(text) - 40])
    run(folder)
    assert annotations(folder) == files
    assert [record.view for record in labels(folder)] == [0, 1, 2]


@pytest.mark.parametrize("job", [None, "{", '{"schema": 99}', '{"schema": 1}'])
def test_a_folder_without_a_good_job_is_one_error_and_a_done(tmp_path, job):
    folder = DatasetFolder(tmp_path / "dataset")
    folder.make_folders()
    if job is not None:
        folder.job_file.write_text(job)
    said = run(folder)
    (error,) = of(Error, said)
    assert error.code.split(".")[0] in ("dataset", "spec")
    assert error.hint
    assert isinstance(said[-1], Done)


def test_a_cancel_before_the_start_ends_it(tmp_path):
    folder = make_dataset(tmp_path / "dataset", LABELS, 1)
    client = RunnerClient(sys.executable, folder)
    client.send(Cancel())
    while not client.finished:
        client.wait(1)
        client.poll()
    assert client.done.cancelled
    client.close()


def test_a_cancel_while_labelling_ends_soon_and_a_later_run_ends_the_same(tmp_path):
    views = 40
    folder, whole = (
        make_dataset(tmp_path / "dataset", LABELS, views),
        make_dataset(tmp_path / "whole", LABELS, views),
    )
    said = run(folder, Cancel())
    assert said[-1].cancelled
    assert said[-1].labelled == LATE_LABELS
    annotations(folder)
    assert run(folder)[-1].labelled == views
    run(whole)
    assert annotations(folder) == annotations(whole)


def test_views_rendered_just_before_a_cancel_get_their_labels(tmp_path):
    folder = make_dataset(tmp_path / "dataset", LABELS, 3)
    assert run(folder, Cancel())[-1].labelled == 3
