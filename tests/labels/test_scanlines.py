# SPDX-License-Identifier: GPL-3.0-or-later
"""Mapped channels against the OpenEXR library's own reading, and files that are not what they seem."""

from __future__ import annotations

import numpy as np
import OpenEXR
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthdata_addon.labels.scanlines import map_channels
from tests.exr_files import write_exr

UNPACKED = {"compression": OpenEXR.NO_COMPRESSION, "type": OpenEXR.scanlineimage}


def passes(height=5, width=7):
    rng = np.random.default_rng(2)
    return (
        rng.uniform(1, 9, (height, width)).astype(np.float32),
        rng.normal(size=(height, width, 3)).astype(np.float32),
        rng.integers(0, 9, (height, width)).astype(np.float32),
    )


def library(path):
    with OpenEXR.File(str(path), separate_channels=True) as file:
        return {
            name if "." in name or not part.name() else f"{part.name()}.{name}": channel.pixels
            for part in file.parts
            for name, channel in part.channels.items()
        }


def assert_same(path):
    mapped, read = map_channels(path), library(path)
    assert mapped is not None
    assert mapped.keys() == read.keys()
    for name, pixels in read.items():
        assert mapped[name].dtype == pixels.dtype
        assert np.array_equal(mapped[name], pixels)


@pytest.mark.parametrize("modern", [False, True])
@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (6, 1), (33, 17)])
def test_channels_equal_the_library_s(tmp_path, modern, shape):
    assert_same(write_exr(tmp_path / "a.exr", *passes(*shape), modern=modern, packed=False))


def test_channels_of_several_types_and_an_offset_window(tmp_path):
    rng = np.random.default_rng(0)
    channels = {
        "a": rng.normal(size=(4, 5)).astype(np.float16),
        "b": rng.integers(0, 1 << 32, (4, 5), dtype=np.uint32),
        "c": rng.normal(size=(4, 5)).astype(np.float32),
    }
    window = (np.array([-2, -3], np.int32), np.array([2, 0], np.int32))
    with OpenEXR.File({**UNPACKED, "dataWindow": window}, channels) as file:
        file.write(str(tmp_path / "a.exr"))
    assert_same(tmp_path / "a.exr")


def test_packed_tiled_and_foreign_files_are_left_to_the_library(tmp_path):
    assert map_channels(write_exr(tmp_path / "zip.exr", *passes())) is None
    tiles = {
        "compression": OpenEXR.NO_COMPRESSION,
        "type": OpenEXR.tiledimage,
        "tiles": OpenEXR.TileDescription(),
    }
    with OpenEXR.File(tiles, {"Z": passes()[0]}) as file:
        file.write(str(tmp_path / "tiles.exr"))
    assert map_channels(tmp_path / "tiles.exr") is None
    (tmp_path / "empty.exr").write_bytes(b"")
    assert map_channels(tmp_path / "empty.exr") is None


@pytest.mark.parametrize("modern", [False, True])
def test_a_file_cut_anywhere_is_not_mapped(tmp_path, modern):
    whole = write_exr(tmp_path / "a.exr", *passes(), modern=modern, packed=False).read_bytes()
    torn = tmp_path / "torn.exr"
    for length in range(0, len(whole), 13):
        torn.write_bytes(whole[:length])
        assert map_channels(torn) is None, length


@pytest.mark.parametrize("modern", [False, True])
def test_a_hole_longer_than_a_row_is_found(tmp_path, modern):
    """A file may have its length but zeros in place of what did not reach the disk."""
    whole = write_exr(tmp_path / "a.exr", *passes(64, 64), modern=modern, packed=False).read_bytes()
    hole = tmp_path / "hole.exr"
    for start in range(0, len(whole) - 4096, 997):
        hole.write_bytes(whole[:start] + bytes(4096) + whole[start + 4096 :])
        assert map_channels(hole) is None, start


@settings(max_examples=300, deadline=None)
@given(place=st.floats(0, 1), value=st.binary(min_size=1, max_size=8), modern=st.booleans())
def test_spoilt_headers_raise_nothing(tmp_path_factory, place, value, modern):
    folder = tmp_path_factory.mktemp("fuzz")
    data = bytearray(write_exr(folder / "a.exr", *passes(2, 2), modern=modern, packed=False).read_bytes())
    start = int(place * (len(data) - len(value)))
    data[start : start + len(value)] = value
    (folder / "b.exr").write_bytes(data)
    channels = map_channels(folder / "b.exr")
    assert channels is None or all(pixels.ndim == 2 for pixels in channels.values())
