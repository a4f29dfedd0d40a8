# SPDX-License-Identifier: GPL-3.0-or-later
"""The real runner as a process on datasets like Blender's: labels, pictures, resume, cancel, missing parts."""

from __future__ import annotations

import json
import shutil
import sys
import time
from dataclasses import replace

import pytest
from pycocotools.coco import COCO

from synthdata_addon.core import layout, protocol
from synthdata_addon.core.journal import Journal
from synthdata_addon.core.layout import DatasetFolder
from synthdata_addon.core.protocol import Cancel, Done, Error, Finish, Progress, Sample, Start, View
from synthdata_addon.core.records import LabelRecord, SampleRecord, ViewRecord
from synthdata_addon.core.spec import JobSpec, ModelSpec, PassesSpec, StyleSpec
from synthdata_addon.runner.client import RunnerClient
from synthdata_addon.runner.inbox import Inbox
from synthdata_addon.runner.sampling import MAX_FAILURES
from synthdata_addon.runner.worker import LATE_LABELS, Worker
from tests.synthetic_dataset import INSTANCES, make_dataset, render_view, scene_passes, write_job

LABELS = JobSpec(seed=1, width=64, height=48)
STYLES = (StyleSpec("Red", "a red room"), StyleSpec("Blue", "blue desk in snow"))


def run(folder, *messages, on_message=None, site_dirs=()):
    """Run the runner on a dataset to its end; return all it said."""
    client = RunnerClient(sys.executable, folder, site_dirs=site_dirs)
    for message in (Start(str(folder.root)), *(messages or (Finish(),))):
        client.send(message)
    said, end = [], time.monotonic() + 120
    while not client.finished:
        assert time.monotonic() < end, f"no end after {said}"
        client.wait(0.5)
        for message in client.poll():
            said.append(message)
            if on_message:
                on_message(client, message)
    client.close()
    return said


def of(kind, messages):
    return [message for message in messages if isinstance(message, kind)]


def state(folder):
    """Every file's content time, the derived files left out."""
    derived = {
        folder.gallery,
        folder.root / "README.md",
        folder.runner_log,
        folder.annotations("train"),
        folder.annotations("val"),
    }
    files = (path for path in folder.root.rglob("*") if path.is_file() and path not in derived)
    return {str(path.relative_to(folder.root)): path.stat().st_mtime_ns for path in files}


def annotations(folder):
    for split in ("train", "val"):
        coco = COCO(str(folder.annotations(split)))
        for annotation in coco.loadAnns(coco.getAnnIds()):
            assert int(coco.annToMask(annotation).sum()) == annotation["area"] > 0
        for image in coco.dataset["images"]:
            assert (folder.root / image["file_name"]).is_file()
    return [folder.annotations(split).read_bytes() for split in ("train", "val")]


def labels(folder):
    return list(Journal(folder.labels_journal).read(LabelRecord))


def samples(folder):
    return list(Journal(folder.samples_journal).read(SampleRecord))


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
        assert np.array_equal(read_rgb(folder.full(record.depth_file)), expected)
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
    Journal(folder.views_journal).append(replace(record, instances=INSTANCES[:2]))
    said = run(folder)
    (warning,) = of(protocol.Warning, said)
    assert warning.code == "labels.unknown_id"
    assert "Object Index 3" in warning.message
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

    from synthdata_addon.core.png import write_png

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


def test_without_torch_labels_are_made_and_one_error_says_so(tmp_path, tiny_model):
    site = tmp_path / "site"
    for name in ("torch", "diffusers"):
        (site / name).mkdir(parents=True)
        (site / name / "__init__.py").write_text(f"raise ModuleNotFoundError(\"No module named '{name}'\")\n")
    spec = replace(LABELS, styles=STYLES, model=ModelSpec(path=str(tiny_model)))
    folder = make_dataset(tmp_path / "dataset", spec, 2)
    said = run(folder, site_dirs=[str(site)])
    (error,) = of(Error, said)
    assert error.code == "model.no_torch"
    assert "build.py runner-env" in error.hint
    assert (said[-1].labelled, said[-1].samples) == (2, 0)
    assert not said[-1].cancelled
    annotations(folder)


def test_a_model_that_is_not_one_costs_the_pictures_only(tmp_path):
    spec = replace(LABELS, styles=STYLES, model=ModelSpec(path=str(tmp_path)))
    folder = make_dataset(tmp_path / "dataset", spec, 2)
    said = run(folder)
    assert [error.code for error in of(Error, said)] == ["model.not_a_pipeline"]
    assert said[-1].labelled == 2
    annotations(folder)


@pytest.mark.slow
def test_pictures_of_every_view_and_style_and_resume(tmp_path, tiny_model):
    spec = replace(LABELS, styles=STYLES, model=ModelSpec(path=str(tiny_model)))
    folder = make_dataset(tmp_path / "dataset", spec, 2)
    said = run(folder)
    assert said[-1].samples == 4
    assert [message.sample for message in of(Sample, said)] == [
        "000000_red",
        "000000_blue",
        "000001_red",
        "000001_blue",
    ]
    assert set(said[-1].seconds) == {"start", "labels", "model", "samples", "annotations"}
    records = samples(folder)
    assert len({record.seed for record in records}) == 4
    assert all(
        record.steps == 2 and record.guidance_scale == 3.0 and len(record.revision) == 12
        for record in records
    )
    pictures = {record.picture: folder.full(record.picture).read_bytes() for record in records}
    assert len(set(pictures.values())) == 4
    before, files = state(folder), annotations(folder)

    again = run(folder)
    assert state(folder) == before
    assert not of(Sample, again)
    assert "model" not in again[-1].seconds, "a finished dataset must not load the model"

    folder.full(layout.image_file(1, "Red")).unlink()
    assert [message.sample for message in of(Sample, run(folder))] == ["000001_red"]
    assert {name: folder.full(name).read_bytes() for name in pictures} == pictures
    assert annotations(folder) == files


@pytest.mark.slow
def test_a_cancel_in_the_middle_of_a_picture_drops_it_and_a_later_run_ends_the_same(tmp_path, tiny_model):
    spec = replace(LABELS, styles=STYLES, model=ModelSpec(path=str(tiny_model), steps=40))
    folder, whole = make_dataset(tmp_path / "dataset", spec, 2), make_dataset(tmp_path / "whole", spec, 2)

    def cancel(client, message):
        if message == Progress("model", 1, 1, 0.0):
            client.send(Cancel())

    said = run(folder, on_message=cancel)
    assert said[-1].cancelled
    assert said[-1].samples < 4
    assert len(list(folder.root.glob("images/*"))) == said[-1].samples == len(samples(folder))
    annotations(folder)
    run(folder)
    run(whole)
    assert annotations(folder) == annotations(whole)
    for record in samples(whole):
        assert folder.full(record.picture).read_bytes() == whole.full(record.picture).read_bytes()


def run_here(folder):
    """Run the worker in this process: the same code without another start of torch."""
    inbox, said = Inbox(), []
    inbox.put(Start(str(folder.root)))
    inbox.put(Finish())
    Worker(inbox, said.append).run()
    return said


def labelled_dataset(root, spec, views):
    folder = make_dataset(root, replace(spec, styles=()), views)
    run_here(folder)
    write_job(folder, spec, views)
    return folder


@pytest.mark.slow
def test_a_picture_that_fails_is_skipped_and_tried_again_later(tmp_path, tiny_model):
    spec = replace(LABELS, styles=STYLES, model=ModelSpec(path=str(tiny_model)))
    folder = labelled_dataset(tmp_path / "dataset", spec, 2)
    control = folder.full(layout.control_file("depth", 0))
    good = control.read_bytes()
    control.write_bytes(good[:100])
    said = run_here(folder)
    assert (said[-1].samples, said[-1].skipped) == (2, 2)
    assert [w.code for w in of(protocol.Warning, said)] == ["samples.skipped"] * 2
    annotations(folder)
    control.write_bytes(good)
    assert run_here(folder)[-1].samples == 4


@pytest.mark.slow
def test_a_model_that_fails_every_time_is_given_up(tmp_path, tiny_model):
    spec = replace(LABELS, styles=STYLES, model=ModelSpec(path=str(tiny_model)))
    folder = labelled_dataset(tmp_path / "dataset", spec, 4)
    for view in range(4):
        folder.full(layout.control_file("normal", view)).write_bytes(b"")
    said = run_here(folder)
    (error,) = of(Error, said)
    assert error.code == "model.failing"
    assert said[-1].samples == 0
    assert len(samples(folder)) == MAX_FAILURES - 1
    assert said[-1].labelled == 4


@pytest.mark.slow
def test_memory_that_runs_out_costs_one_picture(tmp_path, tiny_model, monkeypatch):
    from synthdata_addon.stylize.pipeline import Stylizer

    real, calls = Stylizer.picture, []

    def picture(self, *arguments):
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB\nmore lines")
        return real(self, *arguments)

    monkeypatch.setattr(Stylizer, "picture", picture)
    spec = replace(LABELS, styles=STYLES, model=ModelSpec(path=str(tiny_model)))
    said = run_here(labelled_dataset(tmp_path / "dataset", spec, 2))
    (warning,) = of(protocol.Warning, said)
    assert "out of memory at 64 x 48 pixels; use a smaller size" in warning.message
    assert (said[-1].samples, said[-1].skipped) == (3, 1)
