# SPDX-License-Identifier: GPL-3.0-or-later
"""Styles without a model: the finished render, and its things on other backgrounds, by the real runner."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from synthdata_addon.core import protocol
from synthdata_addon.core.errors import SpecError
from synthdata_addon.core.fidelity import FidelitySpec
from synthdata_addon.core.journal import Journal
from synthdata_addon.core.layout import render_file
from synthdata_addon.core.records import ViewRecord
from synthdata_addon.core.spec import ModelSpec, PassesSpec, StyleSpec, validate
from synthdata_addon.runner.validation.check import validate as validate_dataset
from tests.runner_runs import LABELS, annotations, of, run_here, samples
from tests.same_dataset import essence
from tests.synthetic_dataset import make_dataset

RENDER = StyleSpec("Render", kind="RENDER")
BEAUTY = replace(LABELS, width=72, height=56, passes=PassesSpec(beauty=True, keep=True))


def dataset(root, spec, views=2):
    """Return a dataset whose views have finished renders."""
    folder = make_dataset(root, spec, views)
    records = list(Journal(folder.views_journal).read(ViewRecord))
    folder.views_journal.unlink()
    (folder.root / "renders").mkdir()
    rng = np.random.default_rng(0)
    for record in records:
        pixels = rng.integers(0, 256, (spec.height, spec.width, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(folder.full(render_file(record.view)))
        Journal(folder.views_journal).append(replace(record, beauty=True))
    return folder


def pixels(folder, file):
    return np.array(Image.open(folder.full(file)))


def backgrounds(root):
    root.mkdir()
    for number in range(3):
        Image.new("RGB", (100, 50), (80 * number, 10, 200)).save(root / f"{number}.png")
    (root / "notes.txt").write_text("no picture")
    return root


def test_renders_and_pasted_things_need_no_model_and_no_torch(tmp_path):
    behind = backgrounds(tmp_path / "behind")
    paste = StyleSpec("Paste", kind="PASTE", background=str(behind))
    spec = replace(
        BEAUTY, styles=(RENDER, paste), model=ModelSpec(path="/no/model"), fidelity=FidelitySpec(measure=True)
    )
    folder = dataset(tmp_path / "set", spec)
    before = set(sys.modules)
    said = run_here(folder)
    assert "diffusers" not in set(sys.modules) - before
    assert not of(protocol.Error, said)
    assert (said[-1].samples, said[-1].skipped) == (4, 0)
    assert {item.done for item in of(protocol.Progress, said) if item.stage == "samples"} >= {4}
    for record in samples(folder):
        picture, render = pixels(folder, record.picture), pixels(folder, render_file(record.view))
        things = pixels(folder, f"masks/instance/{record.view:06d}.png") != 0
        assert record.fidelity is not None
        assert (picture[things] == render[things]).all()
        if record.style == "Render":
            assert (picture == render).all()
        else:
            colour = Image.open(behind / record.background).getpixel((0, 0))
            assert (picture[~things] == colour).all()
    annotations(folder)
    assert not validate_dataset(folder.root).counts
    before = essence(folder.root)
    assert not of(protocol.Sample, run_here(folder))
    assert essence(folder.root) == before


@pytest.mark.slow
def test_things_are_pasted_onto_pictures_of_another_style(tmp_path, tiny_model):
    styles = (StyleSpec("Red", "a red room"), StyleSpec("Paste", kind="PASTE", background="red"), RENDER)
    spec = replace(BEAUTY, styles=styles, model=ModelSpec(path=str(tiny_model), steps=1))
    folder = dataset(tmp_path / "set", spec)
    assert run_here(folder)[-1].samples == 6
    for record in samples(folder):
        if record.style == "Paste":
            below = pixels(folder, f"images/{record.background}.png")
            things = pixels(folder, f"masks/instance/{record.view:06d}.png") != 0
            assert record.background == f"{record.view:06d}_red"
            assert (pixels(folder, record.picture)[~things] == below[~things]).all()


def test_without_the_model_what_needs_no_model_is_made_and_the_rest_is_said(tmp_path):
    styles = (StyleSpec("Red", "a red room"), StyleSpec("Paste", kind="PASTE", background="Red"), RENDER)
    folder = dataset(tmp_path / "set", replace(BEAUTY, styles=styles, model=ModelSpec(path=str(tmp_path))))
    said = run_here(folder)
    assert len(of(protocol.Error, said)) == 1
    assert [record.style for record in samples(folder) if not record.skipped] == ["Render", "Render"]
    (warning, _) = of(protocol.Warning, said)
    assert "'images/000000_red.png' is not there" in warning.message


@pytest.mark.parametrize(
    ("styles", "beauty", "words"),
    [
        ((RENDER,), False, "finished render, which is not made"),
        ((StyleSpec("p", kind="PASTE"),), True, "no background"),
        (
            (StyleSpec("p", kind="PASTE", background="later"), StyleSpec("later", "x")),
            True,
            "neither a style before",
        ),
        ((StyleSpec("p", kind="PASTE", background="P"),), True, "its own background"),
        ((StyleSpec("p"),), True, "has no prompt"),
    ],
)
def test_what_cannot_be_is_refused(styles, beauty, words):
    with pytest.raises(SpecError, match=words):
        validate(replace(BEAUTY, styles=styles, passes=PassesSpec(beauty=beauty)))
