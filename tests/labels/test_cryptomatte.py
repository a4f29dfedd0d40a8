# SPDX-License-Identifier: GPL-3.0-or-later
"""Cryptomatte: hashes of names as published, and shares of pixels counted one by one."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from synthdata_addon.core.errors import DatasetError
from synthdata_addon.core.records import PixelKey, SeenInstance
from synthdata_addon.labels import cryptomatte
from synthdata_addon.labels.cryptomatte import hash_name
from synthdata_addon.labels.exr import read_ranks
from tests.exr_files import write_exr

LOW_EXPONENT, HIGH_EXPONENT = "Cup.297", "Cup.527"
"""Names whose hashes have an exponent of 0 and of 255."""
NAMES = (
    'Weird "q" \\b',
    "back\\slash\\",
    "Tasse ü 茶碗 🧙",
    "ä" * 127 + "x",
    LOW_EXPONENT,
    HIGH_EXPONENT,
    "a",
    "",
)


def owners(ranks, instances):
    """Owners where no name is that of several instances, which no centre is asked for."""
    found = cryptomatte.owners(ranks, instances, lambda: pytest.fail("There are no copies."))
    assert (found.unknown, found.unclear) == ((), 0)
    return found.ids


def seen(number, *names):
    return SeenInstance(number, 1, tuple(PixelKey(0, name=name) for name in names))


def ranked(samples, count):
    """Cryptomatte of a picture from many samples a pixel: (H, W, S) names (None: nothing) to ``count`` ranks."""
    height, width, per_pixel = samples.shape
    ids = np.zeros((count, height, width), np.uint32)
    shares = np.zeros((count, height, width), np.float32)
    for y in range(height):
        for x in range(width):
            found = Counter(name for name in samples[y, x].tolist() if name is not None)
            for rank, (name, number) in enumerate(found.most_common(count)):
                ids[rank, y, x], shares[rank, y, x] = hash_name(name), number / per_pixel
    return tuple((names.view(np.float32), share) for names, share in zip(ids, shares, strict=True))


@pytest.mark.parametrize(
    ("name", "bits"),
    # MurmurHash3_x86_32 with seed 0, by the author's own reference.
    [
        ("hello", 0x248BFA47),
        ("hello, world", 0x149BBB7F),
        ("The quick brown fox jumps over the lazy dog", 0x2E4FF723),
    ],
)
def test_hashes_are_murmur3(name, bits):
    assert hash_name(name) == bits


def test_every_hash_is_a_normal_float():
    names = [*NAMES, *(f"Cup.{number:04d}" for number in range(5000))]
    values = np.array([hash_name(name) for name in names], np.uint32).view(np.float32)
    assert np.isfinite(values).all()
    assert (np.abs(values) >= np.finfo(np.float32).tiny).all()


def test_the_exponent_rule_flips_one_bit():
    assert hash_name(LOW_EXPONENT) >> 23 & 0xFF == 1
    assert hash_name(HIGH_EXPONENT) >> 23 & 0xFF == 254


def test_sharp_pixels_of_any_name(tmp_path):
    samples = np.array([[[name] for name in NAMES[:-1]] + [[None]]], object)
    instances = tuple(seen(number, name) for number, name in enumerate(NAMES[:-1], start=1))
    assert owners(ranked(samples, 2), instances).tolist() == [[*range(1, len(NAMES)), 0]]


def test_the_largest_share_has_the_pixel():
    a, b, c, rest = "Cup", "Saucer", "Wall", None
    samples = np.array(
        [
            [
                [a] * 3 + [b] * 2,
                [a] * 2 + [rest] * 3,
                [a] * 2 + [b] * 2 + [rest],
                [a, a, b, c, rest],
                [c] * 3 + [a] * 2,
            ]
        ],
        object,
    )
    # The wall is not labelled: with the background it is as large as the cup in the fourth pixel, which the cup has.
    assert owners(ranked(samples, 4), (seen(1, a), seen(2, b))).tolist() == [[1, 0, 1, 1, 0]]


def test_parts_of_one_instance_add_up():
    samples = np.array([[["Leg"] * 2 + ["Seat"] * 2 + ["Cup"] * 3]], object)
    assert owners(ranked(samples, 4), (seen(1, "Leg", "Seat"), seen(2, "Cup"))).tolist() == [[1]]
    assert owners(ranked(samples, 4), (seen(1, "Leg"), seen(2, "Cup"))).tolist() == [[2]]


@given(
    hnp.arrays(
        np.intp, st.tuples(st.integers(1, 4), st.integers(1, 5), st.just(7)), elements=st.integers(0, 5)
    ),
    st.sampled_from([6, 16]),
)
def test_shares_counted_one_by_one(samples, count):
    names = np.array([None, "Wall", "Leg", "Seat", "Cup", "Saucer"], object)
    owner = np.array([0, 0, 1, 1, 2, 3])
    instances = (seen(1, "Leg", "Seat"), seen(2, "Cup"), seen(3, "Saucer"))
    found = owners(ranked(names[samples], count), instances)
    for place in np.ndindex(found.shape):
        shares = Counter(owner[samples[place]].tolist())
        most = max(shares.values())
        assert shares[int(found[place])] == most or (found[place] == 0 and most == shares[0])
        if shares[0] == most:
            # Of equal shares an instance wins; nothing labelled wins only with more than any.
            others = [number for value, number in shares.items() if value]
            assert (found[place] == 0) == (not others or max(others) < most)


def test_a_long_name_is_found_by_what_eevee_hashes_of_it():
    long, like_it, other = "x" * 62 + "a", "x" * 62 + "b", "y" * 62 + "ü"
    ranks = ranked(np.array([[["x" * 62], ["y" * 62], [long], [like_it]]], object), 2)
    assert owners(ranks, (seen(1, long), seen(2, other))).tolist() == [[1, 2, 1, 0]]
    # Two names that begin alike are told apart by Cycles and cannot be by EEVEE.
    assert owners(ranks, (seen(1, long), seen(2, like_it))).tolist() == [[0, 0, 1, 2]]
    assert owners(ranks, (seen(1, long), seen(3, "x" * 62))).tolist() == [[3, 0, 1, 0]]


def test_a_background_that_has_a_rank_of_its_own():
    """EEVEE writes what nothing covers as an id of 0 with a share."""
    names = np.zeros((3, 1, 2), np.uint32)
    shares = np.zeros((3, 1, 2), np.float32)
    names[1], names[2] = hash_name("Leg"), hash_name("Seat")
    shares[:, 0] = [[0.4, 0.6], [0.3, 0.2], [0.3, 0.2]]
    ranks = tuple(zip(names.view(np.float32), shares, strict=True))
    assert owners(ranks, (seen(1, "Leg", "Seat"),)).tolist() == [[1, 0]]


def test_copies_of_one_name_are_told_apart_by_the_nearest_centre():
    cup = "Cup"
    samples = np.full((1, 24, 1), None, object)
    samples[0, :9] = cup
    samples[0, 12] = "Plate"
    samples[0, 23] = cup
    centres = np.zeros((1, 24), np.uint16)
    centres[0, 2:4], centres[0, 4:7], centres[0, 7], centres[0, 12] = 5, 6, 9, 9
    instances = (seen(5, cup), seen(6, cup), seen(9, "Plate"))
    found = cryptomatte.owners(ranked(samples, 2), instances, lambda: centres)
    assert found.ids[0, :13].tolist() == [5, 5, 5, 5, 6, 6, 6, 6, 6, 0, 0, 0, 9]
    # The last cup is too far from any copy's centre.
    assert found.ids[0, 23] == 0
    assert found.unclear == 1


def test_parts_of_a_copy_add_up_before_it_is_told_apart():
    samples = np.array([[["Leg"] * 2 + ["Seat"] * 2 + ["Cup"] * 3]], object)
    instances = (seen(1, "Leg", "Seat"), seen(2, "Leg", "Seat"), seen(3, "Cup"))
    found = cryptomatte.owners(ranked(samples, 4), instances, lambda: np.array([[2]], np.uint16))
    assert found.ids.tolist() == [[2]]


def test_hashes_with_an_equal_lower_half_are_told_apart():
    by_half = {}
    for number in range(5000):
        by_half.setdefault(hash_name(f"Cup.{number}") & 0xFFFF, []).append(f"Cup.{number}")
    alike = [names for names in by_half.values() if len(names) > 1]
    assert len(alike) > 50
    # The first of each pair is somebody's, the second nobody's; then both are.
    samples = np.array(alike[0][:2] + alike[1][:2], object).reshape(1, 4, 1)
    one, both = seen(1, alike[0][0]), (seen(2, alike[1][0]), seen(3, alike[1][1]))
    assert owners(ranked(samples, 2), [one, *both]).tolist() == [[1, 0, 2, 3]]


def test_names_nobody_has_and_no_instances():
    samples = np.array([[["Wall"], ["Cup"]]], object)
    assert owners(ranked(samples, 2), ()).tolist() == [[0, 0]]
    assert owners(ranked(samples, 1), (seen(4, "Cup"),)).tolist() == [[0, 4]]


@pytest.mark.parametrize("modern", [False, True])
@pytest.mark.parametrize("capital", [False, True])
@pytest.mark.parametrize("packed", [False, True])
def test_ranks_come_back_bit_for_bit(tmp_path, modern, capital, packed):
    rng = np.random.default_rng(4)
    pictures = rng.integers(1 << 23, 1 << 30, (3, 4, 5, 7), dtype=np.uint32).view(np.float32)
    letters = "RGBA" if capital else "rgba"
    extra = {
        f"My.Layer.CryptoObject{number:02d}": dict(zip(letters, picture, strict=True))
        for number, picture in enumerate(pictures)
    }
    flat = np.zeros((5, 7), np.float32)
    file = write_exr(
        tmp_path / "a.exr",
        flat,
        np.zeros((5, 7, 3)),
        flat,
        layer="My.Layer",
        modern=modern,
        packed=packed,
        extra=extra,
    )
    ranks = read_ranks(file)
    assert len(ranks) == 6
    for number, (names, shares) in enumerate(ranks):
        picture = pictures[number // 2].view(np.uint32)
        first = 2 * (number % 2)
        assert np.array_equal(names.view(np.uint32), picture[first])
        assert np.array_equal(shares.view(np.uint32), picture[first + 1])


def test_a_file_without_cryptomatte(tmp_path):
    flat = np.zeros((5, 7), np.float32)
    file = write_exr(tmp_path / "a.exr", flat, np.zeros((5, 7, 3)), flat)
    with pytest.raises(DatasetError, match="no Cryptomatte Object pass"):
        read_ranks(file)
