# SPDX-License-Identifier: GPL-3.0-or-later
"""Models that look at pictures: transformers' real classes, loaded from folders as users have them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from synthdata_addon.core.errors import ModelError
from synthdata_addon.core.fidelity import FidelitySpec
from synthdata_addon.core.fidelity_check import check_fidelity_models
from synthdata_addon.core.spec import PassesSpec, StyleSpec
from tests.runner.test_baselines import dataset
from tests.runner_runs import LABELS, annotations, of, run_here, samples

pytest.importorskip("transformers")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    import torch

    from tests.tiny_judges import save_clip, save_depth_model, save_detector

    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("judges")
    return FidelitySpec(
        measure=True,
        depth_model=str(save_depth_model(root / "depth")),
        clip_model=str(save_clip(root / "clip")),
        detector=str(save_detector(root / "owl")),
    )


@pytest.fixture
def picture():
    return np.random.default_rng(0).integers(0, 256, (48, 64, 3)).astype(np.uint8)


def test_depth_is_compared_with_what_the_model_estimates(models, picture):
    from synthdata_addon.stylize.fidelity.depth import DepthScorer

    scorer = DepthScorer(models.depth_model, "cpu")
    estimated = scorer.estimate(picture)
    assert estimated.shape == (48, 64)
    assert (scorer.estimate(picture) == estimated).all()
    boxes = [(5, 5, 20, 30), (30, 10, 30, 30)]
    assert scorer.scores(picture, estimated, boxes) == pytest.approx([1.0, 1.0])
    assert scorer.scores(picture, -estimated, boxes) == pytest.approx([-1.0, -1.0])
    assert scorer.scores(picture, np.zeros((48, 64)), boxes) == [None, None]
    scrambled = np.random.default_rng(1).permutation(estimated.ravel()).reshape(48, 64)
    assert np.abs(scorer.scores(picture, scrambled, boxes)).max() < 0.3


def test_a_metric_model_ranks_the_other_way_round(models, picture, monkeypatch):
    from synthdata_addon.stylize.fidelity.depth import DepthScorer

    near = DepthScorer(models.depth_model, "cpu")
    monkeypatch.setattr("synthdata_addon.stylize.fidelity.depth.METRIC", ("dpt",))
    assert (DepthScorer(models.depth_model, "cpu").estimate(picture) == -near.estimate(picture)).all()


def test_clip_shares_its_belief_among_the_categories(models, picture):
    from synthdata_addon.stylize.fidelity.clip import ClipScorer

    scorer = ClipScorer(models.clip_model, ["red room", "desk", "snow in blue"], "cpu")
    box = (5, 5, 20, 30)
    chances = [scorer.scores(picture, [box], [number])[0] for number in range(3)]
    assert all(0.0 < chance < 1.0 for chance in chances)
    assert sum(chances) < 1.0, "the background has its share"
    both = scorer.scores(picture, [box, (40, 2, 20, 40)], [1, 2])
    assert both[0] == pytest.approx(chances[1], abs=1e-5)
    assert scorer.scores(picture, [], []) == []


def test_a_detector_agrees_with_a_box_as_far_as_they_overlap(models, picture, monkeypatch):
    from synthdata_addon.stylize.fidelity import detector

    monkeypatch.setattr(detector, "SURE", 0.0)
    scorer = detector.DetectorScorer(models.detector, ["desk", "room"], "cpu")
    found = scorer.found(picture)
    assert [len(boxes) for boxes in found if boxes]
    which = next(number for number, boxes in enumerate(found) if boxes)
    assert scorer.scores(picture, [found[which][0]], [which]) == pytest.approx([1.0])
    monkeypatch.setattr(detector, "SURE", 1.0)
    assert scorer.scores(picture, [found[which][0]], [which]) == [0.0]


def test_a_model_of_another_kind_is_refused(models):
    from synthdata_addon.stylize.fidelity.depth import DepthScorer
    from synthdata_addon.stylize.fidelity.detector import DetectorScorer

    with pytest.raises(ModelError, match=r"The depth model '.*clip' cannot be loaded"):
        DepthScorer(models.clip_model, "cpu")
    with pytest.raises(ModelError, match=r"The detector '.*depth' cannot be loaded"):
        DetectorScorer(models.depth_model, ["desk"], "cpu")


def test_what_is_not_there_is_said_without_loading(tmp_path):
    with pytest.raises(ModelError, match="has no config"):
        check_fidelity_models(FidelitySpec(measure=True, clip_model=str(tmp_path)))
    with pytest.raises(ModelError, match="does not exist"):
        check_fidelity_models(FidelitySpec(measure=True, clip_model=str(tmp_path / "a" / "b")))
    check_fidelity_models(FidelitySpec(measure=True, clip_model="openai/clip-vit-base-patch32"))
    check_fidelity_models(FidelitySpec(clip_model=str(tmp_path)))


def test_opinions_are_recorded_beside_the_score(tmp_path, models):
    spec = replace(
        LABELS,
        styles=(StyleSpec("r", kind="RENDER"),),
        passes=PassesSpec(beauty=True, keep=True),
        fidelity=models,
    )
    folder = dataset(tmp_path / "set", spec)
    assert not of(ModelError, run_here(folder))
    for record in samples(folder):
        assert record.scores
        for item in record.scores:
            assert -1.0 <= item.depth <= 1.0
            assert 0.0 <= item.clip <= 1.0
            assert 0.0 <= item.detection <= 1.0
    text = b"".join(annotations(folder)).decode()
    assert '"fidelity_depth":' in text
    assert '"fidelity_clip":' in text
    assert '"fidelity_detection":' in text


def test_a_model_that_cannot_be_loaded_costs_the_pictures_and_is_said(tmp_path, models):
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "config.json").write_text("{}")
    fidelity = replace(models, clip_model=str(broken))
    spec = replace(
        LABELS,
        styles=(StyleSpec("r", kind="RENDER"),),
        passes=PassesSpec(beauty=True, keep=True),
        fidelity=fidelity,
    )
    folder = dataset(tmp_path / "set", spec, 1)
    done = run_here(folder)[-1]
    assert (done.labelled, done.samples, done.skipped) == (1, 0, 1)
    assert "The CLIP model" in samples(folder)[0].skipped
