# SPDX-License-Identifier: GPL-3.0-or-later
"""The view plan: from sweep settings and a few facts of the scene to camera poses. Pure arithmetic, seeded by view."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from .arrays import Matrix4
from .camera import look_at
from .seeds import Purpose, generator
from .spec import SweepSpec
from .spread import count_when, pick, spread

GOLDEN_ANGLE = math.pi * (3.0 - math.sqrt(5.0))
RADIUS_JITTER = 0.2
RETRY_JITTER = 0.5
"""How far later attempts at a blocked view stray, at least: half a step and half of the radius jitter."""


@dataclass(frozen=True)
class SceneFacts:
    """What a plan needs to know of the scene: the point to look at and the size of what is there, in scene units."""

    target: tuple[float, float, float]
    target_radius: float
    cameras: tuple[str, ...] = ()
    active_camera: str = ""
    frame_current: int = 1


@dataclass(frozen=True)
class PlannedView:
    """One view to render: a pose of our own, or an existing camera by name, at a frame."""

    index: int
    frame: int
    camera: str = ""
    pose: Matrix4 = field(default_factory=lambda: np.eye(4), compare=False)


def view_count(sweep: SweepSpec, facts: SceneFacts) -> int:
    """Return how many views the sweep has in this scene; CAMERAS and FRAMES never have more than ``sweep.views``."""
    if sweep.kind == "CAMERAS":
        return min(sweep.views, len(facts.cameras))
    if sweep.kind == "FRAMES":
        return len(sweep_frames(sweep, facts.frame_current))
    return sweep.views


def sweep_frames(sweep: SweepSpec, frame_current: int) -> list[int]:
    """Return the frames that the views show, in order: that of every view of FRAMES, else the current one."""
    if sweep.kind != "FRAMES":
        return [frame_current]
    frames = range(sweep.frame_start, sweep.frame_end + 1, sweep.frame_step)
    return list(pick(_counts(sweep), frames))


def plan_view(sweep: SweepSpec, facts: SceneFacts, seed: int, index: int, attempt: int = 0) -> PlannedView:
    """Return view ``index``; later attempts of an orbit or dome move the camera at random, further each time.

    Args:
        sweep: validated sweep settings.
        facts: the scene's facts.
        seed: the job's seed; equal arguments give equal views, in any order.
        index: 0 .. view_count - 1.
        attempt: 0 for the planned pose, 1, 2, ... for replacements of a pose that the scene blocks.
    """
    if sweep.kind == "CAMERAS":
        return PlannedView(index=index, frame=facts.frame_current, camera=facts.cameras[index])
    if sweep.kind == "FRAMES":
        chosen = sweep_frames(sweep, facts.frame_current)[index]
        return PlannedView(index=index, frame=chosen, camera=facts.active_camera)
    pose = _orbit_pose(sweep, facts, seed, index, attempt)
    return PlannedView(index=index, frame=facts.frame_current, pose=pose)


def can_retry(sweep: SweepSpec) -> bool:
    """Tell whether a blocked view may be replaced by another pose: only where the plan owns the pose."""
    return sweep.kind in ("ORBIT", "DOME")


def sweep_radius(sweep: SweepSpec, facts: SceneFacts) -> float:
    """Return the camera distance in scene units; 0 in the settings means "the target fills half of the picture"."""
    if sweep.radius > 0.0:
        return sweep.radius
    half_angle = math.atan(0.5 * 36.0 / sweep.lens)
    return 2.0 * max(facts.target_radius, 1e-3) / math.tan(half_angle)


def _orbit_pose(sweep: SweepSpec, facts: SceneFacts, seed: int, index: int, attempt: int) -> Matrix4:
    azimuth, elevation = _orbit(sweep, index) if sweep.kind == "ORBIT" else _dome(sweep, index)
    radius = sweep_radius(sweep, facts)
    strength = sweep.jitter if attempt == 0 else max(sweep.jitter, RETRY_JITTER)
    if strength > 0.0:
        draw = generator(seed, index, Purpose.POSE, attempt).uniform(-1.0, 1.0, 3) * strength
        views = count_when(_counts(sweep), index)
        step = math.radians(sweep.azimuth_range) / views if sweep.kind == "ORBIT" else math.pi / views**0.5
        # Each further attempt may stray one step more, so that a pillar in the way is walked round, not hit again.
        reach = 1.0 + attempt
        azimuth += draw[0] * step * reach
        elevation += draw[1] * min(step, math.radians(15.0)) * (0.25 if sweep.kind == "ORBIT" else 0.5)
        radius *= 1.0 + draw[2] * RADIUS_JITTER
    elevation = min(max(elevation, -math.pi / 2), math.pi / 2)
    direction = np.array(
        [
            math.cos(elevation) * math.cos(azimuth),
            math.cos(elevation) * math.sin(azimuth),
            math.sin(elevation),
        ]
    )
    target = np.array(facts.target)
    return look_at(target + radius * direction, target)


def _orbit(sweep: SweepSpec, index: int) -> tuple[float, float]:
    # A full circle must not end where it began; an arc shows both its ends.
    place = spread(_counts(sweep), arc=sweep.azimuth_range < 360.0)[index]
    return math.radians(sweep.azimuth_start + sweep.azimuth_range * place), math.radians(sweep.elevation)


def _dome(sweep: SweepSpec, index: int) -> tuple[float, float]:
    """Fibonacci lattice on the zone between two elevations: equal area in height (Archimedes), golden angle round."""
    low, high = math.sin(math.radians(sweep.elevation_min)), math.sin(math.radians(sweep.elevation_max))
    height = low + (high - low) * spread(_counts(sweep), middle=True)[index]
    return math.radians(sweep.azimuth_start) + index * GOLDEN_ANGLE, math.asin(height)


def _counts(sweep: SweepSpec) -> tuple[int, ...]:
    return (*sweep.extended_from, sweep.views)
