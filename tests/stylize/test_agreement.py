# SPDX-License-Identifier: GPL-3.0-or-later
"""Rank correlation and overlap, against hand-computed values."""

from __future__ import annotations

import numpy as np
import pytest

from synthdata_addon.stylize.fidelity.agreement import best_overlap, overlap, rank_correlation, window


def test_rank_correlation_is_spearmans():
    # 1 - 6 * sum(d²) / (n (n² - 1)) with d = 0, 1, 1, 0, 0 over five values.
    assert rank_correlation(np.array([1, 2, 3, 4, 5]), np.array([10, 30, 20, 90, 1000])) == pytest.approx(0.9)
    rising = np.arange(20.0)
    assert rank_correlation(rising, np.exp(rising)) == pytest.approx(1.0)
    assert rank_correlation(rising, -(rising**3)) == pytest.approx(-1.0)
    assert rank_correlation(rising, np.zeros(20)) is None


def test_equal_values_share_their_rank():
    # Ranks 1.5, 1.5, 3 and 1, 2, 3: covariance 1.5, variances 1.5 and 2.
    assert rank_correlation(np.array([1, 1, 2]), np.array([1, 2, 3])) == pytest.approx(
        1.5 / np.sqrt(1.5 * 2.0)
    )


def test_overlap_is_intersection_over_union():
    assert overlap((0, 0, 10, 10), (5, 0, 10, 10)) == pytest.approx(50 / 150)
    assert overlap((0, 0, 10, 10), (10, 0, 5, 5)) == 0.0
    assert overlap((0, 0, 0, 0), (0, 0, 0, 0)) == 0.0
    assert best_overlap((0, 0, 2, 2), [(5, 5, 1, 1), (0, 0, 2, 4)]) == 0.5
    assert best_overlap((0, 0, 2, 2), []) == 0.0


def test_a_window_ends_where_the_picture_does():
    assert window((10, 20, 20, 8), 0.25, (30, 100)) == (slice(18, 30), slice(5, 35))
    assert window((0, 0, 1, 1), 0.0, (30, 100)) == (slice(0, 1), slice(0, 1))
