# SPDX-License-Identifier: GPL-3.0-or-later
"""The control image of ControlNets that learned masks in random colours: a colour for each instance. No torch here."""

from __future__ import annotations

from typing import Final

import numpy as np

from ..core.arrays import IdMap, RGBImage

STEP: Final = 0x9E3779
"""Odd, so that no two ids get the same colour; the golden ratio's bits, so that neighbours are far apart."""


def instance_colours(ids: IdMap) -> RGBImage:
    """Colour each pixel by its instance: the 24 bits of ``id * 0x9E3779`` as red, green and blue.

    Union ControlNets for SDXL were trained on masks of Segment Anything in random colours (type 5 of xinsir's): which
    colour stands for what has no meaning, where one ends does. Here a colour stays with its instance over all views.

    Args:
        ids: (H, W) uint16; 0 is nobody's, and black.

    Returns:
        (H, W, 3) uint8.
    """
    bits = ids.astype(np.uint32) * np.uint32(STEP)
    return np.stack([bits >> 16, bits >> 8, bits], axis=2).astype(np.uint8)
