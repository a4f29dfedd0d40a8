# SPDX-License-Identifier: GPL-3.0-or-later
"""Names for the array types that travel between rooms: shape, dtype and convention are said once, here.

Every image has row 0 at the top and column 0 at the left; pixel (x, y) is ``image[y, x]``.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Float32Image: TypeAlias = NDArray[np.float32]
"""(H, W) float32."""

NormalImage: TypeAlias = NDArray[np.float32]
"""(H, W, 3) float32 vectors."""

IdMap: TypeAlias = NDArray[np.uint16]
"""(H, W) uint16: the instance id of each pixel, 0 where nothing is labelled."""

GreyImage: TypeAlias = NDArray[np.uint8]
"""(H, W) uint8."""

RGBImage: TypeAlias = NDArray[np.uint8]
"""(H, W, 3) uint8, sRGB bytes or data bytes, as the function says."""

Matrix3: TypeAlias = NDArray[np.float64]
"""(3, 3) float64."""

Matrix4: TypeAlias = NDArray[np.float64]
"""(4, 4) float64, acting on column vectors."""

BACKGROUND_DEPTH: Final = 1e9
"""Depth at or above this is background: Cycles writes exactly 1e10 where a ray leaves the scene."""
