# SPDX-License-Identifier: GPL-3.0-or-later
"""The measures on planted cases, and the gate that they must pass."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("cv2")
pytest.importorskip("torch")

import torch

from training.classifier import StyleClassifier
from training.gate import BOUNDS, gate
from training.metrics import correlation, edge_gap, edges, instance_edges

SIZE = 64
GOOD = {
    "edge_gap": 0.4,
    "depth_gap": 0.2,
    "normal_gap": 0.2,
    "style_accuracy": 0.9,
    "worst_style_accuracy": 0.7,
    "classifier_accuracy": 1.0,
    "styles": 8,
    "views": 16,
    "cpu_seconds_a_picture": 0.5,
    "megabytes": 18,
}


def things(left, top):
    """A square of 20 pixels, thing 2, before thing 1."""
    view = np.ones((SIZE, SIZE), np.uint16)
    view[top : top + 20, left : left + 20] = 2
    return view


def painted(view, colours=((200, 40, 40), (40, 90, 220))):
    """A picture that gives each thing its colour."""
    return np.array([(0, 0, 0), *colours], np.uint8)[view]


def test_instance_edges_lie_where_things_meet():
    lines = instance_edges(things(10, 10))
    assert lines[20, 10] > 0.3
    assert lines[20, 20] < 0.01
    assert lines[50, 50] == 0


def test_edges_are_the_gradients_length():
    ramp = np.tile(np.arange(SIZE, dtype=np.uint8)[None, :, None] * 2, (SIZE, 1, 3))
    assert np.allclose(edges(ramp)[10:-10, 10:-10], 16, atol=0.5)  # Sobel's weights: 8 times the slope of 2


def test_correlation_is_pearsons_and_0_for_what_is_flat():
    rng = np.random.default_rng(0)
    a, b = (rng.random((8, 8)).astype(np.float32) for _ in "ab")
    assert correlation(a, a) == pytest.approx(1)
    assert correlation(a, -a) == pytest.approx(-1)
    assert correlation(a, b) == pytest.approx(np.corrcoef(a.ravel(), b.ravel())[0, 1], abs=1e-6)
    assert correlation(a, np.zeros_like(a)) == 0


def test_pictures_of_their_views_have_a_gap_and_pictures_of_others_a_negative_one():
    views = [things(4, 4), things(38, 38)]
    own, other = edge_gap([[painted(view)] * 2 for view in views], views)
    assert own > 0.8
    assert other < 0.1
    swapped, right = edge_gap([[painted(view)] for view in reversed(views)], views)
    assert swapped < 0.1
    assert right > 0.8


def test_pictures_that_ignore_their_view_have_no_gap():
    same = painted(things(20, 20))
    own, other = edge_gap([[same], [same], [same]], [things(4, 4), things(38, 4), things(4, 38)])
    assert abs(own - other) < 0.05


def test_the_gate_names_every_demand_and_what_holds():
    lines = gate(GOOD)
    assert len(lines) == len(BOUNDS)
    assert all(line.holds for line in lines)
    assert all(str(line).startswith("pass") for line in lines)


@pytest.mark.parametrize(
    ("measure", "bad"),
    [
        ("edge_gap", 0.249),
        ("depth_gap", 0.0),
        ("normal_gap", math.nan),
        ("style_accuracy", 0.79),
        ("styles", 6),
        ("views", 8),
        ("cpu_seconds_a_picture", 5.1),
        ("megabytes", 26),
    ],
)
def test_one_demand_that_is_not_met_fails_alone(measure, bad):
    failed = [line for line in gate(GOOD | {measure: bad}) if not line.holds]
    assert [line.bound.measure for line in failed] == [measure]
    assert str(failed[0]).startswith("FAIL")


def test_a_missing_measure_is_an_error():
    with pytest.raises(KeyError, match="edge_gap"):
        gate({name: value for name, value in GOOD.items() if name != "edge_gap"})


def pictures(count, seed):
    """Noisy pictures of three colours in turn, and which."""
    rng = np.random.default_rng(seed)
    colours = np.array([(200, 60, 60), (60, 200, 60), (60, 60, 200)])
    labels = [number % 3 for number in range(count)]
    noise = rng.normal(0, 40, (count, SIZE, SIZE, 3))
    return [
        np.clip(colours[k] + n, 0, 255).astype(np.uint8) for k, n in zip(labels, noise, strict=True)
    ], labels


def test_the_classifier_learns_styles_and_comes_out_the_same_again():
    torch.set_num_threads(1)
    known, labels = pictures(30, 0)
    fresh, truth = pictures(12, 1)
    one, two = StyleClassifier(3), StyleClassifier(3)
    for classifier in (one, two):
        classifier.train(known, labels, steps=60)
        assert classifier.name(fresh).tolist() == truth
    assert all(torch.equal(a, b) for a, b in zip(one.net.parameters(), two.net.parameters(), strict=True))


def test_the_classifier_does_not_name_what_the_labels_do_not_tell():
    torch.set_num_threads(1)
    known, labels = pictures(30, 0)
    classifier = StyleClassifier(3)
    classifier.train(known, [labels[0]] * 30, steps=30)
    assert set(classifier.name(known).tolist()) == {labels[0]}
