# SPDX-License-Identifier: GPL-3.0-or-later
"""Packed files against the library's reading of the unpacked ones."""

from __future__ import annotations

import numpy as np
import OpenEXR
import pytest

from synthdata_addon.core.unpacked_exr import write_unpacked
from synthdata_addon.labels.exr import read_passes, read_ranks
from synthdata_addon.labels.packing import pack
from tests.exr_files import write_exr

MANIFEST = {
    "cryptomatte/f834d0a/name": "ViewLayer.CryptoObject",
    "cryptomatte/f834d0a/hash": "MurmurHash3_32",
    "cryptomatte/f834d0a/conversion": "uint32_to_float32",
    "cryptomatte/f834d0a/manifest": '{"Cube":"b2f4f0a1"}',
}


def passes(height=40, width=30):
    rng = np.random.default_rng(3)
    return (
        rng.uniform(1, 9, (height, width)).astype(np.float32),
        rng.normal(size=(height, width, 3)).astype(np.float32),
        rng.integers(0, 9, (height, width)).astype(np.float32),
    )


def contents(path):
    """What the library finds: the codec and the channels of each part."""
    with OpenEXR.File(str(path), separate_channels=True) as file:
        return [
            (
                part.name(),
                part.header["compression"],
                {name: channel.pixels.tobytes() for name, channel in part.channels.items()},
            )
            for part in file.parts
        ]


@pytest.mark.parametrize("modern", [False, True])
def test_packed_passes_are_the_unpacked_ones_bit_for_bit(tmp_path, modern):
    path = write_exr(tmp_path / "a.exr", *passes(), modern=modern, packed=False)
    before, size = contents(path), path.stat().st_size
    pack(path)
    assert contents(path) == [(name, OpenEXR.ZIP_COMPRESSION, found) for name, _, found in before]
    assert path.stat().st_size < size
    assert [file.name for file in tmp_path.iterdir()] == ["a.exr"]


def test_labels_are_read_from_a_packed_file_of_ours(tmp_path):
    depth, normal, index = passes()
    named = {f"ViewLayer.Normal.{axis}": normal[..., i] for i, axis in enumerate("XYZ")}
    path = tmp_path / "a.exr"
    write_unpacked(path, {"ViewLayer.Depth.Z": depth, "ViewLayer.IndexOB.X": index, **named})
    pack(path)
    read = read_passes(path)
    assert np.array_equal(read.depth, depth)
    assert np.array_equal(read.normal, normal)
    assert np.array_equal(read.index, index)


def test_the_header_keeps_names_and_loses_when_and_where(tmp_path):
    ranks = {f"ViewLayer.CryptoObject00.{c}": passes()[0] for c in "rgba"}
    told = {"Date": "2026/11/23 04:30:20", "File": "/home/jo/scene.blend", "RenderTime": "00:00.14"}
    header = {"compression": OpenEXR.NO_COMPRESSION, "type": OpenEXR.scanlineimage, **MANIFEST}
    paths = [tmp_path / "a.exr", tmp_path / "b.exr"]
    for path, notes in zip(paths, ({}, told), strict=True):
        with OpenEXR.File(
            {**header, **notes, "BlenderMultiChannel": "Blender V2.55.1 and newer"}, ranks
        ) as file:
            file.write(str(path))
        pack(path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    with OpenEXR.File(str(paths[1]), header_only=True) as file:
        kept = dict(file.parts[0].header)
    assert {name: kept[name] for name in MANIFEST} == MANIFEST
    assert kept["BlenderMultiChannel"] == "Blender V2.55.1 and newer"
    assert len(read_ranks(paths[1])) == 2


def test_a_window_that_does_not_begin_at_nought_stays(tmp_path):
    window = (np.array([-2, -3], np.int32), np.array([2, 0], np.int32))
    header = {"compression": OpenEXR.NO_COMPRESSION, "type": OpenEXR.scanlineimage, "dataWindow": window}
    with OpenEXR.File(header, {"a.b.X": np.ones((4, 5), np.float32)}) as file:
        file.write(str(tmp_path / "a.exr"))
    pack(tmp_path / "a.exr")
    with OpenEXR.File(str(tmp_path / "a.exr"), header_only=True) as file:
        assert np.array_equal(file.parts[0].header["dataWindow"], window)


def test_a_packed_file_stays_as_it_is(tmp_path):
    path = write_exr(tmp_path / "a.exr", *passes(), packed=True)
    data, stamp = path.read_bytes(), path.stat().st_mtime_ns
    pack(path)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (data, stamp)
