# SPDX-License-Identifier: GPL-3.0-or-later
"""The view plan: even, seeded, and the same whatever the order."""

from __future__ import annotations

import math

import numpy as np
import pytest

from synthdata_addon.core.plan import SceneFacts, can_retry, plan_view, sweep_radius, view_count
from synthdata_addon.core.spec import SweepSpec

FACTS = SceneFacts(
    target=(1.0, 2.0, 0.5), target_radius=1.0, cameras=("A", "B", "C"), active_camera="B", frame_current=7
)


def eyes(sweep: SweepSpec, seed: int = 0) -> np.ndarray:
    return np.array([plan_view(sweep, FACTS, seed, i).pose[:3, 3] for i in range(sweep.views)]) - FACTS.target


def test_orbit_is_an_even_circle_that_looks_at_the_target():
    sweep = SweepSpec(kind="ORBIT", views=12, radius=3.0, elevation=30.0, azimuth_start=15.0)
    places = eyes(sweep)
    np.testing.assert_allclose(np.linalg.norm(places, axis=1), 3.0)
    np.testing.assert_allclose(places[:, 2], 1.5)
    azimuths = np.degrees(np.unwrap(np.arctan2(places[:, 1], places[:, 0])))
    np.testing.assert_allclose(azimuths, 15.0 + 30.0 * np.arange(12))
    for i in range(12):
        pose = plan_view(sweep, FACTS, 0, i).pose
        towards = (FACTS.target - pose[:3, 3]) / 3.0
        np.testing.assert_allclose(-pose[:3, 2], towards, atol=1e-12)


def test_an_arc_shows_both_its_ends():
    places = eyes(SweepSpec(kind="ORBIT", views=4, radius=2.0, elevation=0.0, azimuth_range=90.0))
    azimuths = np.degrees(np.arctan2(places[:, 1], places[:, 0]))
    np.testing.assert_allclose(azimuths, [0.0, 30.0, 60.0, 90.0], atol=1e-9)


def test_dome_covers_its_zone_evenly():
    sweep = SweepSpec(kind="DOME", views=400, radius=2.0, elevation_min=10.0, elevation_max=80.0)
    unit = eyes(sweep) / 2.0
    elevations = np.degrees(np.arcsin(unit[:, 2]))
    assert elevations.min() > 10.0
    assert elevations.max() < 80.0
    # Equal areas hold equal numbers: four height bands of the zone.
    low, high = math.sin(math.radians(10.0)), math.sin(math.radians(80.0))
    counts, _ = np.histogram(unit[:, 2], bins=np.linspace(low, high, 5))
    assert counts.tolist() == [100] * 4
    # No two neighbours are much nearer than an even spread of that many points allows.
    distances = np.linalg.norm(unit[:, None] - unit[None], axis=2) + np.eye(400) * 9
    area = 2 * math.pi * (high - low)
    assert distances.min() > 0.6 * math.sqrt(area / 400)


def test_jitter_is_seeded_bounded_and_independent_of_order():
    sweep = SweepSpec(kind="ORBIT", views=8, radius=3.0, jitter=1.0)
    first = [plan_view(sweep, FACTS, 5, i).pose for i in range(8)]
    again = [plan_view(sweep, FACTS, 5, i).pose for i in reversed(range(8))][::-1]
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, [plan_view(sweep, FACTS, 6, i).pose for i in range(8)])
    radii = np.linalg.norm(eyes(sweep, seed=5), axis=1)
    assert ((radii >= 3.0 * 0.8) & (radii <= 3.0 * 1.2)).all()
    assert np.ptp(radii) > 0.1


def test_later_attempts_move_the_camera_even_without_jitter():
    sweep = SweepSpec(kind="DOME", views=8, radius=3.0)
    poses = [plan_view(sweep, FACTS, 0, 3, attempt).pose[:3, 3] for attempt in range(6)]
    assert len({tuple(p.round(6)) for p in poses}) == 6
    assert can_retry(sweep)
    assert not can_retry(SweepSpec(kind="CAMERAS"))


@pytest.mark.parametrize(
    ("start", "end", "step", "views", "frames"),
    [
        (1, 10, 1, 100, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        (1, 10, 3, 100, [1, 4, 7, 10]),
        (1, 100, 1, 4, [1, 26, 51, 76]),
        (5, 5, 1, 9, [5]),
    ],
)
def test_frames_are_thinned_evenly(start, end, step, views, frames):
    sweep = SweepSpec(kind="FRAMES", views=views, frame_start=start, frame_end=end, frame_step=step)
    count = view_count(sweep, FACTS)
    planned = [plan_view(sweep, FACTS, 0, i) for i in range(count)]
    assert [view.frame for view in planned] == frames
    assert {view.camera for view in planned} == {"B"}


def test_cameras_are_taken_by_name_at_the_current_frame():
    sweep = SweepSpec(kind="CAMERAS", views=2)
    assert view_count(sweep, FACTS) == 2
    view = plan_view(sweep, FACTS, 0, 1)
    assert (view.camera, view.frame) == ("B", 7)


def test_automatic_radius_lets_the_target_fill_half_of_the_picture():
    radius = sweep_radius(SweepSpec(lens=35.0), FACTS)
    assert math.tan(math.asin(FACTS.target_radius / radius)) / (18.0 / 35.0) == pytest.approx(0.5, rel=0.05)
    assert sweep_radius(SweepSpec(radius=4.5), FACTS) == 4.5
