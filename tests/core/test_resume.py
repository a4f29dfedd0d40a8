# SPDX-License-Identifier: GPL-3.0-or-later
"""A resumed job is the same job, or is refused with what changed."""

from __future__ import annotations

import dataclasses
import json

import pytest

from synthdata_addon.core.categories import number_categories
from synthdata_addon.core.decode import to_json
from synthdata_addon.core.errors import DatasetError
from synthdata_addon.core.layout import DatasetFolder
from synthdata_addon.core.model_spec import SpeedSpec
from synthdata_addon.core.records import JobRecord
from synthdata_addon.core.resume import as_asked, check_same_job, differences, read_job
from synthdata_addon.core.spec import SCHEMA, JobSpec, ModelSpec, PassesSpec, StyleSpec, SweepSpec

JOB = JobRecord(
    SCHEMA,
    JobSpec(styles=(StyleSpec("a", "b"),)),
    "s.blend",
    number_categories(["cup", "chair"]),
    20,
    1.0,
    2.0,
    {},
    "",
)


def changed(**spec) -> JobRecord:
    return dataclasses.replace(JOB, job=dataclasses.replace(JOB.job, **spec))


def test_job_json_reads_back(tmp_path):
    folder = DatasetFolder(tmp_path)
    assert read_job(folder) is None
    folder.job_file.write_text(json.dumps(to_json(JOB)))
    assert read_job(folder) == JOB
    check_same_job(JOB, JOB, folder)


@pytest.mark.parametrize(
    ("new", "words"),
    [
        (changed(seed=4), ["job.seed", "0", "4"]),
        (changed(sweep=SweepSpec(radius=2.5)), ["job.sweep.radius", "2.5"]),
        (changed(styles=(StyleSpec("a", "c"),)), ["job.styles[0].prompt", "'b'", "'c'"]),
        (changed(styles=()), ["job.styles", "1 entries"]),
        (dataclasses.replace(JOB, categories=number_categories(["cup"])), ["categories", "2 entries"]),
    ],
)
def test_another_job_is_refused_with_what_changed(tmp_path, new, words):
    with pytest.raises(DatasetError) as caught:
        check_same_job(JOB, new, DatasetFolder(tmp_path))
    assert caught.value.code == "dataset.other_job"
    assert all(word in caught.value.message for word in words)


def test_settings_that_change_no_result_may_change(tmp_path):
    check_same_job(
        JOB,
        changed(
            model=ModelSpec(device="cuda", speed=SpeedSpec(4, "ON", "MODEL")), passes=PassesSpec(keep=True)
        ),
        DatasetFolder(tmp_path),
    )


def test_a_run_that_goes_on_has_the_settings_of_how_the_work_is_done_that_it_is_given():
    given = changed(
        seed=5,
        model=ModelSpec(device="cuda", speed=SpeedSpec(4, "ON", "MODEL")),
        passes=PassesSpec(keep=True),
    )
    going_on = as_asked(JOB, given)
    assert going_on.job.model.device == "cuda"
    assert going_on.job.model.speed == SpeedSpec(4, "ON", "MODEL")
    assert going_on.job.passes.keep
    assert going_on.job.seed == JOB.job.seed
    assert differences(JOB, going_on) == []
    assert as_asked(JOB, changed(seed=5)) is JOB


@pytest.mark.parametrize("text", ["", "{", '{"schema": 2}', '{"schema": 1}', "\udcff"])
def test_an_unreadable_job_is_named(tmp_path, text):
    folder = DatasetFolder(tmp_path)
    folder.job_file.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(DatasetError) as caught:
        read_job(folder)
    assert caught.value.code == "dataset.bad_job"
