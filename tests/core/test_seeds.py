# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws depend on seed, view and purpose only."""

from __future__ import annotations

import pytest

from synthdata_addon.core.seeds import is_validation, sample_seed


@pytest.mark.parametrize("fraction", [0.1, 0.2, 0.25, 0.3, 0.5])
def test_the_validation_share_is_exact_over_whole_runs(fraction):
    drawn = [is_validation(3, view, fraction) for view in range(1000)]
    assert sum(drawn) == pytest.approx(1000 * fraction, abs=1)


def test_eight_views_at_a_quarter_always_have_two():
    assert {sum(is_validation(seed, view, 0.25) for view in range(8)) for seed in range(50)} == {2}


def test_the_choice_within_a_run_is_random_and_seeded():
    choices = {tuple(view for view in range(5) if is_validation(seed, view, 0.2)) for seed in range(60)}
    assert choices == {(0,), (1,), (2,), (3,), (4,)}
    assert not any(is_validation(0, view, 0.0) for view in range(100))


def test_sample_seeds_differ_by_view_style_and_job_and_fit_63_bits():
    seeds = {sample_seed(job, view, style) for job in (0, 1) for view in range(20) for style in ("a", "b")}
    assert len(seeds) == 80
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert sample_seed(0, 5, "office") == sample_seed(0, 5, "office")
