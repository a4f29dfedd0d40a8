# SPDX-License-Identifier: GPL-3.0-or-later
"""How things are placed in a scene, and how often a job places them anew. Plain values; Blender does it elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from .errors import SpecError
from .ranges import in_range

Where = Literal["SURFACES", "VOLUME", "DROP"]
Posture = Literal["UPRIGHT", "FREE"]
SurfaceLabel = Literal["support", "floor", "wall"]
MAX_THINGS: Final = 10_000
MAX_PLACEMENT_SEED: Final = 2**31 - 1
"""Blender's whole-number properties have 32 bits."""


@dataclass(frozen=True)
class PopulateSpec:
    """How often a job places what *Populate* put into the scene anew: every so many views, 0 for never."""

    every: int = 0


@dataclass(frozen=True)
class PlacementSpec:
    """Where things go and how they lie.

    SURFACES: on upward faces of what is labelled as one of ``surfaces``, or of the objects of the collection
    ``supports`` where it is named; VOLUME: in the box of the object ``volume``; DROP: let fall over the surfaces, by
    Blender's rigid bodies, until they rest. ``turn`` is the greatest turn about Z of what stays UPRIGHT, degrees;
    FREE is any way up. Scale is drawn between its bounds. ``spacing`` is the least distance between placed things,
    scene units. ``inside_edge`` keeps the whole of a thing above its support. Names are full names.
    """

    where: Where = "SURFACES"
    surfaces: tuple[SurfaceLabel, ...] = ("support",)
    supports: str = ""
    volume: str = ""
    posture: Posture = "UPRIGHT"
    turn: float = 180.0
    scale_min: float = 1.0
    scale_max: float = 1.0
    spacing: float = 0.0
    inside_edge: bool = True
    seed: int = 0


def check_populate(spec: PopulateSpec) -> None:
    """Check the section of a job.

    Raises:
        SpecError: ``spec.range``.
    """
    in_range("populate.every", spec.every, 0, 1_000_000)


def check_placement(spec: PlacementSpec) -> None:
    """Check how things are to be placed, before anything is.

    Raises:
        SpecError: ``spec.range`` or ``spec.populate``.
    """
    in_range("The turn", spec.turn, 0.0, 180.0)
    in_range("The least scale", spec.scale_min, 0.001, 1000.0)
    in_range("The greatest scale", spec.scale_max, 0.001, 1000.0)
    in_range("The spacing", spec.spacing, 0.0, 1e6)
    in_range("The seed", spec.seed, 0, MAX_PLACEMENT_SEED)
    if spec.scale_min > spec.scale_max:
        raise SpecError(
            "spec.range",
            f"The least scale {spec.scale_min:g} is above the greatest {spec.scale_max:g}.",
            "Swap them.",
        )
    if spec.where == "VOLUME" and not spec.volume:
        raise SpecError("spec.populate", "No box is chosen to fill.", "Choose an object whose box is filled.")
    if spec.where != "VOLUME" and not spec.supports and not spec.surfaces:
        raise SpecError(
            "spec.populate",
            "No kind of surface is chosen.",
            "Choose supports or floors, or a collection of objects.",
        )
