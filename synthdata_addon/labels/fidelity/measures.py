# SPDX-License-Identifier: GPL-3.0-or-later
"""Edge recall and contrast: does a picture show an edge where the exact mask of an instance says that its outline is?

Both compare the outline with what is beside it, so that a busy texture, which has edges everywhere, earns nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from ...core.arrays import IdMap, RGBImage
from .outline import MARGIN, Floats, Outline, blurred, outline, sample

FLOOR: Final = 0.02
"""A step of colour (0 to 1, over two pixels) that is no edge: five of 255 levels."""
REACH: Final = 8
"""How far along its normal the surroundings of an outline point go, in pixels."""
NEAR: Final = 1
"""An edge counts as the outline's up to so many pixels beside it."""
GAP: Final = 3
"""Surroundings begin so many pixels beside the outline."""
BEATEN: Final = 0.7
"""An edge counts when it is stronger than this share of its surroundings."""
SHIFTS: Final = tuple(
    (round(radius * math.cos(turn * math.pi / 8)), round(radius * math.sin(turn * math.pi / 8)))
    for radius in (5, 8)
    for turn in range(16)
)
"""Where the whole outline is laid to compare: x, y in pixels."""
BEST: Final = 4
"""The mean over so many of the best of these is what the outline has to beat."""
STRONG: Final = 0.3
"""A step of colour counts no more than this, so that one hard edge does not stand for all."""
MIN_POINTS: Final = 16
"""An outline of fewer points says nothing."""
MAX_POINTS: Final = 400
"""Of longer outlines so many points are looked at, evenly."""


@dataclass(frozen=True)
class Measures:
    """What an instance's outline shows.

    ``edge_recall``: the share of its points with an edge there, and a weaker one at most places beside. ``contrast``:
    the step of colour across it, over the sum of that and the step across the same outline laid 5 and 8 pixels beside:
    0.5 where it is as strong as the strongest of these. ``points`` is how many points of it can be seen.
    """

    edge_recall: float
    contrast: float
    points: int

    @property
    def fidelity(self) -> float:
        """The two together, 0 to 1: their geometric mean."""
        return math.sqrt(self.edge_recall * self.contrast)


def measure(picture: RGBImage, ids: IdMap, instances: Iterable[int]) -> dict[int, Measures]:
    """Measure instances in a picture; those with too little outline in sight are left out.

    Args:
        picture: (H, W, 3) uint8.
        ids: (H, W), the instance of each pixel, by the exact labels.
        instances: which to measure.

    Raises:
        ValueError: picture and labels differ in size.
    """
    if picture.shape[:2] != ids.shape:
        made, wanted = (f"{shape[1]} x {shape[0]}" for shape in (picture.shape, ids.shape))
        raise ValueError(f"the picture has {made} pixels, its labels {wanted}")
    soft = blurred(picture.astype(np.float32) / 255.0)
    found = {}
    for number in instances:
        points = _outline_of(ids, number)
        if len(points) >= MIN_POINTS:
            found[number] = measure_outline(soft, points)
    return found


def measure_outline(soft: Floats, points: Outline) -> Measures:
    """Measure one outline.

    Args:
        soft: (H, W, 3) softened picture, 0 to 1.
        points: the outline, at least one point.
    """
    steps = np.minimum(_steps_along(soft, points), STRONG)
    middle = REACH
    here = steps[:, middle - NEAR : middle + NEAR + 1].max(axis=1)
    beside = np.concatenate([steps[:, : middle - GAP + 1], steps[:, middle + GAP :]], axis=1)
    beaten = (here[:, None] > beside).mean(axis=1)
    recall = float(((here > FLOOR) & (beaten > BEATEN)).mean())
    across, *laid = _steps_across(soft, points).tolist()
    contrast = across / (across + sum(sorted(laid)[-BEST:]) / BEST + FLOOR)
    return Measures(round(recall, 4), round(contrast, 4), len(points))


def _outline_of(ids: IdMap, number: int) -> Outline:
    """Return the outline of an instance, looked for round its pixels alone."""
    mask = ids == number
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return outline(mask)
    top, left = max(0, int(rows[0]) - MARGIN), max(0, int(columns[0]) - MARGIN)
    part = outline(mask[top : int(rows[-1]) + MARGIN + 1, left : int(columns[-1]) + MARGIN + 1])
    every = slice(None, None, math.ceil(len(part) / MAX_POINTS) or 1)
    return Outline(part.x[every] + left, part.y[every] + top, part.out_x[every], part.out_y[every])


def _steps_along(soft: Floats, points: Outline) -> Floats:
    """Return (N, 2 * REACH + 1) steps of colour along the normals, from inside out, the outline in the middle."""
    reach = np.arange(-REACH - 1, REACH + 2, dtype=np.float32)
    x = points.x[:, None] + reach * points.out_x[:, None]
    y = points.y[:, None] + reach * points.out_y[:, None]
    colours = sample(soft, x, y)
    steps: Floats = np.linalg.norm(colours[:, 2:] - colours[:, :-2], axis=2)
    return steps


def _steps_across(soft: Floats, points: Outline) -> Floats:
    """Return the mean step of colour across the outline where it is, and then where each of SHIFTS lays it."""
    shifts = np.array([(0, 0), *SHIFTS], np.float32)
    x, y = points.x + shifts[:, :1], points.y + shifts[:, 1:]
    inside = sample(soft, x - points.out_x, y - points.out_y)
    outside = sample(soft, x + points.out_x, y + points.out_y)
    means: Floats = np.minimum(np.linalg.norm(outside - inside, axis=2), STRONG).mean(axis=1)
    return means
