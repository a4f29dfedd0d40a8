# SPDX-License-Identifier: GPL-3.0-or-later
"""The control image of line-art ControlNets: white lines on black, as a pen draws them. No torch here."""

from __future__ import annotations

from typing import Final

import numpy as np

from ..core.arrays import Float32Image, GreyImage
from .edges import Edges, blurred, grey, lines

PEN: Final[Float32Image] = np.array([0.25, 0.5, 0.25], np.float32)


def lineart(found: Edges) -> GreyImage:
    """Draw the geometry's edges as lines: outlines white, bends of a surface the greyer the flatter they are.

    The nets (control_v11p_sd15_lineart) read the drawing inverted, white on black: ``255 - map`` in controlnet_aux. A
    line lies on the nearer side of its edge and is anti-aliased: full on its pixel, half on the next to either side.

    Returns:
        (H, W) uint8.
    """
    return grey(blurred(lines(found), PEN) * np.float32(2.0))
