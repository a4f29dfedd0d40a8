# SPDX-License-Identifier: GPL-3.0-or-later
"""The control image of segmentation ControlNets: a flat ADE20K colour for each thing. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from ..core.ade20k import COLOURS
from ..core.arrays import IdMap, RGBImage

NOTHING: Final = (0, 0, 0)
"""Black stands for no class: none of the 150 has it."""


def ade_colours(ids: IdMap, classes: Mapping[int, str], unlabelled: str = "") -> RGBImage:
    """Colour each pixel by the ADE20K class of its instance, as control_v11p_sd15_seg knows the colours.

    Flat colours, as bytes and unfiltered: a colour between two classes would be a third one.

    Args:
        ids: (H, W) uint16, the instance of each pixel; 0 is nobody's.
        classes: the class of each instance; one that is not here, or "", has none.
        unlabelled: the class of all pixels without one; "" leaves them black.

    Returns:
        (H, W, 3) uint8.
    """
    rest = COLOURS.get(unlabelled, NOTHING)
    table = np.full((int(ids.max(initial=0)) + 1, 3), rest, np.uint8)
    for number, name in classes.items():
        if 0 < number < len(table) and name:
            table[number] = COLOURS[name]
    return table[ids]
