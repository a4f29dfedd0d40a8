# SPDX-License-Identifier: GPL-3.0-or-later
"""A power cut at any moment of a run: what is on the disk loads, and a second run ends in the same dataset."""

from __future__ import annotations

import json
import os
import random
import sys
from dataclasses import replace

import pytest

from synthdata_addon.core.layout import DatasetFolder
from synthdata_addon.core.spec import LabelsSpec
from tests.power_cut import Renamed, recording
from tests.runner_runs import LABELS, STYLES, annotations, run_here
from tests.same_dataset import differing
from tests.synthetic_dataset import make_dataset

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc/self/fd")

CUTS = int(os.environ.get("SYNTHDATA_TEST_CUTS", "12"))
MOMENTS = 3
EVERYTHING = replace(
    LABELS,
    labels=LabelsSpec(panoptic=True, captions=True, polygons=True),
    exports=("YOLO_DETECT", "YOLO_SEGMENT", "IMAGEFOLDER"),
)


def cut_and_go_on(tmp_path, spec, cuts):
    """Run once with the disk watched, then go on after each of some cuts; return what came out differing."""
    whole = make_dataset(tmp_path / "whole", spec, views=5)
    with recording(whole.root) as disk:
        run_here(whole)
    assert len([event for event in disk.events if isinstance(event, Renamed)]) > 20
    draw = random.Random(7)
    wrong = []
    for number, moment in enumerate(sorted(draw.sample(range(len(disk.events)), cuts))):
        cut = DatasetFolder(tmp_path / f"cut-{number}")
        disk.lay_out(disk.after_cut(moment, draw), cut.root)
        for path in cut.root.glob("annotations/*.json"):
            json.loads(path.read_text(encoding="utf-8"))  # never half a file under its final name
        run_here(cut)
        annotations(cut)
        wrong += [(moment, name) for name in differing(whole.root, cut.root)]
    return wrong


def test_labels_and_exports(tmp_path):
    assert cut_and_go_on(tmp_path, EVERYTHING, CUTS) == []


def test_pictures(tmp_path, tiny_model):
    spec = replace(LABELS, styles=STYLES, model=replace(LABELS.model, path=str(tiny_model), device="cpu"))
    assert cut_and_go_on(tmp_path, spec, MOMENTS) == []


def test_nothing_stays_unsynced(tmp_path):
    """Every file of the finished dataset reached the disk as it is, by its own sync and rename."""
    folder = make_dataset(tmp_path / "set", EVERYTHING, views=2)
    with recording(folder.root) as disk:
        run_here(folder)
    kept = disk.after_cut(len(disk.events), random.Random(0), recent=0)
    files = [path for path in folder.root.rglob("*") if path.is_file()]
    # Exports hold pictures as hard links: one content under two names.
    safe = {path.stat().st_ino for path in files if kept.get(path) == path.read_bytes()}
    lost = {path.name for path in files if path.stat().st_ino not in safe}
    assert lost <= {"runner.log"}
