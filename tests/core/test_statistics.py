# SPDX-License-Identifier: GPL-3.0-or-later
"""Statistics and their plots: known views and things fall where they belong, and every count is drawn."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from synthdata_addon.core.plots import MAX_ROWS, page, plots
from synthdata_addon.core.statistics import Statistics, size_of

EVIL = "<script>alert('x')</script> & \"q\""


@pytest.mark.parametrize(
    ("eye", "row", "column"),
    [
        ((1.0, 0.001, 0.001), 3, 0),
        ((0.0, 1.0, -0.001), 2, 3),
        ((-1.0, -0.001, 0.5), 3, 6),
        ((0.001, -1.0, 5.0), 5, 9),
        ((0.0, 0.0, 1.0), 5, 0),
        ((0.0, 0.0, -1.0), 0, 0),
        ((1.0, -1e-12, 0.0), 3, 0),  # on the edge of two bins but for the last bits
    ],
)
def test_directions_fall_into_their_bins(eye, row, column):
    statistics = Statistics()
    statistics.add_view(np.array(eye) * 3.0 + (5.0, 6.0, 7.0), (5.0, 6.0, 7.0))
    expected = np.zeros((6, 12))
    expected[row, column] = 1
    np.testing.assert_array_equal(statistics.directions, expected)
    assert statistics.distances == pytest.approx([3.0 * np.linalg.norm(eye)])


def test_things_are_counted_by_category_size_place_and_share():
    statistics = Statistics()
    statistics.add_things((1, 1), (10, 2000))
    statistics.add_things((2, 2), (10_000, 9216))
    assert statistics.instances == {1: 2, 2: 2}
    assert statistics.sizes == {(1, "small"): 1, (1, "medium"): 1, (2, "large"): 2}
    assert statistics.by_size() == {"small": 1, "medium": 1, "large": 2}
    statistics.add_boxes([(0, 0, 2, 2), (150, 100, 10, 20), (152, 104, 6, 12), (40, 30, 30, 30)], (160, 120))
    statistics.add_boxes([], (160, 120))
    assert statistics.positions[0, 0] == 1
    assert statistics.positions[11, 15] == 2
    assert statistics.positions[4, 5] == 1
    assert statistics.positions.sum() == 4
    for share in (0.0, 0.05, 0.5, 1.0):
        statistics.add_visible(share)
    assert statistics.visible.tolist() == [2, 0, 0, 0, 0, 1, 0, 0, 0, 1]


def test_distances_have_even_bins_and_equal_ones_a_single_one():
    statistics = Statistics()
    for number in range(100):
        statistics.add_view((1.0 + number / 99.0, 0, 0), (0, 0, 0))
    edges, counts = statistics.distance_bins()
    np.testing.assert_allclose(edges, np.linspace(1.0, 2.0, 11))
    assert counts.tolist() == [10] * 10
    same = Statistics()
    for _ in range(7):
        same.add_view((0, 0, 2.0), (0, 0, 0))
    assert same.distance_bins()[1].tolist() == [7]
    assert Statistics().distance_bins()[1].tolist() == []


def filled() -> Statistics:
    statistics = Statistics()
    rng = np.random.default_rng(0)
    for _ in range(50):
        statistics.add_view(rng.normal(size=3) * 4, (0, 0, 0))
        statistics.add_things([int(rng.integers(1, 4))], [float(rng.uniform(1, 20_000))])
        statistics.add_boxes([(*rng.uniform(0, 50, 2), 5, 5)], (64, 64))
        statistics.add_visible(float(rng.uniform()))
    return statistics


def test_every_plot_is_well_formed_and_holds_its_counts():
    statistics = filled()
    text = plots(statistics, {1: EVIL, 2: "two", 3: "three"})
    assert "<script" not in text
    figures = ET.fromstring(text).findall("figure")
    titles = [
        "Instances by category",
        "Instances by size",
        "Camera dir",
        "Camera dist",
        "Where",
        "Share in sight",
    ]
    assert [
        figure.find("h2").text[: len(title)] for figure, title in zip(figures, titles, strict=True)
    ] == titles
    for number, total in ((0, 50), (1, 50), (3, 50), (5, 50)):
        drawn = [int(node.text) for node in figures[number].iter("text") if node.get("class") == "quiet"]
        assert sum(drawn) == total
    for number in (2, 4):
        assert sum(int(node.find("title").text) for node in figures[number].iter("g")) == 50
    for rectangle in ET.fromstring(text).iter("rect"):
        assert float(rectangle.get("width")) >= 0.0
        assert 0.0 <= float(rectangle.get("fill-opacity", "1")) <= 1.0


def test_what_is_not_known_is_not_drawn():
    assert ET.fromstring(plots(Statistics(), {})).findall("figure") == []
    few = Statistics()
    few.add_view((0, 0, 1), None)
    assert (few.views, ET.fromstring(plots(few, {})).findall("figure")) == (1, [])


def test_many_categories_are_cut_with_a_note():
    statistics = Statistics()
    for category in range(MAX_ROWS + 3):
        statistics.add_things([category], [5])
    assert "3 more categories" in plots(statistics, {})


def test_the_page_needs_nothing_else():
    text = page(EVIL, [EVIL], filled(), {1: EVIL})
    assert not re.search(r"<script|https?:|url\(|src=", text)
    assert text.count("&lt;script&gt;") >= 3
    assert size_of(0) == "small"
