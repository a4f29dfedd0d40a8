# SPDX-License-Identifier: GPL-3.0-or-later
"""Edge recall and contrast: on drawn truth, and on errors planted into real pictures.

The pictures in ``tests/data/fidelity`` are the demo's eight views of the example room at 256 x 256 with their exact
masks: Cycles' finished render at 12 samples, and two styles of the embedded model, which blurs and sometimes leaves out
small things. Masks are as the job wrote them, pictures are JPEGs of quality 90.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from synthdata_addon.labels.fidelity.measures import MIN_POINTS, measure
from synthdata_addon.labels.fidelity.outline import outline

DATA = Path(__file__).parents[1] / "data" / "fidelity"
VIEWS = tuple(range(8))
KINDS = ("render", "office", "teenager")
SMALLEST = 256
"""Pixels of an instance in the planted cases: a four-hundredth of the picture."""
CASES = 100
SHIFT = 8


def disc(size=96, radius=20, centre=(48, 48)):
    y, x = np.mgrid[:size, :size]
    return ((x - centre[0]) ** 2 + (y - centre[1]) ** 2 < radius**2).astype(np.uint16)


def coloured(ids, *colours):
    return np.array(colours, np.uint8)[ids]


def test_points_lie_on_the_outline_and_lead_out():
    points = outline(disc().astype(bool))
    x, y = points.x - 48, points.y - 48
    assert np.hypot(x, y) == pytest.approx(19.5, abs=1.0)
    assert (x * points.out_x + y * points.out_y) / np.hypot(x, y) == pytest.approx(1.0, abs=0.05)


def test_what_the_edge_of_the_picture_cuts_off_is_no_outline():
    ids = np.zeros((40, 60), np.uint16)
    ids[:, :30] = 1
    points = outline(ids == 1)
    assert len(points) == 40
    assert set(points.x.tolist()) == {29.5}
    assert not len(outline(np.ones((20, 20), bool)))


def test_a_thing_that_stands_out_scores_high_and_one_that_is_not_there_nothing():
    ids = disc()
    (seen,) = measure(coloured(ids, (200, 200, 190), (90, 40, 40)), ids, [1]).values()
    assert seen.edge_recall > 0.95
    assert seen.contrast > 0.7
    (gone,) = measure(coloured(ids, (90, 40, 40), (90, 40, 40)), ids, [1]).values()
    assert gone.fidelity == gone.edge_recall == gone.contrast == 0.0


def test_a_busy_texture_is_no_outline():
    ids = disc()
    noise = np.random.default_rng(0).integers(0, 256, (96, 96, 3)).astype(np.uint8)
    (busy,) = measure(noise, ids, [1]).values()
    (seen,) = measure(coloured(ids, (200, 200, 190), (90, 40, 40)), ids, [1]).values()
    assert busy.edge_recall < 0.6 * seen.edge_recall
    assert busy.contrast < 0.55


def test_only_what_shows_enough_outline_is_measured():
    ids = disc(radius=2) + 2 * disc(radius=15, centre=(80, 80))
    found = measure(np.zeros((96, 96, 3), np.uint8), ids, [1, 2, 3])
    assert list(found) == [2]
    assert found[2].points > MIN_POINTS


def test_sizes_must_agree():
    with pytest.raises(ValueError, match="64 x 32 pixels, its labels 96 x 96"):
        measure(np.zeros((32, 64, 3), np.uint8), disc(), [1])


def test_colours_are_not_scaled_by_where_the_thing_is():
    ids = disc()
    picture = coloured(ids, (200, 200, 190), (90, 40, 40))
    turned = measure(np.rot90(picture).copy(), np.rot90(ids).copy(), [1])[1]
    assert turned.fidelity == pytest.approx(measure(picture, ids, [1])[1].fidelity, abs=0.02)


def read(name):
    return np.array(Image.open(DATA / name))


def planted(error, picture, other, ids, number, turn):
    """Return picture and labels of one instance with an error planted."""
    if error == "shifted":
        dx, dy = (round(SHIFT * f(turn)) for f in (np.cos, np.sin))
        moved = np.zeros_like(ids)
        h, w = ids.shape
        moved[max(0, dy) : h + min(0, dy), max(0, dx) : w + min(0, dx)] = ids[
            max(0, -dy) : h - max(0, dy), max(0, -dx) : w - max(0, dx)
        ]
        return picture, moved
    if error == "painted out":
        hole = cv2.dilate((ids == number).astype(np.uint8), np.ones((7, 7)))
        return cv2.inpaint(picture, hole, 3, cv2.INPAINT_TELEA), ids
    return other, ids


@pytest.fixture(scope="module")
def cases():
    """Measures of every instance that is large enough, as it is and with each error planted."""
    rng = np.random.default_rng(1)
    right, wrong = [], []
    for at, view in enumerate(VIEWS):
        ids = read(f"{view}_ids.png")
        numbers = [
            n for n, area in zip(*np.unique(ids, return_counts=True), strict=True) if n and area >= SMALLEST
        ]
        for kind in KINDS:
            picture, other = (read(f"{v}_{kind}.jpg") for v in (view, VIEWS[(at + 2) % len(VIEWS)]))
            known = measure(picture, ids, numbers)
            for number, measures in known.items():
                right.append(measures)
                for error in ("shifted", "painted out", "swapped"):
                    spoilt, labels = planted(error, picture, other, ids, number, rng.integers(8) * np.pi / 4)
                    found = measure(spoilt, labels, [number]).get(number)
                    if found is not None:
                        wrong.append((error, measures, found))
    return right, wrong


@pytest.mark.parametrize("error", ["shifted", "painted out", "swapped"])
@pytest.mark.parametrize("name", ["edge_recall", "contrast", "fidelity"])
def test_each_error_lowers_each_score(cases, error, name):
    pairs = [(getattr(a, name), getattr(b, name)) for kind, a, b in cases[1] if kind == error]
    assert len(pairs) > 50
    before, after = np.array(pairs).T
    assert after.mean() < 0.8 * before.mean()
    assert (after < before).mean() > 0.75


def test_planted_errors_rank_below_what_is_right(cases):
    right, wrong = cases
    assert len(wrong) >= CASES
    good = np.array([item.fidelity for item in right])
    bad = np.array([found.fidelity for _, _, found in wrong])
    higher = (good[:, None] > bad).mean() + 0.5 * (good[:, None] == bad).mean()
    assert higher >= 0.95, f"AUC {higher:.3f}"
