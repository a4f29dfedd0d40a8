# SPDX-License-Identifier: GPL-3.0-or-later
"""Styles x views x pictures by the real runner and pipeline: exact prompts recorded, the same after any resume."""

from __future__ import annotations

from dataclasses import replace

import pytest

from synthdata_addon.core.prompts import PromptsSpec, WildcardSpec
from synthdata_addon.core.protocol import Sample
from synthdata_addon.core.spec import ModelSpec, StyleSpec
from tests.runner_runs import LABELS, annotations, of, run_here, samples, state
from tests.same_dataset import differing
from tests.synthetic_dataset import make_dataset, write_job

STYLES = (
    StyleSpec("Room", "a {red|blue|__colour__} room with {categories}, {camera}", "{night|snow}"),
    StyleSpec("Plain", "a desk in snow"),
)
PROMPTS = PromptsSpec(
    pictures=2,
    categories=(("ball", "a {red|blue} ball"),),
    cameras=(("Cam*", "in the night"),),
    wildcards=(WildcardSpec("colour", ("wood",)),),
)


def spec_of(tiny_model):
    return replace(LABELS, styles=STYLES, prompts=PROMPTS, model=ModelSpec(path=str(tiny_model), steps=1))


@pytest.mark.slow
def test_every_view_has_every_style_as_often_as_asked_for(tmp_path, tiny_model):
    spec = spec_of(tiny_model)
    folder = make_dataset(tmp_path / "dataset", spec, 2)
    said = run_here(folder)
    assert said[-1].samples == 8
    names = [f"{view:06d}_{name}" for view in range(2) for name in ("room", "room_2", "plain", "plain_2")]
    assert [message.sample for message in of(Sample, said)] == names
    records = samples(folder)
    assert [(record.style, record.number) for record in records[:4]] == [
        ("Room", 0),
        ("Room", 1),
        ("Plain", 0),
        ("Plain", 1),
    ]
    rooms = [record for record in records if record.style == "Room"]
    for record in rooms:
        assert "box <b>& and a " in record.prompt or "ball and box <b>&" in record.prompt
        assert record.prompt.endswith("ball, in the night") or record.prompt.endswith("<b>&, in the night")
        assert not set("{}_|") & set(record.prompt + record.negative_prompt)
    assert len({record.prompt for record in rooms}) > 1
    assert {record.prompt for record in records if record.style == "Plain"} == {"a desk in snow"}
    assert len({record.seed for record in records}) == 8
    assert len({folder.full(record.picture).read_bytes() for record in records}) == 8
    annotations(folder)

    before = state(folder)
    assert not of(Sample, run_here(folder))
    assert state(folder) == before

    # Made in another order, from a part: the same dataset.
    other = make_dataset(tmp_path / "other", replace(spec, styles=STYLES[1:]), 2)
    run_here(other)
    write_job(other, spec, 2)
    run_here(other)
    one, two = ({record.sample: record.prompt for record in samples(where)} for where in (folder, other))
    assert one == two
    assert not [name for name in differing(folder.root, other.root) if name.startswith("images/")]
    assert annotations(folder) == annotations(other)
