# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads pictures as arrays. No torch here."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..core.arrays import IdMap, RGBImage


def read_rgb(path: Path) -> RGBImage:
    """Read a picture as (H, W, 3) uint8."""
    from PIL import Image

    with Image.open(path) as picture:
        return np.array(picture.convert("RGB"))


def read_ids(path: Path) -> IdMap:
    """Read a 16-bit map of ids as (H, W) uint16."""
    from PIL import Image

    with Image.open(path) as picture:
        return np.array(picture, np.uint16)
