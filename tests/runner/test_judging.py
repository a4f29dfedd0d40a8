# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies on measured pictures, by the real runner: recorded, made again, dropped; nothing in silence."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from synthdata_addon.core.fidelity import STRENGTHEN, FidelitySpec
from synthdata_addon.core.protocol import Sample
from synthdata_addon.core.records import SampleRecord
from synthdata_addon.core.seeds import sample_seed
from synthdata_addon.core.spec import ModelSpec, StyleSpec
from synthdata_addon.labels.coco import labelled_views
from synthdata_addon.runner.judging import Judge
from synthdata_addon.runner.ledger import read_job
from synthdata_addon.runner.requests import SampleRequests
from synthdata_addon.runner.validation.check import validate
from tests.runner_runs import LABELS, annotations, labels, of, run_here, samples
from tests.same_dataset import differing, essence
from tests.synthetic_dataset import make_dataset

SPEC = replace(
    LABELS,
    width=96,
    height=96,
    styles=(StyleSpec("Red", "a red room"),),
    labels=replace(LABELS.labels, panoptic=True),
    exports=("YOLO_DETECT", "IMAGEFOLDER"),
)


def labelled(root, fidelity, views=2):
    """Return a dataset with labels and no pictures, whose job has a fidelity policy."""
    spec = replace(SPEC, fidelity=fidelity, styles=())
    folder = make_dataset(root, spec, views)
    run_here(folder)
    return folder, replace(read_job(folder), job=replace(spec, styles=SPEC.styles))


def ids_of(folder, view):
    return np.array(Image.open(folder.full(f"masks/instance/{view:06d}.png")))


def painted(folder, view, shift=0):
    """Paint every instance in a colour of its own, where its label is or beside."""
    colours = np.array([[40, 40, 40], [230, 60, 50], [60, 200, 90], [70, 90, 230], [230, 220, 60]], np.uint8)
    return np.roll(colours[ids_of(folder, view)], shift, axis=1)


def judged(folder, job, pictures):
    """Judge tries of one sample in their order; return the last verdict and how many were looked at."""
    judge, requests = Judge(folder, job), SampleRequests(folder, job)
    for attempt, picture in enumerate(pictures):
        request = requests.request(0, 0, attempt)
        record = SampleRecord(
            request.sample, 0, "Red", request.picture, "p", "", str(request.seed), 96, 96, "m", "r", 1, 1.0
        )
        verdict = judge.judge(request, picture, record)
        if not verdict.again:
            return verdict, attempt + 1
    return None, len(pictures)


def test_without_measuring_a_picture_passes_as_it_is(tmp_path):
    folder, job = labelled(tmp_path / "set", FidelitySpec(retry="SEED", drop="SAMPLE", threshold=1.0))
    verdict, tries = judged(folder, job, [np.zeros((96, 96, 3), np.uint8)])
    assert (tries, verdict.record.fidelity, verdict.record.scores) == (1, None, ())


def test_the_first_picture_that_is_good_enough_stays(tmp_path):
    policy = FidelitySpec(measure=True, retry="SEED", threshold=0.5, retries=3)
    folder, job = labelled(tmp_path / "set", policy)
    good, bad = painted(folder, 0), painted(folder, 0, 12)
    verdict, tries = judged(folder, job, [bad, good, bad])
    assert tries == 2
    assert verdict.picture is good
    assert verdict.record.seed == str(sample_seed(1, 0, "Red", 0, 1))
    assert verdict.record.attempts[0] < 0.5 <= verdict.record.attempts[1] == verdict.record.fidelity
    assert {item.instance_id for item in verdict.record.scores} == set(np.unique(ids_of(folder, 0))) - {0}


def test_of_pictures_that_are_never_good_the_best_stays(tmp_path):
    policy = FidelitySpec(measure=True, retry="SEED", threshold=0.99, retries=2)
    folder, job = labelled(tmp_path / "set", policy)
    good, bad = painted(folder, 0), painted(folder, 0, 12)
    verdict, tries = judged(folder, job, [bad, good, bad, good])
    assert tries == 3
    assert verdict.picture is good
    assert len(verdict.record.attempts) == 3
    assert max(verdict.record.attempts) == verdict.record.attempts[1] == verdict.record.fidelity
    assert not verdict.record.rejected


def test_stronger_control_keeps_the_seed(tmp_path):
    policy = FidelitySpec(measure=True, retry="CONTROL")
    folder, job = labelled(tmp_path / "set", policy)
    requests = [SampleRequests(folder, job).request(0, 0, attempt) for attempt in range(3)]
    assert [item.strength for item in requests] == [1.0, STRENGTHEN, STRENGTHEN**2]
    assert len({item.seed for item in requests}) == 1


def test_a_picture_of_another_size_is_said_to_be_one(tmp_path):
    folder, job = labelled(tmp_path / "set", FidelitySpec(measure=True))
    with pytest.raises(ValueError, match="the picture has 64 x 32 pixels, its labels 96 x 96"):
        judged(folder, job, [np.zeros((32, 64, 3), np.uint8)])


def run_job(root, tiny_model, fidelity, views=2):
    model = ModelSpec(path=str(tiny_model), steps=1)
    folder = make_dataset(root, replace(SPEC, fidelity=fidelity, model=model), views)
    return folder, run_here(folder)


@pytest.mark.slow
def test_scores_are_recorded_in_every_place(tmp_path, tiny_model):
    folder, said = run_job(tmp_path / "set", tiny_model, FidelitySpec(measure=True))
    records = samples(folder)
    assert all(record.scores and 0.0 <= record.fidelity <= 1.0 for record in records)
    assert not any(record.attempts or record.rejected for record in records)
    coco = [json.loads(data) for data in annotations(folder)]
    found = {
        (image["view"], item["instance_id"]): item["fidelity"]
        for data in coco
        for image in data["images"]
        for item in data["annotations"]
        if item["image_id"] == image["id"] and "fidelity" in item
    }
    wanted = {(r.view, item.instance_id): item.fidelity for r in records for item in r.scores}
    assert found == wanted
    assert said[-1].rejected == said[-1].unfaithful == 0
    assert set(validate(folder.root).counts) <= {"job.settings"}, (
        "the tiny model names no ControlNets of its own"
    )
    page = folder.gallery.read_text(encoding="utf-8")
    assert all(f'["{record.picture}",0,{record.fidelity}]' in page for record in records)


@pytest.mark.slow
def test_tries_end_and_a_resume_ends_with_the_same(tmp_path, tiny_model):
    policy = FidelitySpec(measure=True, retry="SEED", threshold=1.0, retries=2)
    folder, said = run_job(tmp_path / "set", tiny_model, policy)
    assert all(len(record.attempts) == 3 for record in samples(folder))
    assert all(max(record.attempts) == record.fidelity for record in samples(folder))
    assert len(of(Sample, said)) == 2
    before = essence(folder.root)
    assert not of(Sample, run_here(folder))
    assert essence(folder.root) == before
    other, _ = run_job(tmp_path / "other", tiny_model, policy)
    other.samples_journal.unlink()
    for file in other.root.glob("images/*1_red.png"):
        file.unlink()
    run_here(other)
    assert not differing(folder.root, other.root)


@pytest.mark.slow
def test_annotations_below_the_limit_are_left_out_everywhere_and_counted(tmp_path, tiny_model):
    recorded, _ = run_job(tmp_path / "recorded", tiny_model, FidelitySpec(measure=True))
    scores = sorted(item.fidelity for record in samples(recorded) for item in record.scores)
    limit = round((scores[1] + scores[2]) / 2, 4)
    policy = FidelitySpec(measure=True, threshold=limit, drop="ANNOTATION")
    folder, said = run_job(tmp_path / "set", tiny_model, policy)
    below = sum(item.fidelity < limit for record in samples(folder) for item in record.scores)
    assert said[-1].unfaithful == below == sum(item.dropped for r in samples(folder) for item in r.scores) > 0
    everything = sum(len(record.annotations) for record in labels(folder))
    assert said[-1].annotations == everything - below
    assert sum(len(json.loads(data)["annotations"]) for data in annotations(folder)) == everything - below
    lines = [path.read_text().splitlines() for path in folder.root.glob("exports/yolo_detect/labels/*/*.txt")]
    assert sum(map(len, lines)) == everything - below
    crowds = [
        segment["iscrowd"]
        for split in ("train", "val")
        for item in json.loads(folder.panoptic(split).read_text())["annotations"]
        for segment in item["segments_info"]
    ]
    assert (len(crowds), sum(crowds)) == (everything, below)
    assert set(validate(folder.root).counts) <= {"job.settings"}, (
        "the tiny model names no ControlNets of its own"
    )


@pytest.mark.slow
def test_a_rejected_picture_is_kept_aside_counted_and_not_made_again(tmp_path, tiny_model):
    recorded, _ = run_job(tmp_path / "recorded", tiny_model, FidelitySpec(measure=True))
    first, second = (record.fidelity for record in samples(recorded))
    policy = FidelitySpec(measure=True, threshold=round((first + second) / 2, 4), drop="SAMPLE")
    folder, said = run_job(tmp_path / "set", tiny_model, policy)
    (out,) = [record for record in samples(folder) if record.rejected]
    assert out.fidelity == min(first, second)
    assert out.picture == f"rejected/{out.sample}.png"
    assert folder.full(out.picture).is_file()
    assert not folder.full(f"images/{out.sample}.png").exists()
    assert "below" in out.rejected
    assert (said[-1].samples, said[-1].rejected) == (1, 1)
    views = labelled_views(folder, read_job(folder))
    assert [len(view.pictures) for view in views] == ([0, 1] if out.view == 0 else [1, 0])
    card = (folder.root / "README.md").read_text(encoding="utf-8")
    assert "1 pictures and 0 annotations were left out for it" in card
    annotations(folder)
    assert set(validate(folder.root).counts) <= {"job.settings"}, (
        "the tiny model names no ControlNets of its own"
    )
    assert not of(Sample, run_here(folder))


@pytest.mark.slow
def test_the_strength_of_the_try_that_stays_is_recorded(tmp_path, tiny_model):
    policy = FidelitySpec(measure=True, retry="CONTROL", threshold=1.0, retries=2)
    folder, _ = run_job(tmp_path / "set", tiny_model, policy, views=3)
    for record in samples(folder):
        assert len(record.attempts) == 3
        assert record.strength == STRENGTHEN ** record.attempts.index(max(record.attempts))
        assert record.seed == str(sample_seed(1, record.view, "Red"))


@pytest.mark.slow
def test_a_strength_is_a_factor_of_every_controlnets_scale(tiny_model):
    from synthdata_addon.core.models import resolve
    from synthdata_addon.stylize.pipeline import SampleInput, load

    model = resolve(ModelSpec(path=str(tiny_model), steps=1))
    half = replace(model, controls=tuple(replace(control, scale=0.5) for control in model.controls))
    rng = np.random.default_rng(0)
    images = {control.kind: rng.integers(0, 256, (48, 64, 3)).astype(np.uint8) for control in model.controls}
    whole, weak = load(model), load(half)
    pictures = [
        whole.picture(SampleInput(images, "a red room", "", 3)),
        whole.picture(SampleInput(images, "a red room", "", 3, strength=0.5)),
        weak.picture(SampleInput(images, "a red room", "", 3)),
    ]
    assert (pictures[1] == pictures[2]).all()
    assert (pictures[0] != pictures[1]).any()
