# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that we write against the OpenEXR library's reading of them, and against our own."""

from __future__ import annotations

import numpy as np
import OpenEXR
import pytest

from synthdata_addon.core import unpacked_exr
from synthdata_addon.core.unpacked_exr import is_packed, write_unpacked
from synthdata_addon.labels.scanlines import map_channels
from tests.exr_files import write_exr

LONG = f"A view layer of {'many ' * 9}words.Object Index.X"


def channels(height, width, names=("View Layer.Normal.Z", "View Layer.Depth.Z", "Zoë.Normal.X")):
    rng = np.random.default_rng(height * width)
    return {name: rng.normal(size=(height, width)).astype(np.float32) for name in names}


def library(path):
    with OpenEXR.File(str(path), separate_channels=True) as file:
        (part,) = file.parts
        return dict(part.header), {name: channel.pixels for name, channel in part.channels.items()}


def bits(pixels):
    return np.ascontiguousarray(pixels, np.float32).view(np.uint32)


@pytest.mark.parametrize("block_bytes", [1, 5000, 1 << 21])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (37, 21)])
def test_the_library_reads_what_was_written(tmp_path, monkeypatch, shape, block_bytes):
    monkeypatch.setattr(unpacked_exr, "BLOCK_BYTES", block_bytes)
    given = channels(*shape)
    write_unpacked(tmp_path / "a.exr", given)
    header, read = library(tmp_path / "a.exr")
    assert header["compression"] == OpenEXR.NO_COMPRESSION
    assert header["type"] == OpenEXR.scanlineimage
    assert [tuple(corner) for corner in header["dataWindow"]] == [(0, 0), (shape[1] - 1, shape[0] - 1)]
    mapped = map_channels(tmp_path / "a.exr")
    assert read.keys() == mapped.keys() == given.keys()
    for name, pixels in given.items():
        assert np.array_equal(read[name], pixels)
        assert np.array_equal(mapped[name], pixels)


def test_every_bit_is_kept_also_of_what_is_no_number(tmp_path):
    odd = np.array([[0x7FC00001, 0x7F800000, 0xFF800000, 0x80000000, 0x00000001]], np.uint32).view(np.float32)
    write_unpacked(tmp_path / "a.exr", {"a.b.X": odd})
    assert np.array_equal(bits(library(tmp_path / "a.exr")[1]["a.b.X"]), bits(odd))


def test_views_of_other_arrays_are_taken_as_they_are_seen(tmp_path):
    whole = np.random.default_rng(1).normal(size=(6, 5, 3)).astype(np.float32)
    write_unpacked(tmp_path / "a.exr", {f"n.{axis}": whole[::-1, :, i] for i, axis in enumerate("XYZ")})
    read = library(tmp_path / "a.exr")[1]
    for number, axis in enumerate("XYZ"):
        assert np.array_equal(read[f"n.{axis}"], whole[::-1, :, number])


def test_names_longer_than_31_bytes_are_kept(tmp_path):
    given = channels(3, 4, (LONG, "short.X"))
    write_unpacked(tmp_path / "a.exr", given)
    assert library(tmp_path / "a.exr")[1].keys() == map_channels(tmp_path / "a.exr").keys() == given.keys()


def test_equal_passes_are_equal_files(tmp_path):
    for name in "ab":
        write_unpacked(tmp_path / name, channels(8, 9))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    "given", [{}, {"a.X": np.zeros((2, 3), np.float32), "b.X": np.zeros((3, 2), np.float32)}]
)
def test_channels_that_are_no_picture_are_refused(tmp_path, given):
    with pytest.raises(ValueError, match="not of one size"):
        write_unpacked(tmp_path / "a.exr", given)
    assert not (tmp_path / "a.exr").exists()


def test_files_are_told_apart_by_their_codec(tmp_path):
    write_unpacked(tmp_path / "ours.exr", channels(5, 6))
    plain = np.ones((5, 6), np.float32)
    for modern in (False, True):
        for packed in (False, True):
            path = write_exr(
                tmp_path / "a.exr", plain, np.ones((5, 6, 3)), plain, modern=modern, packed=packed
            )
            assert is_packed(path) is packed
    assert not is_packed(tmp_path / "ours.exr")
    for cut in (0, 30, 90):
        (tmp_path / "torn.exr").write_bytes(path.read_bytes()[:cut])
        assert not is_packed(tmp_path / "torn.exr")
