# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests: what is refused, and with which words; what is written reads back."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthdata_addon.core.controls import ControlSpec
from synthdata_addon.core.errors import SpecError
from synthdata_addon.core.spec import (
    JobSpec,
    ModelSpec,
    StyleSpec,
    load_spec,
    validate,
)
from synthdata_addon.core.style_spec import style_slug

STYLE = {"name": "office", "prompt": "an office"}
BAD = [
    ("{", "spec.json", "line 1"),
    ("[]", "spec.type", "an object"),
    ('{"seed": 1.5}', "spec.type", "1.5"),
    ('{"seed": true}', "spec.type", "true"),
    ('{"seed": -1}', "spec.range", "-1"),
    ('{"seed": 99999999999999999999}', "spec.range", "1e+20"),
    ('{"colour": 1}', "spec.unknown_key", "colour"),
    ('{"sweep": {"kind": "SPIRAL"}}', "spec.type", "SPIRAL"),
    ('{"sweep": {"views": 0}}', "spec.range", "0"),
    ('{"sweep": {"radius": NaN}}', "spec.json", "NaN"),
    ('{"sweep": {"radius": -Infinity}}', "spec.json", "Infinity"),
    ('{"sweep": {"radius": 1e999}}', "spec.type", "Infinity"),
    ('{"sweep": {"elevation": 91}}', "spec.range", "91"),
    ('{"sweep": {"elevation_min": 50, "elevation_max": 20}}', "spec.range", "50"),
    ('{"sweep": {"kind": "FRAMES", "frame_start": 9, "frame_end": 2}}', "spec.range", "frame 9"),
    ('{"width": 8}', "spec.range", "8"),
    ('{"val_fraction": 0.9}', "spec.range", "0.9"),
    ('{"depth_near": 5, "depth_far": 2}', "spec.range", "5 to 2"),
    ('{"depth_near": 5}', "spec.range", "5 to 0"),
    ('{"passes": {"beauty_samples": 0}}', "spec.range", "0"),
    (json.dumps({"width": 500, "styles": [STYLE]}), "spec.size", "500"),
    (json.dumps({"height": 250, "styles": [STYLE]}), "spec.size", "250"),
    (json.dumps({"styles": [STYLE, STYLE]}), "spec.style", "office"),
    (
        json.dumps({"styles": [{"name": "a b", "prompt": "x"}, {"name": "A-B", "prompt": "x"}]}),
        "spec.style",
        "A-B",
    ),
    (json.dumps({"styles": [{"name": " / ", "prompt": "x"}]}), "spec.style", "/"),
    (json.dumps({"styles": [{"name": "office", "prompt": "  "}]}), "spec.style", "office"),
    (json.dumps({"styles": [{"name": "office"}]}), "spec.style", "no prompt"),
    (json.dumps({"styles": {"a": 1}}), "spec.type", "a list"),
    (json.dumps({"styles": [STYLE], "model": {"path": "x"}}), "spec.controls", "x"),
    (
        json.dumps(
            {"styles": [STYLE], "model": {"path": "x", "controls": [{"kind": "depth", "model": "a"}] * 2}}
        ),
        "spec.controls",
        "depth",
    ),
    (
        json.dumps({"styles": [STYLE], "model": {"path": "x", "controls": [{"kind": "depth", "model": ""}]}}),
        "spec.controls",
        "depth",
    ),
    (json.dumps({"model": {"device": "tpu"}}), "spec.type", "tpu"),
    (json.dumps({"schema": 99, "job": {}}), "spec.schema", "99"),
    ("[" * 100_000, "spec.json", "nested"),
]


@pytest.mark.parametrize(("text", "code", "word"), BAD, ids=[f"{code}-{word}" for _, code, word in BAD])
def test_a_bad_job_file_is_refused_with_the_value_and_a_hint(text, code, word):
    with pytest.raises(SpecError) as caught:
        load_spec(text, "job.json")
    assert caught.value.code == code
    assert word in caught.value.message
    assert caught.value.hint


def test_what_is_written_reads_back_equal():
    control = ControlSpec(kind="normal", model="org/name", scale=0.5, end=0.75)
    spec = JobSpec(
        seed=2**63 - 1,
        styles=(StyleSpec("witch's lair", "a witch's lair", "blurry"),),
        model=ModelSpec(path="model", controls=(control,), steps=7),
    )
    assert load_spec(json.dumps(spec.to_json()), "x") == spec
    assert load_spec(json.dumps({"schema": 1, "job": spec.to_json(), "views": 3}), "x") == spec


def test_sizes_need_no_multiple_of_8_without_styles():
    validate(JobSpec(width=501, height=333))


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["seed", "sweep", "styles", "model", "kind", "views", "name"]), inner
            )
        ),
    )
)
def test_any_json_is_either_a_job_or_one_spec_error(data):
    with contextlib.suppress(SpecError):
        assert isinstance(load_spec(json.dumps(data), "job.json"), JobSpec)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Witch's Lair", "witch-s-lair"),
        ("../x", "x"),
        ("a/b\\c", "a-b-c"),
        ("Büro", "bu" + "fc" + "ro"),
        ("🧙", "u1f9d9"),
        ("x" * 300, "x" * 80),
        ("\n", ""),
    ],
)
def test_style_slugs_are_safe_file_names(name, slug):
    assert style_slug(name) == slug
