# SPDX-License-Identifier: GPL-3.0-or-later
"""Passes out of real EXR files, under the names and layouts of Blender 4.x and 5.x."""

from __future__ import annotations

import numpy as np
import pytest

from synthdata_addon.core import aov
from synthdata_addon.core.errors import DatasetError
from synthdata_addon.labels.exr import read_ids, read_passes
from tests.exr_files import write_exr

HEIGHT, WIDTH = 6, 9


def passes():
    rng = np.random.default_rng(1)
    depth = rng.uniform(1, 9, (HEIGHT, WIDTH)).astype(np.float32)
    depth[0] = 1e10
    normal = rng.normal(size=(HEIGHT, WIDTH, 3)).astype(np.float32)
    index = rng.integers(0, 40000, (HEIGHT, WIDTH)).astype(np.float32)
    return depth, normal, index


@pytest.mark.parametrize("modern", [False, True])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("layer", ["ViewLayer", "My.Layer v1.2", "Z", "Schicht ä"])
def test_every_pass_comes_back_bit_for_bit(tmp_path, modern, packed, layer):
    depth, normal, index = passes()
    file = write_exr(tmp_path / "view.exr", depth, normal, index, layer=layer, modern=modern, packed=packed)
    read = read_passes(file)
    assert np.array_equal(read.depth, depth)
    assert np.array_equal(read.normal, normal)
    assert np.array_equal(read.index, index)
    assert (read.depth.dtype, read.normal.dtype, read.index.dtype) == (np.float32, np.float32, np.uint16)


@pytest.mark.parametrize("modern", [False, True])
@pytest.mark.parametrize("packed", [False, True])
def test_what_tells_copies_apart_is_read_where_it_is(tmp_path, modern, packed):
    rng = np.random.default_rng(3)
    random, solid, material = rng.random((3, HEIGHT, WIDTH), np.float32)
    layers = rng.random((4, 4, HEIGHT, WIDTH), np.float32)
    extra = {
        f"ViewLayer.{aov.RANDOM}": {"X": random},
        f"ViewLayer.{'Material Index' if modern else 'IndexMA'}": {"X": material},
        **{
            f"ViewLayer.{name}": dict(zip("RGBA", layer, strict=True))
            for name, layer in zip(aov.RANDOM_LAYERS, layers, strict=True)
        },
        # Passes of the solid layer, which comes first in the file, are not taken for the view's.
        f"{aov.SOLID_LAYER}.{aov.RANDOM}": {"X": solid},
        f"{aov.SOLID_LAYER}.Depth": {"Z": solid},
        f"{aov.SOLID_LAYER}.Normal": dict.fromkeys("XYZ", solid),
        f"{aov.SOLID_LAYER}.{'Object Index' if modern else 'IndexOB'}": {"X": solid},
    }
    depth, normal, index = passes()
    read = read_passes(
        write_exr(tmp_path / "a.exr", depth, normal, index, modern=modern, packed=packed, extra=extra)
    )
    assert np.array_equal(read.depth, depth)
    assert np.array_equal(read.index, index)
    assert np.array_equal(read.random, random)
    assert np.array_equal(read.solid_random, solid)
    assert np.array_equal(read.material, material)
    assert np.array_equal(read.random_layers, layers[:, :3].reshape(12, HEIGHT, WIDTH))


def test_what_tells_copies_apart_may_be_missing(tmp_path):
    read = read_passes(write_exr(tmp_path / "a.exr", *passes()))
    assert (read.random, read.random_layers, read.solid_random, read.material) == (None, (), None, None)


@pytest.mark.parametrize("modern", [False, True])
def test_the_object_index_alone(tmp_path, modern):
    depth, normal, index = passes()
    file = write_exr(tmp_path / "a.exr", depth, normal, index, modern=modern, drop=("Depth", "Normal"))
    assert np.array_equal(read_ids(file), index)
    with pytest.raises(DatasetError, match="no Object Index pass"):
        read_ids(write_exr(tmp_path / "b.exr", depth, normal, index, drop=("IndexOB",)))


def test_the_first_row_is_the_top(tmp_path):
    depth, normal, index = passes()
    index[:] = 0
    index[0, WIDTH - 1] = 7
    read = read_passes(write_exr(tmp_path / "view.exr", depth, normal, index))
    assert read.index[0, -1] == 7
    assert int(read.index.sum()) == 7


def test_depth_directly_in_the_layer(tmp_path):
    import OpenEXR

    depth, normal, index = passes()
    channels = {
        "L.Z": depth,
        "L.IndexOB.X": index,
        **{f"L.Normal.{c}": normal[..., i].copy() for i, c in enumerate("XYZ")},
    }
    with OpenEXR.File(
        {"type": OpenEXR.scanlineimage, "compression": OpenEXR.NO_COMPRESSION}, channels
    ) as file:
        file.write(str(tmp_path / "view.exr"))
    assert np.array_equal(read_passes(tmp_path / "view.exr").depth, depth)


@pytest.mark.parametrize(
    ("drop", "word"), [("IndexOB", "Object Index"), ("Depth", "Depth"), ("Normal", "Normal")]
)
def test_a_missing_pass_is_named(tmp_path, drop, word):
    file = write_exr(tmp_path / "000007.exr", *passes(), drop=(drop,))
    with pytest.raises(DatasetError, match=f"000007.exr.* has no {word} pass") as caught:
        read_passes(file)
    assert caught.value.code == "dataset.pass_missing"
    assert "ViewLayer.Combined.R" in caught.value.message


def test_a_picture_without_any_of_the_passes(tmp_path):
    file = write_exr(tmp_path / "a.exr", *passes(), drop=("IndexOB", "Depth", "Normal"))
    with pytest.raises(DatasetError, match="no Depth or Object Index or Normal pass"):
        read_passes(file)


@pytest.mark.parametrize("content", [b"", b"not an EXR at all", None])
@pytest.mark.parametrize("packed", [False, True])
def test_an_unreadable_file(tmp_path, content, packed):
    file = tmp_path / "000003.exr"
    if content is None:
        whole = write_exr(file, *passes(), packed=packed).read_bytes()
        content = whole[: len(whole) // 2]
    file.write_bytes(content)
    with pytest.raises(DatasetError, match=r"000003\.exr") as caught:
        read_passes(file)
    assert caught.value.code == "dataset.bad_exr"


def test_a_file_may_be_deleted_while_its_passes_are_in_use(tmp_path):
    depth, normal, index = passes()
    file = write_exr(tmp_path / "a.exr", depth, normal, index, packed=False)
    read = read_passes(file)
    file.write_bytes(bytes(file.stat().st_size))
    file.unlink()
    assert np.array_equal(read.depth, depth)
    assert np.array_equal(read.normal, normal)
    assert np.array_equal(read.index, index)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(DatasetError, match="missing"):
        read_passes(tmp_path / "000004.exr")


@pytest.mark.parametrize("value", [-1.0, 70000.0, np.nan, np.inf])
def test_an_index_no_object_can_have(tmp_path, value):
    depth, normal, index = passes()
    index[2, 2] = value
    with pytest.raises(DatasetError, match="outside 0 to 65535"):
        read_passes(write_exr(tmp_path / "a.exr", depth, normal, index))
