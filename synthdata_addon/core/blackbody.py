# SPDX-License-Identifier: GPL-3.0-or-later
"""The colour of light by its temperature. Pure arithmetic."""

from __future__ import annotations

import numpy as np

COOLEST, HOTTEST = 1667.0, 25000.0
XYZ_TO_REC709 = np.array(
    [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]],
)


def blackbody(temperature: float) -> tuple[float, float, float]:
    """Return linear Rec. 709 of a black body, as bright as white light (luminance 1).

    The Planckian locus by the cubic splines of Kim et al. (US patent 7024034, as CIE colour texts give them).

    Args:
        temperature: kelvin; outside of 1667 to 25000 the nearest of the two is taken.
    """
    t = min(max(temperature, COOLEST), HOTTEST)
    if t <= 4000.0:
        x = -0.2661239e9 / t**3 - 0.2343589e6 / t**2 + 0.8776956e3 / t + 0.179910
    else:
        x = -3.0258469e9 / t**3 + 2.1070379e6 / t**2 + 0.2226347e3 / t + 0.240390
    if t <= 2222.0:
        y = -1.1063814 * x**3 - 1.34811020 * x**2 + 2.18555832 * x - 0.20219683
    elif t <= 4000.0:
        y = -0.9549476 * x**3 - 1.37418593 * x**2 + 2.09137015 * x - 0.16748867
    else:
        y = 3.0817580 * x**3 - 5.87338670 * x**2 + 3.75112997 * x - 0.37001483
    red, green, blue = np.maximum(XYZ_TO_REC709 @ np.array([x / y, 1.0, (1.0 - x - y) / y]), 0.0)
    return float(red), float(green), float(blue)
