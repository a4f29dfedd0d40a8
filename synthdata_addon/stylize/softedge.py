# SPDX-License-Identifier: GPL-3.0-or-later
"""The control image of soft-edge ControlNets (HED, PiDiNet): white edges on black, soft and graded. No torch here."""

from __future__ import annotations

from typing import Final

import numpy as np

from ..core.arrays import Float32Image, GreyImage
from .edges import Edges, blurred, grey

SPREAD: Final = 1.5
"""Standard deviation of an edge in pixels of a 512-pixel picture, at which the annotators' nets look at theirs."""
NOMINAL: Final = 512


def softedge(found: Edges, spread: float = 0.0) -> GreyImage:
    """Draw the geometry's edges as the annotators of control_v11p_sd15_softedge draw those of photographs.

    White on black, strongest on the two pixels beside the edge (255 for a full one) and fading as a Gaussian; a weaker
    edge is a darker one. Edges at all angles come out alike: the two directions are blurred apart and joined as the
    sides of a right triangle.

    Args:
        found: the view's edges.
        spread: standard deviation in pixels; 0 is 1.5 pixels in 512 of the shorter side, and not less than 0.7.

    Returns:
        (H, W) uint8.
    """
    height, width = found.across.shape[0], found.down.shape[1]
    sigma = spread or max(0.7, SPREAD * min(height, width) / NOMINAL)
    reach = int(np.ceil(3.0 * sigma))
    at = np.arange(-reach, reach + 1)
    weights: Float32Image = np.exp(-(at**2) / (2.0 * sigma**2)).astype(np.float32)
    weights /= weights.sum()
    across, down = np.zeros((2, height, width), np.float32)
    across[:, :-1] += found.across
    across[:, 1:] += found.across
    down[:-1] += found.down
    down[1:] += found.down
    top = weights[reach] + weights[reach + 1]
    return grey(np.hypot(blurred(across, weights), blurred(down, weights)) / top)
