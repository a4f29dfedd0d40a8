# SPDX-License-Identifier: GPL-3.0-or-later
"""Sweeps that stand where an object says: PATH along a curve, GRID and VOLUME in a box, LOOK_AROUND at a point."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray

from ..seeds import Purpose, generator
from ..spread import count_when, pick, spread
from ..sweep_spec import SweepSpec
from .facts import Place, Point, SceneFacts, Subject
from .round import RETRY_JITTER, zone

Points = NDArray[np.float64]


class PathSweep:
    """Even steps by arc length along polylines, one after the other, looking at the subject or along the path."""

    def __init__(self, sweep: SweepSpec, facts: SceneFacts) -> None:
        """Measure the path."""
        self._sweep = sweep
        self._counts = (*sweep.extended_from, sweep.views)
        lines = [np.array(line) for line in facts.path]
        self._from = np.concatenate([line[:-1] for line in lines])
        self._to = np.concatenate([line[1:] for line in lines])
        lengths = np.linalg.norm(self._to - self._from, axis=1)
        self._ends = np.cumsum(lengths)
        self.length = float(self._ends[-1])
        self._is_closed = len(lines) == 1 and bool(np.allclose(lines[0][0], lines[0][-1]))
        self._places = spread(self._counts, arc=not self._is_closed)

    def place(self, seed: int, index: int, attempt: int, subject: Subject) -> Place:
        """Return the place of a view; see :class:`.facts.Sweep`."""
        way = float(self._places[index]) * self.length
        strength = self._sweep.jitter if attempt == 0 else max(self._sweep.jitter, RETRY_JITTER)
        if strength > 0.0:
            step = self.length / count_when(self._counts, index)
            draw = generator(seed, index, Purpose.POSE, attempt).uniform(-1.0, 1.0)
            way += draw * strength * step * (1.0 + attempt)
        eye, forward = self._at(way)
        return Place(eye, _ahead(eye, forward) if self._sweep.free else subject.centre)

    def _at(self, way: float) -> tuple[Point, Points]:
        """Return the point at an arc length and the direction there; past its ends an open path turns back."""
        if self._is_closed:
            way %= self.length
        else:
            way = abs(way) % (2.0 * self.length)
            way = min(way, 2.0 * self.length - way)
        piece = min(int(np.searchsorted(self._ends, way, side="right")), len(self._ends) - 1)
        start, along = self._from[piece], self._to[piece] - self._from[piece]
        length = float(np.linalg.norm(along))
        before = self._ends[piece] - length
        return _point(start + along * ((way - before) / length)), along / length


class GridSweep:
    """The middles of equal cells of a box, X first, then Y, then Z."""

    def __init__(self, sweep: SweepSpec, facts: SceneFacts) -> None:
        """Choose the cells."""
        assert facts.box is not None
        self._sweep, self._box = sweep, np.array(facts.box)
        cells = math.prod(sweep.grid)
        counts = tuple(min(count, cells) for count in (*sweep.extended_from, sweep.views))
        self._cells = pick(counts, range(cells))
        self._angles = _free_directions(sweep, counts)

    def place(self, seed: int, index: int, attempt: int, subject: Subject) -> Place:
        """Return the place of a view; see :class:`.facts.Sweep`. Straying ends at the walls of the cell."""
        x, y, _ = self._sweep.grid
        cell = self._cells[index]
        numbers = np.array([cell % x, cell // x % y, cell // (x * y)], dtype=np.float64) + 0.5
        strength = self._sweep.jitter if attempt == 0 else 1.0
        if strength > 0.0:
            draw = generator(seed, index, Purpose.POSE, attempt).uniform(-0.5, 0.5, 3)
            numbers += draw * strength
        eye = _point(self._box[0] + (numbers / self._sweep.grid) @ self._box[1:])
        return Place(eye, self._angles.ahead(eye, index) if self._sweep.free else subject.centre)


class VolumeSweep:
    """A low-discrepancy sequence in a box: every beginning of it fills the box evenly.

    Roberts' R sequence: the fractions of multiples of 1/g, 1/g^2, ..., where g > 1 solves g^(d+1) = g + 1.
    """

    def __init__(self, sweep: SweepSpec, facts: SceneFacts, seed: int) -> None:
        """Lay out the places, and the directions where they are free."""
        assert facts.box is not None
        self._sweep, self._box = sweep, np.array(facts.box)
        dimensions = 5 if sweep.free else 3
        shift = generator(seed, 0, Purpose.LOOK, 0).random(dimensions)
        steps = _root(dimensions) ** -np.arange(1.0, dimensions + 1.0)
        self._places = (shift + np.arange(1, sweep.views + 1)[:, None] * steps) % 1.0

    def place(self, seed: int, index: int, attempt: int, subject: Subject) -> Place:
        """Return the place of a view; see :class:`.facts.Sweep`. Later attempts are anywhere in the box."""
        shares = self._places[index]
        if attempt:
            shares = generator(seed, index, Purpose.POSE, attempt).random(len(shares))
        eye = _point(self._box[0] + shares[:3] @ self._box[1:])
        if not self._sweep.free:
            return Place(eye, subject.centre)
        low, high = _pitches(self._sweep)
        height = math.sin(low) + (math.sin(high) - math.sin(low)) * shares[4]
        return Place(eye, _ahead(eye, _direction(2.0 * math.pi * shares[3], math.asin(height))))


class LookAroundSweep:
    """Every direction from one point, evenly over the zone between two pitches."""

    def __init__(self, sweep: SweepSpec, facts: SceneFacts) -> None:
        """Lay out the directions."""
        assert facts.point is not None
        self._sweep, self._point = sweep, facts.point
        self._counts = (*sweep.extended_from, sweep.views)
        self._angles = _free_directions(sweep, self._counts)

    def place(self, seed: int, index: int, attempt: int, _subject: Subject) -> Place:
        """Return the place of a view; see :class:`.facts.Sweep`. What strays is the direction."""
        strength = self._sweep.jitter if attempt == 0 else max(self._sweep.jitter, RETRY_JITTER)
        aside = (0.0, 0.0)
        if strength > 0.0:
            step = math.pi / count_when(self._counts, index) ** 0.5
            draw = generator(seed, index, Purpose.POSE, attempt).uniform(-1.0, 1.0, 2) * strength
            aside = draw[0] * step * (1.0 + attempt), draw[1] * min(step, math.radians(15.0)) * 0.5
        return Place(self._point, self._angles.ahead(self._point, index, aside))


class _FreeDirections:
    """Directions of sight by view."""

    def __init__(self, azimuth: Points, pitch: Points) -> None:
        self._azimuth, self._pitch = azimuth, pitch

    def ahead(self, eye: Point, index: int, aside: tuple[float, float] = (0.0, 0.0)) -> Point:
        pitch = min(max(float(self._pitch[index]) + aside[1], -math.pi / 2), math.pi / 2)
        return _ahead(eye, _direction(float(self._azimuth[index]) + aside[0], pitch))


def _free_directions(sweep: SweepSpec, counts: tuple[int, ...]) -> _FreeDirections:
    growing = tuple(count for count, _ in itertools.groupby(counts))
    return _FreeDirections(*zone(growing, *_pitches(sweep), math.radians(sweep.azimuth_start)))


def _pitches(sweep: SweepSpec) -> tuple[float, float]:
    return math.radians(sweep.pitch_min), math.radians(sweep.pitch_max)


def _direction(azimuth: float, pitch: float) -> Points:
    return np.array(
        [math.cos(pitch) * math.cos(azimuth), math.cos(pitch) * math.sin(azimuth), math.sin(pitch)]
    )


def _ahead(eye: Point, forward: Points) -> Point:
    return _point(np.array(eye) + forward)


def _point(values: Points) -> Point:
    return float(values[0]), float(values[1]), float(values[2])


def _root(dimensions: int) -> float:
    """Return the root > 1 of g^(d+1) = g + 1, by iteration to the last bit."""
    root = 2.0
    for _ in range(64):
        root = (1.0 + root) ** (1.0 / (dimensions + 1.0))
    return root
