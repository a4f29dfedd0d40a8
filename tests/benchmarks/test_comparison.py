# SPDX-License-Identifier: GPL-3.0-or-later
"""The comparison's arithmetic: masks paired with truth, processes measured with all their children, figures a view."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pycocotools import mask as coco

from benchmarks.peers.figures import Cost, figures, growth, median
from benchmarks.peers.process import Mark, Measured, SideFailedError, measure
from benchmarks.peers.report import report
from benchmarks.peers.score import pair, score

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads the tables of Linux' kernel")
ROOT = Path(__file__).resolve().parents[2]


def runs(x0: int, x1: int) -> dict:
    """Return the run lengths of a 10 x 4 picture whose columns from x0 to x1 are set."""
    mask = np.zeros((4, 10), np.uint8, order="F")
    mask[:, x0:x1] = 1
    return coco.encode(mask)


def truth(*instances: tuple[str, str, int, int]) -> dict:
    known = [
        {"name": name, "category": name[0], "group": group, "counts": runs(x0, x1)["counts"].decode()}
        for name, group, x0, x1 in instances
    ]
    return {"size": [10, 4], "categories": {}, "instances": known}


def test_the_best_pairs_are_made_first_and_nobody_is_taken_twice():
    overlaps = np.array([[0.9, 0.8], [0.95, 0.0], [0.0, 0.0]])
    assert pair(overlaps).tolist() == [0.8, 0.95, 0.0]
    assert pair(np.zeros((2, 0))).tolist() == [0.0, 0.0]


def test_one_annotation_over_two_copies_counts_for_one_of_them():
    known = truth(("cup 1", "copies", 0, 3), ("cup 2", "copies", 3, 6), ("dog", "objects", 6, 10))
    groups, extra = score(known, [("c", runs(0, 6)), ("d", runs(6, 10))])
    assert (groups["copies"].exact, groups["copies"].missing) == (0, 1)
    assert groups["copies"].mean_iou == pytest.approx((12 / 24) / 2)
    assert (groups["objects"].exact, groups["objects"].mean_iou) == (1, 1.0)
    assert (groups["all"].instances, extra) == (3, 0)


def test_the_right_mask_under_the_wrong_category_is_missing_and_an_annotation_too_many():
    groups, extra = score(truth(("cup", "objects", 0, 5)), [("d", runs(0, 5))])
    assert (groups["all"].missing, extra) == (1, 1)
    assert score(truth(("cup", "objects", 0, 5)), [])[0]["all"].missing == 1


CHILD = "import time\nwhile time.process_time() < 0.3: pass"
PARENT = f"""
import subprocess, sys
sys.path.insert(0, {str(ROOT)!r})
import json
from benchmarks.peers.process import say
asked = json.load(sys.stdin)
say("ready")
held = bytearray(b"x" * asked["bytes"])
subprocess.run([sys.executable, "-c", {CHILD!r}], check=True)
say("done")
print("a last word")
sys.exit(asked["status"])
"""


@linux
def test_what_a_child_uses_is_its_parents_and_the_most_memory_is_seen(tmp_path):
    held = 200_000_000
    found = measure([sys.executable, "-c", PARENT], {"bytes": held, "status": 0}, tmp_path / "log", {})
    ready, done = found.marks
    assert (ready.name, done.name) == ("ready", "done")
    # The kernel counts in ticks of 10 ms.
    assert done.cpu - ready.cpu >= 0.28
    assert found.peak >= max(0.9 * held, ready.memory)


@linux
def test_a_side_that_fails_is_an_error_with_the_end_of_its_log(tmp_path):
    with pytest.raises(SideFailedError, match="status 3:\na last word"):
        measure([sys.executable, "-c", PARENT], {"bytes": 1, "status": 3}, tmp_path / "log", {})


def marks(*named: tuple[str, float]) -> Measured:
    """Return marks at which the processor had worked half as long as the clock went, peak 3 MB."""
    return Measured([Mark(name, when, when / 2, 1_000_000) for name, when in named], 3_000_000)


def test_each_stage_is_shared_by_the_views_it_is_done_for():
    peer = marks(
        ("ready", 4),
        ("view", 10),
        ("view", 12),
        ("view", 14),
        ("rendered", 15),
        ("loaded", 18),
        ("written", 21),
    )
    peer.marks.append(Mark("done", 27, 13.5, 0))
    found = figures("blenderproc", peer, 3)
    assert found.startup == Cost(4, 2)
    assert found.first == Cost(6, 3)
    assert {name: cost.wall for name, cost in found.stages.items()} == {
        "render": 2.5,
        "read": 1,
        "HDF5": 1,
        "COCO": 2,
    }
    assert found.view == Cost(6.5, 3.25)
    own = figures("synthdata", marks(("ready", 4), ("first", 8), ("view", 8), ("view", 9), ("done", 14)), 4)
    assert (own.view, own.first_views) == (Cost(2, 1), 1)
    batch = marks(
        ("ready", 4), ("view", 6), ("view", 8), ("first", 8), ("view", 9), ("view", 12), ("done", 14)
    )
    assert figures("synthdata", batch, 4).view == Cost(3, 1.5)
    assert median([own, own, replace(own, view=Cost(9, 9), peak=7.0)]) == own


def test_memory_grows_from_the_warm_view_to_the_most_after_it():
    held = [9, 2, 3, 3, 7, 1]
    found = growth(Measured([Mark("view", 0, 0, int(1e6 * value)) for value in held]), 2)
    assert found == {"warm": 2.0, "most": 7.0, "a_view": 1.25}


def test_the_committed_results_make_their_tables():
    results = json.loads((ROOT / "benchmarks" / "results.json").read_text(encoding="utf-8"))
    text, _ = report(results)
    assert "BlenderProc" in text
    assert f"{results['size'][0]} x {results['size'][1]}" in text
    readme = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    tables = [block for block in text.split("\n\n") if block.startswith("|")]
    assert len(tables) >= 3
    for table in tables:
        assert table in readme
