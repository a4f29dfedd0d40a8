# SPDX-License-Identifier: GPL-3.0-or-later
"""Walls with windows and doors in them, built along X, their inner face on y = 0, looking to -Y. No bpy here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .model import Model
from .shapes import box


@dataclass(frozen=True)
class Opening:
    """A hole in a wall: its centre along X, its width, the heights of sill and lintel, in metres."""

    centre: float
    width: float
    sill: float
    lintel: float

    @property
    def height(self) -> float:
        """From the sill to the lintel."""
        return self.lintel - self.sill

    @property
    def is_door(self) -> bool:
        """Whether one walks through it."""
        return self.sill <= 0.0


def wall(
    material: str, length: float, height: float, thick: float, openings: Sequence[Opening] = ()
) -> Model:
    """A wall centred on X, from y = 0 to ``thick``, built of blocks around its openings, which must not meet."""
    model = Model()
    at = -length / 2
    for hole in sorted(openings, key=lambda opening: opening.centre):
        left, right = hole.centre - hole.width / 2, hole.centre + hole.width / 2
        model.add(material, box((left - at, thick, height)).at((left + at) / 2, thick / 2))
        if not hole.is_door:
            model.add(material, box((hole.width, thick, hole.sill)).at(hole.centre, thick / 2))
        above = box((hole.width, thick, height - hole.lintel))
        model.add(material, above.at(hole.centre, thick / 2, hole.lintel))
        at = right
    model.add(material, box((length / 2 - at, thick, height)).at((length / 2 + at) / 2, thick / 2))
    return model


def spread_openings(
    count: int, length: float, width: float, sill: float, lintel: float
) -> tuple[Opening, ...]:
    """Return up to ``count`` equal openings, evenly along a wall; fewer where the wall is too short."""
    fitting = min(count, int((length - 0.3) // (width + 0.5)))
    step = length / max(1, fitting)
    return tuple(Opening(step * (i + 0.5) - length / 2, width, sill, lintel) for i in range(fitting))


def window(hole: Opening, thick: float, pane: str = "sky") -> Model:
    """Frame, cross bars, sill and pane for an opening of a wall that is ``thick``."""
    model = Model()
    bar, height = 0.06, hole.height - 0.004
    wide = hole.width - 0.004
    low = hole.sill + 0.002
    model.add(pane, box((wide - bar, 0.01, height - bar)).at(hole.centre, 0.6 * thick, low + bar / 2))
    for side in (-1, 1):
        post = box((bar, 0.06, height), 0.004)
        model.add("trim", post.at(hole.centre + side * (wide - bar) / 2, 0.6 * thick, low))
    across = box((wide - 2 * bar, 0.058, bar), 0.004)
    for z in (low, low + height - bar):
        model.add("trim", across.at(hole.centre, 0.6 * thick, z))
    model.add("trim", box((0.04, 0.04, height - 2 * bar)).at(hole.centre, 0.6 * thick, low + bar))
    return model


def window_board(hole: Opening) -> Model:
    """The board below a window, on the room's side."""
    model = Model()
    model.add("trim", box((hole.width + 0.16, 0.16, 0.03), 0.005).at(hole.centre, -0.082, hole.sill - 0.034))
    return model


def door(hole: Opening, thick: float, leaf: str = "trim") -> Model:
    """A closed panelled door in its opening, the handle on the right as seen from -Y."""
    model = Model()
    width, height = hole.width - 0.004, hole.height - 0.002
    frame = 0.07
    inner = width - 2 * frame
    y = thick / 2
    for side in (-1, 1):
        jamb = box((frame, thick + 0.03, height), 0.004)
        model.add("walnut", jamb.at(hole.centre + side * (width - frame) / 2, y))
    model.add("walnut", box((inner, thick + 0.028, frame), 0.004).at(hole.centre, y, height - frame))
    model.add(leaf, box((inner - 0.008, 0.04, height - frame - 0.012)).at(hole.centre, y, 0.006))
    for side in (-1, 1):
        for bottom, tall in ((0.10, 0.36), (0.52, 0.40)):
            panel = box((0.36 * inner, 0.012, tall * height), 0.005)
            model.add("walnut", panel.at(hole.centre + side * 0.22 * inner, y - 0.026, bottom * height))
    model.add("steel", box((0.12, 0.03, 0.025), 0.006).at(hole.centre + 0.5 * inner - 0.11, y - 0.045, 1.02))
    return model
