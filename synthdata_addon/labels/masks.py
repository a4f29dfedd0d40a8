# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes id maps as 16-bit PNGs that every reader gives back bit for bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..core.arrays import IdMap

COMPRESS_LEVEL = 1
"""Masks are flat: level 1 packs them nearly as small as level 9, in a fraction of the time."""


def write_mask(path: Path, ids: IdMap) -> None:
    """Write an (H, W) uint16 map as a 16-bit greyscale PNG; the value of a pixel is its id."""
    from PIL import Image

    height, width = ids.shape
    # Pillow's 16-bit mode is little-endian in memory; the file is big-endian, as PNG demands.
    picture = Image.frombytes("I;16", (width, height), np.ascontiguousarray(ids, dtype="<u2").tobytes())
    picture.save(path, format="PNG", compress_level=COMPRESS_LEVEL)


def read_mask(path: Path) -> IdMap:
    """Read what :func:`write_mask` wrote."""
    from PIL import Image

    with Image.open(path) as picture:
        return np.asarray(picture).astype(np.uint16)
