# SPDX-License-Identifier: GPL-3.0-or-later
"""What a job will come to: counts, time by the machine's own pace, sizes, no more exact than known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from synthdata_addon.core.controls import ControlImagesSpec, ControlSpec
from synthdata_addon.core.estimate import (
    FACTORS,
    START,
    Estimate,
    about_size,
    about_time,
    estimate,
    estimate_text,
    learnt,
    read_factors,
    stage_seconds,
    view_bytes,
    write_factors,
)
from synthdata_addon.core.prompts import PromptsSpec
from synthdata_addon.core.spec import JobSpec, LabelsSpec, ModelSpec, PassesSpec, StyleSpec

STYLES = (StyleSpec("a", "x"), StyleSpec("b", "y"), StyleSpec("c", "z"))
OWN = ModelSpec("org/base", (ControlSpec("depth", "org/depth"),))


def test_the_line_says_what_will_happen():
    found = Estimate(40, 120, 350.0, 310e6)
    assert estimate_text(found, 3) == "40 views × 3 styles = 120 pictures, about 6 minutes, 310 MB"
    assert estimate_text(Estimate(1, 0, 4.0, 3e5), 0) == "1 view, under a minute, 300 kB"
    assert estimate_text(Estimate(2, 6, None, 1e9), 1) == (
        "2 views × 3 pictures = 6 pictures, time known after a first job, 1 GB"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "under a minute"),
        (61.0, "about 1 minute"),
        (500.0, "about 8 minutes"),
        (1300.0, "about 20 minutes"),
        (7300.0, "about 2 hours"),
        (90000.0, "about 25 hours"),
        (900000.0, "about 10 days"),
    ],
)
def test_times_are_no_more_exact_than_they_are_known(seconds, text):
    assert about_time(seconds) == text


def test_sizes_have_two_digits():
    assert [about_size(size) for size in (10.0, 5e5, 3.14e8, 9.96e8, 2.51e12)] == [
        "1 kB",
        "500 kB",
        "310 MB",
        "1 GB",
        "2.5 TB",
    ]


def test_pictures_are_views_times_styles_times_pictures_of_each():
    job = JobSpec(styles=(*STYLES[:2], StyleSpec("r", kind="RENDER")), prompts=PromptsSpec(pictures=3))
    assert estimate(job, 10, {}).pictures == 10 * (3 + 3 + 1)


def test_more_work_takes_longer_and_what_is_there_takes_no_time():
    job = JobSpec()
    for more in (
        replace(job, width=1024, height=1024),
        replace(job, passes=PassesSpec(beauty=True)),
        replace(job, labels=LabelsSpec(visibility=True)),
    ):
        assert stage_seconds(more)["render"] > stage_seconds(job)["render"]
    kinds = replace(job, control_images=ControlImagesSpec(("canny", "lineart")))
    assert stage_seconds(kinds)["labels"] > stage_seconds(job)["labels"]
    assert view_bytes(replace(job, passes=PassesSpec(keep=True))) > 5 * view_bytes(job)
    assert estimate(job, 40, {}, left=0).seconds == 0.0
    assert estimate(job, 40, {}, left=10).seconds < estimate(job, 40, {}).seconds


def test_the_machines_own_pace_is_learnt_and_kept(tmp_path):
    job = JobSpec(styles=STYLES)
    shipped = stage_seconds(job)
    made, took = (
        {"render": 8, "labels": 8, "samples": 24},
        {"render": 8 * 3 * shipped["render"], "samples": 12 * shipped["samples"]},
    )
    found = learnt({"labels": 2.0}, job, made, took)
    assert found == pytest.approx({"labels": 2.0, "render": 3.0, "samples::auto": 1.5})
    slower = max(3.0 * shipped["render"], 2.0 * shipped["labels"] + 1.5 * shipped["samples"])
    assert estimate(job, 40, found).seconds == pytest.approx(START + 40 * slower)
    path = tmp_path / "not" / "there" / "pace.json"
    write_factors(path, found)
    assert read_factors(path) == pytest.approx(found)
    assert list(path.parent.iterdir()) == [path]


def test_a_model_of_ones_own_has_no_time_before_its_first_job():
    job = JobSpec(styles=STYLES, model=OWN)
    assert estimate(job, 4, {}).seconds is None
    learned = learnt({}, job, {"samples": 3}, {"samples": 30.0})
    assert estimate(job, 4, learned).seconds == pytest.approx(START + 4 * 30.0, rel=0.1)
    other = replace(job, model=replace(OWN, device="cpu"))
    assert estimate(other, 4, learned).seconds is None


def test_figures_that_cannot_be_are_left_out(tmp_path):
    path = tmp_path / "pace.json"
    assert read_factors(path) == {}
    for text in ("", "[1]", '{"render": "fast", "labels": -1, "beauty": 1e9}'):
        path.write_text(text)
        assert read_factors(path) == {}
    wild = learnt({}, JobSpec(), {"render": 1, "labels": 1}, {"render": 1e9, "labels": 0.0})
    assert wild == {"render": FACTORS[1]}
