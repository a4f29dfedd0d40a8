# SPDX-License-Identifier: GPL-3.0-or-later
"""The colour of a category and of its instances: in the viewport, in the preview and in the gallery the same."""

from __future__ import annotations

import colorsys
from typing import Final

GOLDEN_ANGLE: Final = 137.508
"""Degrees between the hues of neighbouring ids: no two of the first dozens come near each other."""
FIRST_HUE: Final = 200.0
SATURATION: Final = 0.85
LIGHT: Final = 0.58
"""Lightness of a category's own colour: boxes, names, rows of the list."""

Colour = tuple[float, float, float]
"""Red, green, blue, 0 to 1, as a screen has them (sRGB)."""


def category_colour(category_id: int) -> Colour:
    """Return the colour of a category; ``runner/gallery`` computes the same in the browser."""
    return _hsl(category_id, LIGHT)


def instance_colour(category_id: int, number: int) -> Colour:
    """Return the colour of one thing: its category's hue, lighter or darker by its ``number`` in the view, from 0."""
    return _hsl(category_id, (44 + (number * 11) % 33) / 100.0)


def _hsl(category_id: int, light: float) -> Colour:
    hue = (category_id * GOLDEN_ANGLE + FIRST_HUE) % 360.0
    return colorsys.hls_to_rgb(hue / 360.0, light, SATURATION)
