# SPDX-License-Identifier: GPL-3.0-or-later
"""Where views are taken from: the sweep's part of a request, and its checks."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Final, Literal

from .errors import SpecError
from .ranges import in_range

SweepKind = Literal[
    "ORBIT",
    "DOME",
    "CAMERAS",
    "FRAMES",
    "RINGS",
    "DOLLY",
    "PATH",
    "GRID",
    "VOLUME",
    "LOOK_AROUND",
    "MARKERS",
    "TURNTABLE",
]
LookAt = Literal["TARGET", "OBJECTS"]
Balance = Literal["OBJECTS", "CATEGORIES", "SHARES"]

ROUND: Final = ("ORBIT", "DOME", "RINGS", "DOLLY", "TURNTABLE")
"""Sweeps that go round what they look at."""
PLACED: Final = ("PATH", "GRID", "VOLUME", "LOOK_AROUND")
"""Sweeps that stand where an object of the scene says."""
OF_SCENE: Final = ("CAMERAS", "FRAMES", "MARKERS")
"""Sweeps that take the scene's own cameras as they are."""


@dataclass(frozen=True)
class JitterSpec:
    """How far cameras of the sweep's own stray, each at random between its bounds.

    ``distance`` is a share of the distance to what is looked at, ``position`` scene units along each axis, ``roll``
    degrees to either side, ``aim`` a share of half the picture by which what is looked at leaves its middle. (A range
    of lenses is a variation: it is of use with the scene's own cameras too.)
    """

    distance: float = 0.0
    position: float = 0.0
    roll: float = 0.0
    aim: float = 0.0


@dataclass(frozen=True)
class LimitsSpec:
    """What a view must fulfil before it is rendered; a pose that does not is replaced by another near it.

    ``clearance``: nothing is nearer to the camera, scene units. ``visible``: what is looked at is in sight.
    ``min_instances`` labelled things are in sight, each with at least ``min_pixels`` pixels, as ray casts expect.
    ``novelty``: no two cameras are nearer to each other (scene units) while they look the same way, to within
    ``novelty_angle`` degrees. ``attempts``: poses that are tried before a view is left out.
    """

    clearance: float = 0.0
    visible: bool = False
    min_instances: int = 0
    min_pixels: int = 1
    novelty: float = 0.0
    novelty_angle: float = 15.0
    attempts: int = 20


@dataclass(frozen=True)
class SweepSpec:
    """Where the views are taken from.

    ORBIT circles the target evenly; DOME spreads evenly over the sphere zone between two elevations; RINGS are
    ``rings`` circles at elevations between these two; DOLLY moves from ``radius`` to ``radius_end`` (0: three times
    that), round the target ``turns`` times on the way. TURNTABLE leaves the camera where an orbit begins and turns the
    target instead, so that the light falls on another side of it each time.

    PATH follows the curve object ``place``, GRID and VOLUME fill the box of the object ``place``, in rows (``grid``) or
    with a low-discrepancy sequence, LOOK_AROUND turns where the object ``place`` is, with the camera pitched up by
    ``pitch_min`` to ``pitch_max``. CAMERAS takes the scene's own cameras by name, MARKERS those that timeline markers
    hold, at their frames, FRAMES the scene's active camera over the animation.

    Angles in degrees, lengths in scene units. ``target`` names an object to look at; empty means the middle of the
    labelled objects. ``look_at`` OBJECTS looks at another labelled thing each view instead: each thing equally often,
    each category equally often, or as often as ``shares`` say (``balance``). ``free`` makes PATH look along the curve
    and GRID and VOLUME in any direction.

    ``jitter`` moves the places of a sweep at random: 0 is none, 1 is a full step and, round a target, 20 % of the
    radius. ``extended_from`` are the numbers of views that the sweep had before it was made longer: the first views
    stay where they were, new ones go between them.
    """

    kind: SweepKind = "ORBIT"
    views: int = 20
    target: str = ""
    radius: float = 0.0
    elevation: float = 30.0
    elevation_min: float = 10.0
    elevation_max: float = 70.0
    azimuth_start: float = 0.0
    azimuth_range: float = 360.0
    jitter: float = 0.0
    lens: float = 35.0
    frame_start: int = 1
    frame_end: int = 250
    frame_step: int = 1
    extended_from: tuple[int, ...] = ()
    rings: int = 3
    radius_end: float = 0.0
    turns: float = 0.0
    place: str = ""
    grid: tuple[int, int, int] = (4, 4, 2)
    pitch_min: float = -30.0
    pitch_max: float = 30.0
    free: bool = False
    look_at: LookAt = "TARGET"
    balance: Balance = "OBJECTS"
    shares: tuple[tuple[str, float], ...] = ()
    jitters: JitterSpec = field(default_factory=JitterSpec)
    limits: LimitsSpec = field(default_factory=LimitsSpec)


LAST_FRAME: Final = 1_048_574
"""Blender's own limit."""
RANGES: Final = {
    "views": (1, 1_000_000),
    "radius": (0.0, 1e6),
    "radius_end": (0.0, 1e6),
    "jitter": (0.0, 1.0),
    "lens": (1.0, 5000.0),
    "elevation": (-90.0, 90.0),
    "elevation_min": (-90.0, 90.0),
    "elevation_max": (-90.0, 90.0),
    "pitch_min": (-90.0, 90.0),
    "pitch_max": (-90.0, 90.0),
    "azimuth_range": (0.0, 360.0),
    "turns": (-100.0, 100.0),
    "rings": (1, 1000),
    "azimuth_start": (-36000.0, 36000.0),
    "frame_start": (-LAST_FRAME, LAST_FRAME),
    "frame_end": (-LAST_FRAME, LAST_FRAME),
    "frame_step": (1, 1_000_000),
    "jitters.distance": (0.0, 0.9),
    "jitters.position": (0.0, 1e6),
    "jitters.roll": (0.0, 180.0),
    "jitters.aim": (0.0, 1.0),
    "limits.clearance": (0.0, 1e6),
    "limits.min_instances": (0, 65535),
    "limits.min_pixels": (1, 16384**2),
    "limits.novelty": (0.0, 1e6),
    "limits.novelty_angle": (0.0, 180.0),
    "limits.attempts": (1, 1000),
}


def check_sweep(sweep: SweepSpec) -> None:
    """Check the settings of a sweep.

    Raises:
        SpecError: ``spec.range``, ``spec.sweep``.
    """
    for name, (low, high) in RANGES.items():
        group, _, own = name.rpartition(".")
        in_range(f"sweep.{name}", getattr(getattr(sweep, group) if group else sweep, own), low, high)
    for axis, number in zip("xyz", sweep.grid, strict=True):
        in_range(f"sweep.grid {axis}", number, 1, 10_000)
    _check_counts(sweep)
    _check_order("elevation", sweep.elevation_min, sweep.elevation_max)
    _check_order("pitch", sweep.pitch_min, sweep.pitch_max)
    if sweep.kind == "FRAMES" and sweep.frame_start > sweep.frame_end:
        raise SpecError(
            "spec.range",
            f"The first frame {sweep.frame_start} comes after the last frame {sweep.frame_end}.",
            "Swap them.",
        )
    if sweep.kind in PLACED and not sweep.place:
        raise SpecError(
            "spec.sweep",
            f"The sweep {sweep.kind} has no object that says where its cameras are.",
            "Choose one as Place.",
        )
    if sweep.kind == "TURNTABLE" and not sweep.target:
        raise SpecError(
            "spec.sweep", "The sweep TURNTABLE has no target that it turns.", "Choose one as Target."
        )
    _check_shares(sweep)


def _check_counts(sweep: SweepSpec) -> None:
    counts = (0, *sweep.extended_from, sweep.views)
    if any(before >= after for before, after in itertools.pairwise(counts)):
        shown = ", ".join(map(str, counts[1:]))
        raise SpecError(
            "spec.range",
            f"The numbers of views {shown} do not grow (sweep.extended_from, then sweep.views).",
            "Leave sweep.extended_from empty for a sweep of its own.",
        )


def _check_order(name: str, low: float, high: float) -> None:
    if low > high:
        raise SpecError(
            "spec.range", f"The lowest {name} {low:g}° is above the highest {high:g}°.", "Swap them."
        )


def _check_shares(sweep: SweepSpec) -> None:
    for name, share in sweep.shares:
        if not 0.0 <= share <= 1e6:
            raise SpecError(
                "spec.sweep", f"The share of '{name}' is {share:g}.", "Give a number from 0 up, such as 2."
            )
    if sweep.balance == "SHARES" and not any(share for _, share in sweep.shares):
        raise SpecError(
            "spec.sweep", "No category has a share of the views.", "Write shares such as: chair: 2, lamp: 1."
        )


def shares_from_text(text: str) -> tuple[tuple[str, float], ...]:
    """Read ``chair: 2, lamp: 1`` as the user typed it.

    Raises:
        SpecError: ``spec.sweep``.
    """
    pairs = []
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, _, share = item.rpartition(":")
        try:
            pairs.append((name.strip(), float(share)))
        except ValueError as error:
            raise SpecError(
                "spec.sweep", f"'{item}' is not a category and a number.", "Write it like chair: 2."
            ) from error
        if not name.strip():
            raise SpecError("spec.sweep", f"'{item}' names no category.", "Write it like chair: 2.")
    return tuple(pairs)


def shares_to_text(shares: tuple[tuple[str, float], ...]) -> str:
    """Write shares as :func:`shares_from_text` reads them."""
    return ", ".join(f"{name}: {share:g}" for name, share in shares)
