# SPDX-License-Identifier: GPL-3.0-or-later
"""A longer sweep keeps its first views, and an extended job is the old one with more, or is refused by name."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from synthdata_addon.core.claim import Claim
from synthdata_addon.core.controls import ControlImagesSpec
from synthdata_addon.core.decode import to_json
from synthdata_addon.core.errors import DatasetError, SpecError
from synthdata_addon.core.extend import continued, extended
from synthdata_addon.core.layout import DatasetFolder
from synthdata_addon.core.plan import SceneFacts, plan_view, sweep_frames
from synthdata_addon.core.records import JobRecord
from synthdata_addon.core.resume import check_same_job, read_job
from synthdata_addon.core.seeds import is_validation
from synthdata_addon.core.spec import JobSpec, ModelSpec, StyleSpec, SweepSpec, load_spec, validate
from synthdata_addon.core.spread import fill_gaps, spread
from tests.core.test_resume import JOB

FACTS = SceneFacts(target=(0.0, 0.0, 0.0), target_radius=1.0, cameras=("A", "B", "C"), active_camera="A")
WAYS = ((40, 400), (40, 41), (7, 20, 100), (1, 2), (3, 1000))


def sweep(kind: str, counts: tuple[int, ...], **settings: float) -> SweepSpec:
    return SweepSpec(kind=kind, views=counts[-1], extended_from=counts[:-1], radius=3.0, **settings)


@pytest.mark.parametrize("counts", WAYS)
@pytest.mark.parametrize("settings", [{}, {"azimuth_range": 90.0}, {"jitter": 1.0}])
@pytest.mark.parametrize("kind", ["ORBIT", "DOME"])
def test_the_first_views_stay_where_they_were(kind, settings, counts):
    before, after = sweep(kind, counts[:-1], **settings), sweep(kind, counts, **settings)
    for index in range(before.views):
        for attempt in (0, 3):
            old = plan_view(before, FACTS, 5, index, attempt).pose
            assert plan_view(after, FACTS, 5, index, attempt).pose.tobytes() == old.tobytes()
    assert [is_validation(5, i, 0.3) for i in range(before.views)] == [
        is_validation(5, i, 0.3) for i in range(after.views)
    ][: before.views]


def test_ten_times_as_many_views_are_those_of_a_sweep_of_that_many():
    longer = np.sort(spread((40, 400)))
    np.testing.assert_allclose(longer, spread((400,)), atol=1e-12)
    np.testing.assert_allclose(np.sort(spread((5, 41), arc=True)), spread((41,), arc=True), atol=1e-12)


@pytest.mark.parametrize("counts", WAYS)
def test_new_views_lie_between_the_old_and_nearly_even(counts):
    places = np.sort(spread(counts))
    assert len(places) == counts[-1]
    assert places[0] == 0.0
    assert places[-1] < 1.0
    gaps = np.diff(places, append=1.0)
    assert gaps.min() > 0.0
    assert gaps.max() <= 2.5 * gaps.min()


@pytest.mark.parametrize("seed", range(20))
def test_gaps_get_what_they_are_worth(seed):
    rng = np.random.default_rng(seed)
    places, more = rng.uniform(0.0, 1.0, rng.integers(1, 30)), int(rng.integers(1, 200))
    new = fill_gaps(places, more)
    assert len(new) == len(set(new.tolist())) == more
    ends = np.concatenate([[0.0], np.sort(places), [1.0]])
    counts, _ = np.histogram(new, bins=ends)
    assert abs(counts - np.diff(ends) * more).max() <= 1.0


def test_a_dome_that_was_made_longer_covers_its_zone_evenly():
    longer = sweep("DOME", (40, 400), elevation_min=10.0, elevation_max=80.0)
    unit = np.array([plan_view(longer, FACTS, 0, i).pose[:3, 3] for i in range(400)]) / 3.0
    low, high = np.sin(np.radians([10.0, 80.0]))
    counts, _ = np.histogram(unit[:, 2], bins=np.linspace(low, high, 5))
    assert abs(counts - 100).max() <= 2
    distances = np.linalg.norm(unit[:, None] - unit[None], axis=2) + np.eye(400) * 9
    nearest = distances.min(axis=0) / np.sqrt(2 * np.pi * (high - low) / 400)
    # A sweep of its own has 0.95 throughout, places at random have 0.11 and 0.47.
    assert np.percentile(nearest, 5) > 0.25
    assert np.median(nearest) > 0.9


def test_frames_that_were_shown_stay_and_new_ones_are_others():
    def frames(*counts):
        return sweep_frames(sweep("FRAMES", counts, frame_start=1, frame_end=100), 1)

    first, longer = frames(10), frames(10, 37)
    assert longer[:10] == first
    assert len(set(longer)) == 37
    assert sorted(frames(10, 37, 500)) == list(range(1, 101))
    gaps = np.diff(sorted(longer))
    assert gaps.max() <= 2 * np.median(gaps)


@pytest.mark.parametrize("counts", [(40, 40), (400, 40), (0, 40), (-3, 40), (9, 7, 40)])
def test_numbers_of_views_that_do_not_grow_are_refused(counts):
    with pytest.raises(SpecError, match="do not grow"):
        validate(JobSpec(sweep=sweep("ORBIT", counts)))


def changed(**spec: object) -> JobRecord:
    return dataclasses.replace(JOB, job=dataclasses.replace(JOB.job, **spec))


def longer(views: int, *before: int, **settings: object) -> JobRecord:
    spec = SweepSpec(views=views, extended_from=before, **settings)
    return dataclasses.replace(changed(sweep=spec), views=views)


MORE_STYLES = (*JOB.job.styles, StyleSpec("second", "c"))
ALLOWED = [
    longer(200, 20),
    changed(styles=MORE_STYLES),
    changed(exports=("BOP", "YOLO_DETECT")),
    dataclasses.replace(JOB, scene_file="t.blend"),
    dataclasses.replace(JOB, software={"blender": "5.2.0"}),
    changed(control_images=ControlImagesSpec(("canny",))),
]
REFUSED = [
    (longer(10), "job.sweep.views was 20, now 10"),
    (longer(200), "job.sweep.views was 20, now 200"),
    (longer(200, 20, radius=4.0), "job.sweep.radius was 0.0, now 4.0"),
    (changed(styles=MORE_STYLES[1:]), "job.styles[0].name was 'a', now 'second'"),
    (changed(styles=()), "job.styles"),
    (changed(control_images=ControlImagesSpec(unlabelled="wall")), "job.control_images.unlabelled"),
    (changed(seed=1), "job.seed was 0, now 1"),
    (changed(model=ModelSpec(steps=3)), "job.model.steps was 0, now 3"),
    (dataclasses.replace(JOB, categories=()), "categories"),
]


@pytest.mark.parametrize("new", ALLOWED)
def test_what_may_change_is_refused_by_a_resume_and_done_by_an_extension(new, tmp_path):
    folder = DatasetFolder(tmp_path)
    with pytest.raises(DatasetError, match="other settings") as caught:
        check_same_job(JOB, new, folder)
    assert "Extend" in caught.value.hint
    job = extended(JOB, new, folder)
    assert (job.job, job.views, job.software) == (new.job, new.views, new.software)
    assert (job.depth_near, job.depth_far, job.created) == (JOB.depth_near, JOB.depth_far, JOB.created)
    (before,) = job.history
    assert (before.job, before.views, before.software) == (JOB.job, JOB.views, JOB.software)
    assert extended(job, dataclasses.replace(new, created="later"), folder) is job


@pytest.mark.parametrize(("new", "words"), REFUSED)
def test_what_would_make_other_views_is_refused_by_name(new, words, tmp_path):
    with pytest.raises(DatasetError) as caught:
        extended(JOB, new, DatasetFolder(tmp_path))
    assert caught.value.code == "dataset.other_job"
    assert words in caught.value.message


def test_the_model_of_a_job_without_styles_may_change_with_its_first_style(tmp_path):
    old = changed(styles=())
    new = changed(model=ModelSpec(steps=3))
    assert extended(old, new, DatasetFolder(tmp_path)).job.model.steps == 3


def test_the_folder_knows_how_its_sweep_grew():
    spec = JobSpec(sweep=SweepSpec(views=400))
    assert continued(spec, None, extend=True) == spec
    first = dataclasses.replace(JOB, job=JobSpec(sweep=SweepSpec(views=40)), views=40)
    assert continued(spec, first, extend=False) == spec
    grown = continued(spec, first, extend=True)
    assert grown.sweep.extended_from == (40,)
    second = dataclasses.replace(JOB, job=grown, views=400)
    assert continued(spec, second, extend=False) == grown, "the panel does not know of the extension"
    assert continued(grown, second, extend=False) == grown
    more = dataclasses.replace(spec, sweep=SweepSpec(views=900))
    assert continued(more, second, extend=True).sweep.extended_from == (40, 400)
    cameras = JobSpec(sweep=SweepSpec(kind="CAMERAS", views=9))
    assert continued(cameras, dataclasses.replace(JOB, job=cameras), extend=True) == cameras


def test_a_claim_writes_the_extended_job_with_its_history(tmp_path):
    folder = DatasetFolder(tmp_path / "set")
    claim = Claim(folder)
    assert not folder.root.exists(), "looking writes nothing"
    claim.take()
    assert claim.write(claim.job(JOB)) == ""
    claim.release()
    again = Claim(folder, extend=True)
    again.take()
    changes = again.write(again.job(longer(200, 20)))
    again.release()
    assert "job.sweep.views was 20, now 200" in changes
    saved = read_job(folder)
    assert saved.views == 200
    assert saved.history[0].views == 20
    assert load_spec(folder.job_file.read_text(), "job.json").sweep.extended_from == (20,)
    assert [path.name for path in folder.root.iterdir()] == ["job.json"]


def test_a_job_that_began_while_this_one_looked_is_noticed(tmp_path):
    folder = DatasetFolder(tmp_path)
    claim = Claim(folder)
    folder.job_file.write_text(json.dumps(to_json(JOB)))
    with pytest.raises(DatasetError) as caught:
        claim.take()
    assert caught.value.code == "dataset.busy"
    claim.release()
