# SPDX-License-Identifier: GPL-3.0-or-later
"""What a PNG says of its making goes, and its pixels stay."""

from __future__ import annotations

import io

import numpy as np
import pytest

from synthdata_addon.core.png_text import without_text

Image = pytest.importorskip("PIL.Image")


def test_text_and_time_go_and_pixels_stay():
    from PIL.PngImagePlugin import PngInfo

    pixels = np.random.default_rng(1).integers(0, 255, (7, 9, 3), np.uint8)
    text = PngInfo()
    text.add_text("RenderTime", "00:01.15")
    text.add_text("File", "a path", zip=True)
    text.add_itxt("Note", "é")
    plain, talking = io.BytesIO(), io.BytesIO()
    Image.fromarray(pixels).save(plain, "PNG")
    Image.fromarray(pixels).save(talking, "PNG", pnginfo=text)
    assert without_text(talking.getvalue()) == plain.getvalue()
    assert without_text(plain.getvalue()) == plain.getvalue()


def test_what_is_no_whole_png_stays():
    buffer = io.BytesIO()
    Image.new("RGB", (3, 3)).save(buffer, "PNG")
    for data in (b"", b"text", buffer.getvalue()[:-5], buffer.getvalue() + b"more"):
        assert without_text(data) == data
