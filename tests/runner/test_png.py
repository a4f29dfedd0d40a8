# SPDX-License-Identifier: GPL-3.0-or-later
"""Our PNG files in other people's readers."""

from __future__ import annotations

import numpy as np
import pytest

from synthdata_addon.runner.png import write_png

SHAPES = [(1, 1), (1, 9), (9, 1), (48, 64), (300, 230)]


def pictures(height, width):
    rng = np.random.default_rng(height * 1000 + width)
    yield rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    yield rng.integers(0, 65536, (height, width), dtype=np.uint16)
    yield rng.integers(0, 256, (height, width), dtype=np.uint8)
    yield (np.arange(height * width) % 65521).astype(np.uint16).reshape(height, width)
    yield np.full((height, width, 3), (255, 0, 7), np.uint8)[::-1, ::-1]


@pytest.mark.parametrize("shape", SHAPES)
def test_opencv_reads_every_value(tmp_path, shape):
    cv2 = pytest.importorskip("cv2")
    for picture in pictures(*shape):
        write_png(tmp_path / "a.png", picture)
        read = cv2.imread(str(tmp_path / "a.png"), cv2.IMREAD_UNCHANGED)
        assert read.dtype == picture.dtype
        assert np.array_equal(read[..., ::-1] if picture.ndim == 3 else read, picture)


@pytest.mark.parametrize("shape", SHAPES)
def test_pillow_reads_every_value(tmp_path, shape):
    image = pytest.importorskip("PIL.Image")
    for picture in pictures(*shape):
        write_png(tmp_path / "a.png", picture)
        with image.open(tmp_path / "a.png") as read:
            read.verify()
        with image.open(tmp_path / "a.png") as read:
            assert read.mode == ("RGB" if picture.ndim == 3 else {1: "L", 2: "I;16"}[picture.itemsize])
            assert np.array_equal(np.asarray(read), picture)


@pytest.mark.parametrize(
    "picture", [np.zeros((2, 2), np.int32), np.zeros((2, 2, 4), np.uint8), np.zeros((2, 2, 3), np.float32)]
)
def test_other_arrays_are_refused(tmp_path, picture):
    with pytest.raises(ValueError, match="neither"):
        write_png(tmp_path / "a.png", picture)
