# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes pictures, masks and control images as PNG files, lossless and quickly."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

COMPRESS_LEVEL: Final = 1
"""Flat regions pack nearly as small as at level 9, in a fraction of the time."""


def write_png(path: Path, picture: NDArray[np.uint8] | NDArray[np.uint16]) -> None:
    """Write a picture that every PNG reader gives back bit for bit.

    Args:
        path: the file.
        picture: (H, W, 3) uint8, RGB; or (H, W) uint16, grey. Row 0 is the top.

    Raises:
        ValueError: another shape or type.
    """
    is_rgb = picture.ndim == 3 and picture.shape[2] == 3 and picture.dtype == np.uint8
    if not is_rgb and not (picture.ndim == 2 and picture.dtype == np.uint16):
        raise ValueError(f"A {picture.shape} {picture.dtype} array is neither RGB bytes nor a 16-bit map.")
    Image.fromarray(np.ascontiguousarray(picture)).save(path, format="PNG", compress_level=COMPRESS_LEVEL)
