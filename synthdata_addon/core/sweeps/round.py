# SPDX-License-Identifier: GPL-3.0-or-later
"""Sweeps round what they look at: ORBIT, DOME, RINGS, DOLLY, TURNTABLE. A place is azimuth, elevation and distance."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..seeds import Purpose, generator
from ..spread import count_when, spread
from ..sweep_spec import SweepSpec
from .facts import Place, Subject

GOLDEN_ANGLE = math.pi * (3.0 - math.sqrt(5.0))
RADIUS_JITTER = 0.2
RETRY_JITTER = 0.5
"""How far later attempts at a blocked view stray, at least: half a step and half of the radius jitter."""
DOLLY_RANGE = 3.0
"""How much farther than its beginning a dolly ends, unless that is set."""
DOLLY_STEP = math.radians(15.0)

Angles = NDArray[np.float64]


class Directions(NamedTuple):
    """(N,) azimuths and elevations in radians, and shares of the way from the near to the far distance."""

    azimuth: Angles
    elevation: Angles
    way: Angles


class RoundSweep:
    """Cameras round a subject."""

    def __init__(self, sweep: SweepSpec) -> None:
        """Lay out the directions."""
        self._sweep = sweep
        self._counts = (*sweep.extended_from, sweep.views)
        self._directions = LAYOUTS[sweep.kind](sweep, self._counts)

    def place(self, seed: int, index: int, attempt: int, subject: Subject) -> Place:
        """Return the place of a view; see :class:`.facts.Sweep`."""
        sweep = self._sweep
        azimuth, elevation, way = (float(values[index]) for values in self._directions)
        radius = fitting_radius(sweep, subject)
        if sweep.kind == "DOLLY":
            far = sweep.radius_end or DOLLY_RANGE * radius
            radius *= math.pow(far / radius, way)  # equal steps of apparent size
        strength = sweep.jitter if attempt == 0 else max(sweep.jitter, RETRY_JITTER)
        if strength > 0.0:
            draw = generator(seed, index, Purpose.POSE, attempt).uniform(-1.0, 1.0, 3) * strength
            step = self._step(index)
            # Each further attempt may stray one step more, so that a pillar in the way is walked round, not hit again.
            azimuth += draw[0] * step * (1.0 + attempt)
            elevation += draw[1] * min(step, math.radians(15.0)) * (0.5 if sweep.kind == "DOME" else 0.25)
            radius *= 1.0 + draw[2] * RADIUS_JITTER
        elevation = min(max(elevation, -math.pi / 2), math.pi / 2)
        flat = radius * math.cos(elevation)
        x, y, z = subject.centre
        eye = x + flat * math.cos(azimuth), y + flat * math.sin(azimuth), z + radius * math.sin(elevation)
        return Place(eye, subject.centre)

    def _step(self, index: int) -> float:
        """Return the distance to the next view, radians."""
        views, sweep = count_when(self._counts, index), self._sweep
        if sweep.kind == "DOME":
            return math.pi / math.sqrt(views)
        if sweep.kind == "DOLLY":
            return DOLLY_STEP
        rings = sweep.rings if sweep.kind == "RINGS" else 1
        return math.radians(sweep.azimuth_range) / max(views / rings, 1.0)


def fitting_radius(sweep: SweepSpec, subject: Subject) -> float:
    """Return the camera distance in scene units; 0 in the settings means "the subject fills half of the picture"."""
    if sweep.radius > 0.0:
        return sweep.radius
    half_angle = math.atan(0.5 * 36.0 / sweep.lens)
    return 2.0 * max(subject.radius, 1e-3) / math.tan(half_angle)


def zone(counts: tuple[int, ...], low: float, high: float, start: float) -> tuple[Angles, Angles]:
    """Return azimuths and elevations of a Fibonacci lattice on the zone between two elevations, radians.

    Equal heights are equal areas (Archimedes); round it goes by the golden angle. Places: see :func:`.spread.spread`.
    """
    heights = math.sin(low) + (math.sin(high) - math.sin(low)) * spread(counts, middle=True)
    azimuth = start + np.arange(len(heights), dtype=np.float64) * GOLDEN_ANGLE
    elevation: Angles = np.arcsin(heights).astype(np.float64)
    return azimuth, elevation


def _orbit(sweep: SweepSpec, counts: tuple[int, ...]) -> Directions:
    # A full circle must not end where it began; an arc shows both its ends.
    places = spread(counts, arc=sweep.azimuth_range < 360.0)
    azimuth = np.radians(sweep.azimuth_start + sweep.azimuth_range * places)
    return Directions(azimuth, np.full(len(places), math.radians(sweep.elevation)), np.zeros(len(places)))


def _dome(sweep: SweepSpec, counts: tuple[int, ...]) -> Directions:
    low, high = math.radians(sweep.elevation_min), math.radians(sweep.elevation_max)
    azimuth, elevation = zone(counts, low, high, math.radians(sweep.azimuth_start))
    return Directions(azimuth, elevation, np.zeros(len(azimuth)))


def _rings(sweep: SweepSpec, counts: tuple[int, ...]) -> Directions:
    """View ``n`` is on ring ``n % rings``, the lowest being 0; every other ring is turned by half a step."""
    azimuth, elevation = np.zeros(sweep.views), np.zeros(sweep.views)
    is_arc = sweep.azimuth_range < 360.0
    for ring in range(min(sweep.rings, sweep.views)):
        own = tuple(len(range(ring, count, sweep.rings)) for count in counts)
        share = ring / max(sweep.rings - 1, 1)
        places = spread(own, arc=is_arc)
        if ring % 2 and not is_arc:
            places = places + 0.5 / max(own[0], 1)
        azimuth[ring :: sweep.rings] = np.radians(sweep.azimuth_start + sweep.azimuth_range * places)
        height = sweep.elevation_min + share * (sweep.elevation_max - sweep.elevation_min)
        elevation[ring :: sweep.rings] = math.radians(height)
    return Directions(azimuth, elevation, np.zeros(sweep.views))


def _dolly(sweep: SweepSpec, counts: tuple[int, ...]) -> Directions:
    way = spread(counts, arc=True)
    azimuth = np.radians(sweep.azimuth_start + 360.0 * sweep.turns * way)
    return Directions(azimuth, np.full(len(way), math.radians(sweep.elevation)), way)


def _turntable(sweep: SweepSpec, _: tuple[int, ...]) -> Directions:
    azimuth = np.full(sweep.views, math.radians(sweep.azimuth_start))
    return Directions(azimuth, np.full(sweep.views, math.radians(sweep.elevation)), np.zeros(sweep.views))


def turntable_angle(sweep: SweepSpec, index: int) -> float:
    """Return by how much a turntable has turned its target in a view, counter-clockwise seen from above, radians."""
    places = spread((*sweep.extended_from, sweep.views), arc=sweep.azimuth_range < 360.0)
    return math.radians(sweep.azimuth_range * float(places[index]))


LAYOUTS: Final = {
    "ORBIT": _orbit,
    "DOME": _dome,
    "RINGS": _rings,
    "DOLLY": _dolly,
    "TURNTABLE": _turntable,
}
