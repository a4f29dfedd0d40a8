# SPDX-License-Identifier: GPL-3.0-or-later
"""What sweeps need to know of the scene, and what a place is. Lengths in scene units, world space, Z up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

Point = tuple[float, float, float]


@dataclass(frozen=True)
class Subject:
    """Something to look at: the middle and half the diagonal of its box.

    ``number`` is its instance id, -1 for what is not labelled.
    """

    centre: Point
    radius: float
    name: str = ""
    category: str = ""
    number: int = -1


@dataclass(frozen=True)
class SceneFacts:
    """What a plan needs to know of the scene.

    ``target`` is the point to look at, ``target_radius`` the size of what is there. ``markers`` are frame and camera
    of the timeline's markers, in time. ``path`` are the polylines of the curve (their ends are equal where they are
    closed), ``box`` a corner of the box and its three edges, ``point`` where cameras turn. ``subjects`` are the
    labelled things; ``target_name`` and ``target_number`` tell which object is the target, and which of them.
    ``is_spot``: the target is a mere place (an empty, say), or none is named.
    """

    target: Point
    target_radius: float
    cameras: tuple[str, ...] = ()
    active_camera: str = ""
    frame_current: int = 1
    markers: tuple[tuple[int, str], ...] = ()
    path: tuple[tuple[Point, ...], ...] = ()
    box: tuple[Point, Point, Point, Point] | None = None
    point: Point | None = None
    subjects: tuple[Subject, ...] = ()
    target_name: str = ""
    target_number: int = -1
    is_spot: bool = True

    @property
    def whole(self) -> Subject:
        """What is looked at unless each view looks at something else."""
        name = "" if self.is_spot else self.target_name
        return Subject(self.target, self.target_radius, name, number=self.target_number)


class Place(NamedTuple):
    """Where a camera stands and a point that it looks at."""

    eye: Point
    aim: Point


class Sweep(Protocol):
    """A family of sweeps, made for one scene."""

    def place(self, seed: int, index: int, attempt: int, subject: Subject) -> Place:
        """Return the place of view ``index``; attempts after the first stray from it, further each time."""
