# SPDX-License-Identifier: GPL-3.0-or-later
"""The finished picture's file as lens and sensor leave it: bent, then noisy. Blender reads and writes it."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np

from ...core.sensor import Picture, add_noise, resample


def read_picture(file: Path) -> Picture:
    """Return an 8-bit picture's (H, W, 3) encoded values, 0 to 1, row 0 at the top."""
    image = bpy.data.images.load(str(file))
    try:
        width, height = image.size
        values = np.empty(width * height * image.channels, np.float32)
        image.pixels.foreach_get(values)
        return values.reshape(height, width, -1)[::-1, :, :3].copy()
    finally:
        bpy.data.images.remove(image)


def write_picture(file: Path, picture: Picture) -> None:
    """Write (H, W, 3) encoded values, 0 to 1, as 8-bit PNG."""
    height, width = picture.shape[:2]
    image = bpy.data.images.new("SynthData Picture", width, height, alpha=False)
    try:
        values = np.ones((height, width, 4), np.float32)
        values[..., :3] = picture[::-1]
        image.pixels.foreach_set(values.ravel())
        image.filepath_raw, image.file_format = str(file), "PNG"
        image.save()
    finally:
        bpy.data.images.remove(image)


def develop(
    file: Path,
    picture_at: np.ndarray | None,
    noise: tuple[tuple[float, float], np.random.Generator] | None,
) -> None:
    """Replace a picture's file by what a lens and a sensor make of it.

    Args:
        file: PNG of the undistorted render.
        picture_at: where in it each pixel is, (H, W, 2); None for a lens that does not distort.
        noise: shot and read noise, and what draws the grain; None without noise.
    """
    if picture_at is None and noise is None:
        return
    picture = read_picture(file)
    if picture_at is not None:
        picture = resample(picture, picture_at)
    if noise is not None:
        picture = add_noise(picture, *noise[0], noise[1])
    write_picture(file, picture)
