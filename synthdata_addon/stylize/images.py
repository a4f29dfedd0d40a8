# SPDX-License-Identifier: GPL-3.0-or-later
"""RGB pictures to PNG files and back, byte for byte. No torch here."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..core.arrays import RGBImage

COMPRESS_LEVEL = 1
"""Control images are many and short-lived: level 1 costs a third of the usual level 6 and a few more bytes."""


def write_rgb(path: Path, picture: RGBImage) -> None:
    """Write an (H, W, 3) uint8 picture as an 8-bit RGB PNG."""
    from PIL import Image

    Image.fromarray(np.ascontiguousarray(picture)).save(path, format="PNG", compress_level=COMPRESS_LEVEL)


def read_rgb(path: Path) -> RGBImage:
    """Read a picture as (H, W, 3) uint8."""
    from PIL import Image

    with Image.open(path) as picture:
        return np.array(picture.convert("RGB"))
