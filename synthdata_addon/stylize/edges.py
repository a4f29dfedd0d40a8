# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the geometry has edges: jumps of depth, bends of the surface, borders of instances. No shading. No torch.

Each pair of neighbouring pixels gets a strength from 0 to 1; what ControlNets read is drawn from these by
:mod:`.canny`, :mod:`.softedge` and :mod:`.lineart`. Shadows, textures and highlights leave no trace here, so that a
style is free to choose them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import BACKGROUND_DEPTH, Float32Image, GreyImage, IdMap, NormalImage

JUMP_FROM: Final = 0.01
"""Depth steps that are smaller, as a share of the farther depth, are no edge."""
JUMP_FULL: Final = 0.05
BEND_FROM: Final = 2.0 * np.sin(np.radians(20.0) / 2.0)
"""Surfaces that turn by less from one pixel to the next are smooth (the chord between unit normals)."""
BEND_FULL: Final = 1.0
"""The chord of 60 degrees."""
CERTAIN: Final = np.float32(1e6)
"""What a border of instances, or of all there is, weighs against jumps and bends beside it."""
TIE: Final = np.array([0.267, 0.535, 0.802], np.float32)
"""Decides which side of a bend is drawn: any direction does that is not along an axis, as walls and floors are."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Edges:
    """Edges between neighbouring pixels.

    ``across`` (H, W-1) is the strength from 0 to 1 between pixel (x, y) and (x+1, y), ``down`` (H-1, W) between (x, y)
    and (x, y+1). ``left_draws`` and ``upper_draws``, of the same shapes, tell which of the two has the line: the nearer
    one, as an outline belongs to what it is the outline of.
    """

    across: Float32Image
    down: Float32Image
    left_draws: Mask
    upper_draws: Mask


def edges(depth: Float32Image, normal: NormalImage, ids: IdMap) -> Edges:
    """Find the edges of a view.

    - Depth: with ``q = 1/z``, which is linear in pixels on any plane under perspective, a pair's jump less what the
      plane on either side explains, as a share of the larger q: 0.01 is none, 0.05 is full.
    - Normals: the chord between them, if it lasts for more than a pixel: 20 degrees is none, 60 degrees is full.
    - Ids, and surface beside background: full.

    Of pairs in a row the strongest stays, so that the rim of a ball is one edge and not three.

    Args:
        depth: (H, W) float32, planar distance; background is 1e10.
        normal: (H, W, 3) float32, any length; background is (0, 0, 0). World or camera space alike.
        ids: (H, W) instance ids.
    """
    hit = (depth < BACKGROUND_DEPTH) & (depth > 0.0)
    q = np.divide(np.float32(1.0), depth, out=np.zeros(depth.shape, np.float32), where=hit)
    length = np.sqrt(np.einsum("hwc,hwc->hw", normal, normal))[..., None]
    unit = np.divide(normal, length, out=np.zeros(normal.shape, np.float32), where=length > 1e-6)
    across, left_draws = _along_rows(q, unit, ids)
    down, upper_draws = _along_rows(q.T, unit.swapaxes(0, 1), ids.T)
    return Edges(across, np.ascontiguousarray(down.T), left_draws, np.ascontiguousarray(upper_draws.T))


def lines(found: Edges) -> Float32Image:
    """Draw each edge at one of its two pixels: (H, W) strengths, lines one pixel wide."""
    height, width = found.across.shape[0], found.down.shape[1]
    drawn = np.zeros((height, width), np.float32)
    for pixels, strength in (
        (drawn[:, :-1], found.across * found.left_draws),
        (drawn[:, 1:], found.across * ~found.left_draws),
        (drawn[:-1], found.down * found.upper_draws),
        (drawn[1:], found.down * ~found.upper_draws),
    ):
        np.maximum(pixels, strength, out=pixels)
    return drawn


def _along_rows(q: Float32Image, unit: NormalImage, ids: IdMap) -> tuple[Float32Image, Mask]:
    """Return the strengths between neighbours in rows, and whether the first of the two has the line."""
    first, second = q[:, :-1], q[:, 1:]
    jump = second - first
    share = _unexplained(jump) / np.maximum(np.maximum(first, second), np.float32(1e-12))
    turned = unit[:, 1:] - unit[:, :-1]
    bend = _lasting(turned)
    ids_differ, first_is_higher = ids[:, :-1] != ids[:, 1:], ids[:, :-1] > ids[:, 1:]
    certain = ((first > 0.0) != (second > 0.0)) | ids_differ
    weight = np.maximum(
        (share - JUMP_FROM) / np.float32(JUMP_FULL - JUMP_FROM),
        (bend - np.float32(BEND_FROM)) / np.float32(BEND_FULL - BEND_FROM),
    )
    weight = np.where(certain, CERTAIN, weight).astype(np.float32, copy=False)
    strength = np.where(_is_peak(weight), np.clip(weight, 0.0, 1.0), 0.0).astype(np.float32, copy=False)
    # The nearer side; without a jump the higher id (0 is nobody's); between parts of one thing, always the same side.
    first_draws = np.where(
        share >= JUMP_FROM,
        first > second,
        np.where(ids_differ, first_is_higher, np.einsum("hwc,c->hw", turned, TIE) < 0.0),
    )
    return strength, first_draws


def _unexplained(jump: Float32Image) -> Float32Image:
    """Return how far each jump of a row is from the jump before and the jump after it, whichever is nearer."""
    rest = np.abs(jump)
    if jump.shape[1] > 1:
        change = np.abs(np.diff(jump, axis=1))
        np.minimum(rest[:, 1:], change, out=rest[:, 1:])
        np.minimum(rest[:, :-1], change, out=rest[:, :-1])
    return rest


def _lasting(turned: NormalImage) -> Float32Image:
    """Return the chord between neighbours, or 0 where the next pixel on either side turns back.

    What is thinner than a pixel, like the gap between two planks, is hit here and there: dots, not lines.
    """
    bend: Float32Image = np.sqrt(np.einsum("hwc,hwc->hw", turned, turned))
    if turned.shape[1] > 1:
        both = turned[:, 1:] + turned[:, :-1]
        beyond = np.sqrt(np.einsum("hwc,hwc->hw", both, both))
        lasting = bend.copy()
        np.minimum(lasting[:, 1:], beyond, out=lasting[:, 1:])
        np.minimum(lasting[:, :-1], beyond, out=lasting[:, :-1])
        return lasting
    return bend


def _is_peak(weight: Float32Image) -> Mask:
    peak = np.ones(weight.shape, bool)
    peak[:, 1:] &= weight[:, 1:] >= weight[:, :-1]
    peak[:, :-1] &= weight[:, :-1] >= weight[:, 1:]
    return peak


def grey(strength: Float32Image) -> GreyImage:
    """Return strengths as grey levels, ``round(255 * strength)``, those above 1 as white."""
    return (np.clip(strength, 0.0, 1.0) * np.float32(255.0) + np.float32(0.5)).astype(np.uint8)


def blurred(picture: Float32Image, weights: Float32Image) -> Float32Image:
    """Blur by the same weights (an odd number) along rows and columns; nothing comes in from outside."""
    reach = len(weights) // 2
    for axis in (0, 1):
        pad = [(0, 0), (0, 0)]
        pad[axis] = (reach, reach)
        around = np.pad(picture, pad)
        size = picture.shape[axis]
        picture = sum(
            (weight * np.take(around, range(i, i + size), axis) for i, weight in enumerate(weights)),
            np.zeros(picture.shape, np.float32),
        )
    return picture
