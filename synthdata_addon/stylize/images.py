# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads pictures as arrays. No torch here."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..core.arrays import RGBImage


def read_rgb(path: Path) -> RGBImage:
    """Read a picture as (H, W, 3) uint8."""
    from PIL import Image

    with Image.open(path) as picture:
        return np.array(picture.convert("RGB"))
