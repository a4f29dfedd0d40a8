# SPDX-License-Identifier: GPL-3.0-or-later
"""The real runner with the real pipeline: pictures, resume, cancel, and models that do not work."""

from __future__ import annotations

from dataclasses import replace

import pytest

from synthdata_addon.core import layout, protocol
from synthdata_addon.core.protocol import Cancel, Error, Progress, Sample
from synthdata_addon.core.spec import ModelSpec
from synthdata_addon.runner.sampling import MAX_FAILURES
from tests.runner_runs import LABELS, STYLES, annotations, of, run, run_here, samples, state
from tests.synthetic_dataset import make_dataset, write_job


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
    assert "Set up the runner" in error.hint
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
    spec = replace(LABELS, styles=STYLES, model=ModelSpec(path=str(tiny_model), steps=16))
    folder, whole = make_dataset(tmp_path / "dataset", spec, 2), make_dataset(tmp_path / "whole", spec, 2)

    def cancel(client, message):
        if message == Progress("model", 1, 1, 0.0):
            client.send(Cancel())

    said = run(folder, on_message=cancel)
    assert said[-1].cancelled
    assert said[-1].samples < 4
    assert len(list(folder.root.glob("images/*"))) == said[-1].samples == len(samples(folder))
    annotations(folder)
    # In this process: a picture does not depend on which run of the runner makes it.
    run_here(folder)
    run_here(whole)
    assert annotations(folder) == annotations(whole)
    for record in samples(whole):
        assert folder.full(record.picture).read_bytes() == whole.full(record.picture).read_bytes()


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

    real, calls = Stylizer.pictures, []

    def pictures(self, *arguments):
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB\nmore lines")
        return real(self, *arguments)

    monkeypatch.setattr(Stylizer, "pictures", pictures)
    spec = replace(LABELS, styles=STYLES, model=ModelSpec(path=str(tiny_model)))
    said = run_here(labelled_dataset(tmp_path / "dataset", spec, 2))
    (warning,) = of(protocol.Warning, said)
    assert "out of memory at 64 x 48 pixels; use a smaller size" in warning.message
    assert (said[-1].samples, said[-1].skipped) == (3, 1)
