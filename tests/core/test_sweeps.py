# SPDX-License-Identifier: GPL-3.0-or-later
"""Sweeps against their geometry: radius, elevation, arc length, equal shares; longer ones keep the first views."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from synthdata_addon.core.errors import SceneError, SpecError
from synthdata_addon.core.novelty import SeenPoses
from synthdata_addon.core.plan import SceneFacts, Subject, ViewPlan, can_retry, sweep_frames, view_count
from synthdata_addon.core.sweep_spec import (
    OF_SCENE,
    JitterSpec,
    LimitsSpec,
    SweepSpec,
    check_sweep,
    shares_from_text,
    shares_to_text,
)

TARGET = np.array([1.0, 2.0, 0.5])
QUARTER = tuple((2.0 * math.cos(a), 2.0 * math.sin(a), 1.0) for a in np.linspace(0.0, math.pi / 2, 200))
CIRCLE = tuple((math.cos(a), math.sin(a), 0.0) for a in np.linspace(0.0, 2 * math.pi, 361)[:-1])
TURNED_BOX = ((1.0, 1.0, 1.0), (0.0, 4.0, 0.0), (-2.0, 0.0, 0.0), (0.0, 0.0, 3.0))
FACTS = SceneFacts(
    target=tuple(TARGET),
    target_radius=1.0,
    cameras=("A", "B"),
    active_camera="A",
    frame_current=7,
    markers=((3, "B"), (10, "A"), (20, "B")),
    path=(QUARTER,),
    box=TURNED_BOX,
    point=(0.5, 0.5, 1.6),
    subjects=(
        Subject((0.0, 0.0, 0.0), 0.5, "chair 1", "chair", 1),
        Subject((3.0, 0.0, 0.0), 0.5, "chair 2", "chair", 2),
        Subject((0.0, 3.0, 0.0), 0.5, "chair 3", "chair", 3),
        Subject((0.0, 0.0, 3.0), 0.2, "lamp", "lamp", 4),
    ),
)
OWN = [
    SweepSpec(kind="ORBIT", views=9),
    SweepSpec(kind="DOME", views=9),
    SweepSpec(kind="RINGS", views=9, rings=2),
    SweepSpec(kind="DOLLY", views=9, turns=1.5),
    SweepSpec(kind="PATH", views=9, place="x"),
    SweepSpec(kind="PATH", views=9, place="x", free=True),
    SweepSpec(kind="GRID", views=9, place="x"),
    SweepSpec(kind="VOLUME", views=9, place="x"),
    SweepSpec(kind="VOLUME", views=9, place="x", free=True),
    SweepSpec(kind="LOOK_AROUND", views=9, place="x"),
    SweepSpec(kind="DOME", views=9, look_at="OBJECTS", jitter=0.5, jitters=JitterSpec(0.2, 0.1, 10.0, 0.5)),
]


def poses(sweep: SweepSpec, facts: SceneFacts = FACTS, seed: int = 0) -> np.ndarray:
    plan = ViewPlan(sweep, facts, seed, (640, 480))
    return np.array([plan.view(index).pose for index in range(view_count(sweep, facts))])


def eyes(sweep: SweepSpec, facts: SceneFacts = FACTS) -> np.ndarray:
    return poses(sweep, facts)[:, :3, 3]


@pytest.mark.parametrize("sweep", OWN, ids=lambda sweep: f"{sweep.kind} {sweep.free} {sweep.look_at}")
class TestEverySweep:
    def test_poses_are_rigid_and_different(self, sweep):
        found = poses(sweep)
        assert len(found) == 9
        turns = found[:, :3, :3]
        np.testing.assert_allclose(
            turns @ turns.transpose(0, 2, 1), np.tile(np.eye(3), (9, 1, 1)), atol=1e-12
        )
        np.testing.assert_allclose(np.linalg.det(turns), 1.0)
        assert len(np.unique(found.reshape(9, -1).round(9), axis=0)) == 9

    def test_views_are_the_same_in_any_order(self, sweep):
        backwards = ViewPlan(sweep, FACTS, 3, (640, 480))
        found = [backwards.view(index, 2).pose for index in (8, 0, 3)]
        alone = [ViewPlan(sweep, FACTS, 3, (640, 480)).view(index, 2).pose for index in (8, 0, 3)]
        np.testing.assert_array_equal(found, alone)

    def test_a_longer_sweep_keeps_the_first_views(self, sweep):
        longer = replace(sweep, views=23, extended_from=(9,))
        longest = replace(sweep, views=30, extended_from=(9, 23))
        check_sweep(longest)
        np.testing.assert_array_equal(poses(longest)[:9], poses(sweep))
        np.testing.assert_array_equal(poses(longest)[:23], poses(longer))
        assert len(np.unique(poses(longest).reshape(30, -1).round(9), axis=0)) == 30

    def test_later_attempts_are_elsewhere(self, sweep):
        plan = ViewPlan(sweep, FACTS, 0, (640, 480))
        tried = np.array([plan.view(4, attempt).pose for attempt in range(6)])
        assert len(np.unique(tried.reshape(6, -1).round(9), axis=0)) == 6
        assert can_retry(sweep)


def test_rings_are_circles_at_even_elevations():
    sweep = SweepSpec(kind="RINGS", views=30, rings=3, radius=4.0, elevation_min=-30.0, elevation_max=60.0)
    around = eyes(sweep) - TARGET
    np.testing.assert_allclose(np.linalg.norm(around, axis=1), 4.0)
    elevations = np.degrees(np.arcsin(around[:, 2] / 4.0))
    np.testing.assert_allclose(elevations, np.tile([-30.0, 15.0, 60.0], 10), atol=1e-9)
    for ring, shift in ((0, 0.0), (1, 18.0), (2, 0.0)):
        own = around[ring::3]
        azimuths = np.sort(np.degrees(np.arctan2(own[:, 1], own[:, 0])) % 360.0)
        np.testing.assert_allclose(azimuths, shift + 36.0 * np.arange(10), atol=1e-9)


def test_a_dolly_moves_in_equal_steps_of_apparent_size():
    straight = eyes(SweepSpec(kind="DOLLY", views=5, radius=1.0, radius_end=16.0, elevation=20.0)) - TARGET
    np.testing.assert_allclose(np.linalg.norm(straight, axis=1), [1.0, 2.0, 4.0, 8.0, 16.0])
    directions = straight / np.linalg.norm(straight, axis=1)[:, None]
    np.testing.assert_allclose(directions, np.tile(directions[0], (5, 1)))
    spiral = eyes(SweepSpec(kind="DOLLY", views=9, radius=2.0, turns=2.0, elevation=0.0)) - TARGET
    assert np.linalg.norm(spiral[-1]) == pytest.approx(6.0)
    quarter = [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)] * 2 + [(1.0, 0.0)]
    np.testing.assert_allclose(spiral[:, :2] / np.linalg.norm(spiral, axis=1)[:, None], quarter, atol=1e-9)


def test_a_path_is_walked_in_even_steps_of_arc_length():
    sweep = SweepSpec(kind="PATH", views=5, place="x")
    found = eyes(sweep)
    angles = np.degrees(np.arctan2(found[:, 1], found[:, 0]))
    np.testing.assert_allclose(angles, [0.0, 22.5, 45.0, 67.5, 90.0], atol=1e-3)
    np.testing.assert_allclose(found[:, 2], 1.0)
    towards = TARGET - found
    sights = -poses(sweep)[:, :3, 2]
    np.testing.assert_allclose(sights, towards / np.linalg.norm(towards, axis=1)[:, None], atol=1e-12)


def test_a_free_path_looks_ahead():
    sights = -poses(SweepSpec(kind="PATH", views=5, place="x", free=True))[:, :3, 2]
    angles = np.degrees(np.arctan2(sights[:, 1], sights[:, 0]))
    np.testing.assert_allclose(angles, [90.0, 112.5, 135.0, 157.5, 180.0], atol=0.3)


def test_a_closed_path_does_not_end_where_it_began():
    closed = replace(FACTS, path=((*CIRCLE, CIRCLE[0]),))
    found = eyes(SweepSpec(kind="PATH", views=4, place="x"), closed)
    np.testing.assert_allclose(found, [[1, 0, 0], [0, 1, 0], [-1, 0, 0], [0, -1, 0]], atol=1e-3)


def test_a_grid_stands_in_the_middles_of_its_cells():
    sweep = SweepSpec(kind="GRID", views=100, grid=(2, 1, 3), place="x")
    assert view_count(sweep, FACTS) == 6
    expected = [(0.0, 1.0 + 1.0 + 2.0 * x, 1.0 + 0.5 + z) for z in range(3) for x in range(2)]
    np.testing.assert_allclose(eyes(sweep), expected)


def test_a_jittered_grid_stays_in_its_cells():
    sweep = SweepSpec(kind="GRID", views=24, grid=(4, 3, 2), place="x", jitter=1.0)
    moved = eyes(sweep) - eyes(replace(sweep, jitter=0.0))
    assert (np.abs(moved) <= np.array([2.0 / 3, 4.0 / 4, 3.0 / 2]) / 2).all()
    assert np.abs(moved).min(axis=0).max() > 0.0


def test_a_volume_is_filled_evenly_by_every_beginning():
    sweep = SweepSpec(kind="VOLUME", views=512, place="x")
    found = (eyes(sweep) - TURNED_BOX[0]) @ np.linalg.inv(TURNED_BOX[1:])
    assert ((found >= 0.0) & (found <= 1.0)).all()
    for beginning in (64, 512):
        counts, _ = np.histogramdd(found[:beginning], bins=(2, 2, 2), range=[(0, 1)] * 3)
        # Random places would stray by about the root of a cell's number; these do by a few.
        assert np.abs(counts - beginning / 8).max() <= 3
    nearest = np.linalg.norm(found[:, None] - found[None], axis=2) + np.eye(512) * 9
    assert nearest.min() > 0.3 * 512 ** (-1 / 3)


def test_free_directions_cover_their_zone_evenly():
    sweep = SweepSpec(kind="LOOK_AROUND", views=300, place="x", pitch_min=-30.0, pitch_max=45.0)
    found = poses(sweep)
    np.testing.assert_allclose(found[:, :3, 3], np.tile(FACTS.point, (300, 1)))
    heights = -found[:, 2, 2]
    counts, _ = np.histogram(heights, bins=np.linspace(-0.5, math.sin(math.radians(45.0)), 4))
    assert counts.tolist() == [100] * 3
    assert ViewPlan(sweep, FACTS, 0).view(0).subject.number == -1


def test_markers_give_their_camera_at_their_frame():
    sweep = SweepSpec(kind="MARKERS", views=9)
    plan = ViewPlan(sweep, FACTS, 0)
    views = [plan.view(index) for index in range(view_count(sweep, FACTS))]
    assert [(view.frame, view.camera) for view in views] == list(FACTS.markers)
    assert sweep_frames(replace(sweep, views=2), 7, FACTS.markers) == [3, 10]
    assert sweep.kind in OF_SCENE


def subjects_of(sweep: SweepSpec, views: int, seed: int = 0) -> list[Subject]:
    plan = ViewPlan(replace(sweep, views=views), FACTS, seed)
    return [plan.view(index).subject for index in range(views)]


@pytest.mark.parametrize(
    ("balance", "shares", "expected"),
    [
        ("OBJECTS", (), {"chair 1": 25, "chair 2": 25, "chair 3": 25, "lamp": 25}),
        ("CATEGORIES", (), {"chair": 50, "lamp": 50}),
        ("SHARES", (("chair", 4.0), ("lamp", 1.0)), {"chair": 80, "lamp": 20}),
        ("SHARES", (("chair", 0.0), ("lamp", 1.0)), {"lamp": 100}),
    ],
)
def test_things_are_looked_at_in_their_shares(balance, shares, expected):
    sweep = SweepSpec(kind="DOME", look_at="OBJECTS", balance=balance, shares=shares)
    seen = subjects_of(sweep, 100)
    names = [subject.name if balance == "OBJECTS" else subject.category for subject in seen]
    assert {name: names.count(name) for name in set(names)} == pytest.approx(expected, abs=1)
    # Every beginning is balanced, and so is every group within itself.
    for beginning in (10, 37):
        for name, count in expected.items():
            assert abs(names[:beginning].count(name) - count * beginning / 100) <= 1.5
    chairs = [subject.name for subject in seen if subject.category == "chair"]
    counts = [chairs.count(name) for name in set(chairs)]
    assert not counts or max(counts) - min(counts) <= 1
    assert seen == subjects_of(sweep, 300)[:100]
    assert len(expected) == 1 or seen != subjects_of(sweep, 100, seed=1)


def test_an_orbit_round_things_in_turn_fits_each():
    sweep = SweepSpec(kind="ORBIT", views=8, look_at="OBJECTS", elevation=10.0)
    plan = ViewPlan(sweep, FACTS, 0)
    for index in range(8):
        view = plan.view(index)
        distance = np.linalg.norm(view.pose[:3, 3] - view.subject.centre)
        assert math.tan(math.asin(view.subject.radius / distance)) / (18.0 / 35.0) == pytest.approx(
            0.5, rel=0.05
        )


def test_a_share_of_what_is_not_there_is_refused():
    sweep = SweepSpec(kind="DOME", look_at="OBJECTS", balance="SHARES", shares=(("tiger", 1.0),))
    with pytest.raises(SceneError, match="tiger"):
        ViewPlan(sweep, FACTS, 0)
    with pytest.raises(SceneError, match="nothing labelled"):
        ViewPlan(replace(sweep, balance="OBJECTS"), replace(FACTS, subjects=()), 0)


def test_jitters_stay_within_their_bounds():
    plain = SweepSpec(kind="DOME", views=60, radius=4.0)
    near = eyes(replace(plain, jitters=JitterSpec(distance=0.25))) - TARGET
    distances = np.linalg.norm(near, axis=1)
    assert 3.0 <= distances.min() < 3.3
    assert 4.7 < distances.max() <= 5.0
    np.testing.assert_allclose(near / distances[:, None], (eyes(plain) - TARGET) / 4.0, atol=1e-12)
    moved = eyes(replace(plain, jitters=JitterSpec(position=0.5))) - eyes(plain)
    assert np.abs(moved).max() <= 0.5
    assert np.abs(moved).max(axis=0).min() > 0.45
    rolled = poses(replace(plain, jitters=JitterSpec(roll=20.0)))
    straight = poses(plain)
    np.testing.assert_allclose(rolled[:, :3, 2:], straight[:, :3, 2:], atol=1e-12)
    angles = np.degrees(np.arccos(np.einsum("nij,nij->nj", rolled[:, :3, :1], straight[:, :3, :1])))
    assert 17.0 < angles.max() <= 20.0


def test_off_centre_targets_stay_in_the_picture():
    sweep = SweepSpec(kind="DOME", views=200, radius=4.0, jitters=JitterSpec(aim=0.8))
    found = poses(sweep)
    local = np.einsum("nji,nj->ni", found[:, :3, :3], TARGET - found[:, :3, 3])
    plane = local[:, :2] / -local[:, 2:] / (18.0 / 35.0) / [1.0, 480 / 640]
    assert np.abs(plane).max() <= 0.8 + 1e-9
    assert np.abs(plane).max(axis=0).min() > 0.75


def test_seen_poses_tell_likeness_by_place_and_direction():
    seen = SeenPoses(1.0, 20.0)
    straight = np.eye(4)
    assert seen.is_new(straight)
    seen.take(straight)
    for place, angle, new in ((0.5, 0.0, False), (0.5, 19.0, False), (0.5, 21.0, True), (1.1, 0.0, True)):
        other = np.eye(4)
        c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        other[:3, :3] = [[c, 0, s], [0, 1, 0], [-s, 0, c]]
        other[0, 3] = place
        assert seen.is_new(other) == new
    for number in range(1, 100):
        other = np.eye(4)
        other[1, 3] = 2.0 * number
        seen.take(other)
    assert not seen.is_new(other)


BAD = [
    (SweepSpec(kind="PATH"), "spec.sweep", "PATH"),
    (SweepSpec(grid=(0, 1, 1)), "spec.range", "grid x is 0"),
    (SweepSpec(rings=0), "spec.range", "rings"),
    (SweepSpec(pitch_min=50.0), "spec.range", "lowest pitch 50"),
    (SweepSpec(jitters=JitterSpec(distance=0.95)), "spec.range", "jitters.distance is 0.95"),
    (SweepSpec(limits=LimitsSpec(attempts=0)), "spec.range", "limits.attempts"),
    (SweepSpec(balance="SHARES"), "spec.sweep", "share"),
    (SweepSpec(shares=(("cat", -1.0),)), "spec.sweep", "'cat' is -1"),
]


@pytest.mark.parametrize(("sweep", "code", "text"), BAD)
def test_bad_sweeps_are_refused_by_value(sweep, code, text):
    with pytest.raises(SpecError, match=text) as caught:
        check_sweep(sweep)
    assert caught.value.code == code


def test_shares_read_as_they_are_typed():
    assert shares_from_text("chair: 2, desk lamp: 0.5,") == (("chair", 2.0), ("desk lamp", 0.5))
    assert shares_from_text(shares_to_text((("a:b", 1.5),))) == (("a:b", 1.5),)
    for text in ("chair", "chair: many", ": 2"):
        with pytest.raises(SpecError, match=text.strip()):
            shares_from_text(text)
