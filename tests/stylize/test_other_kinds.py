# SPDX-License-Identifier: GPL-3.0-or-later
"""Zoe's and LeReS's depth and colours of instances, on scenes whose pixels can be said beforehand."""

from __future__ import annotations

import numpy as np
import pytest

from synthdata_addon.stylize.depth_linear import leres, zoe
from synthdata_addon.stylize.instances import instance_colours

FAR_AWAY = 1e10


def floor_seen_from_above() -> np.ndarray:
    """101 distances from 2 to 3, evenly, one a column, with a row of sky."""
    z = np.tile(np.linspace(2.0, 3.0, 101, dtype=np.float32), (5, 1))
    z[0] = FAR_AWAY
    return z


def test_leres_is_linear_in_distance_over_the_sweeps_range():
    image = leres(floor_seen_from_above(), 2.0, 3.0)
    assert (image[0] == 0).all()
    # Halfway between the ends is 127.5, which is rounded up.
    assert [int(image[1, x]) for x in (0, 20, 50, 100)] == [255, 204, 128, 0]
    wide = leres(floor_seen_from_above(), 1.0, 5.0)
    assert [int(wide[1, x]) for x in (0, 100)] == [191, 128]
    near = leres(floor_seen_from_above(), 2.5, 3.0)
    assert (near[1, :50] == 255).all(), "nearer than the range is white"


def test_zoe_stretches_the_second_to_the_85th_percentile():
    image = zoe(floor_seen_from_above())
    # Of 101 even steps the percentiles are columns 2 and 85: 255 * (85 - x) / 83 between them.
    expected = [min(255, max(0, int(np.floor(255 * (85 - x) / 83 + 0.5)))) for x in range(101)]
    assert np.abs(image[1].astype(int) - expected).max() <= 1, "float32 distances"
    assert (image[0] == 0).all()
    assert (image[1, :3] == 255).all()
    assert (image[1, 86:] == 0).all()


def test_a_wall_and_an_empty_view():
    wall = np.full((4, 6), 2.5, np.float32)
    wall[:, 0] = FAR_AWAY
    for image in (zoe(wall), leres(wall, 2.5, 2.5)):
        assert (image[:, 0] == 0).all()
        assert (image[:, 1:] == 128).all()
    assert not zoe(np.full((4, 6), FAR_AWAY, np.float32)).any()
    with pytest.raises(ValueError, match="0 < near <= far"):
        leres(wall, 0.0, 1.0)


def test_every_instance_has_a_colour_of_its_own():
    ids = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    colours = instance_colours(ids).reshape(-1, 3)
    assert len(np.unique(colours, axis=0)) == 65536
    assert tuple(colours[0]) == (0, 0, 0)
    # 0x9E3779, and twice as much without its 25th bit.
    assert tuple(colours[1]) == (0x9E, 0x37, 0x79)
    assert tuple(colours[2]) == (0x3C, 0x6E, 0xF2)
    near = np.abs(np.diff(colours[:200].astype(int), axis=0)).sum(axis=1)
    assert near.min() > 100, "neighbours in number are far apart in colour"
