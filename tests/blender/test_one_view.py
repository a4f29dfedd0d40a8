# SPDX-License-Identifier: GPL-3.0-or-later
"""One view by its number: the same alone, in an empty folder, and made again in a dataset that has it."""

from __future__ import annotations

import json

import bpy
import pytest

from tests.blender import scenes

OF_VIEW = ("masks/instance/000002.png", "masks/category/000002.png", "control/depth/000002.png")


def same_view(first, second):
    for file in OF_VIEW:
        assert (first / file).read_bytes() == (second / file).read_bytes()
    views = [scenes.lines(folder / "views.jsonl") for folder in (first, second)]
    labels = [scenes.lines(folder / "labels.jsonl") for folder in (first, second)]
    for journals in (views, labels):
        records = [next(record for record in reversed(lines) if record["view"] == 2) for lines in journals]
        assert records[0] | {"seconds": 0} == records[1] | {"seconds": 0}


@pytest.mark.parametrize("keep", [True, False])
def test_one_view_is_that_of_the_whole_job(scene, tmp_path, keep):
    settings = scene.synthdata
    settings.keep_passes, settings.jitter = keep, 0.7
    settings.sweep_settings.novelty = 0.5
    scenes.generate(tmp_path / "all")
    assert scenes.generate(tmp_path / "alone", view=2) == {"FINISHED"}
    assert [line["view"] for line in scenes.lines(tmp_path / "alone" / "views.jsonl")] == [2]
    assert len(scenes.load_coco(tmp_path / "alone")) == 1
    same_view(tmp_path / "all", tmp_path / "alone")
    # The rest of the job follows, when it is asked for.
    scenes.generate(tmp_path / "alone")
    assert set(scenes.load_coco(tmp_path / "alone")) == {0, 1, 2, 3}


@pytest.mark.parametrize("keep", [True, False])
def test_a_view_is_made_again_where_it_is(scene, tmp_path, keep):
    scene.synthdata.keep_passes = keep
    scenes.generate(tmp_path / "good")
    scenes.generate(tmp_path / "spoilt")
    spoilt = tmp_path / "spoilt" / OF_VIEW[0]
    spoilt.write_bytes(b"no picture")
    others = {
        path: path.stat().st_mtime_ns
        for path in (tmp_path / "spoilt" / "masks").rglob("*.png")
        if path.stem != "000002"
    }
    assert scenes.generate(tmp_path / "spoilt", view=2) == {"FINISHED"}
    same_view(tmp_path / "good", tmp_path / "spoilt")
    assert others == {path: path.stat().st_mtime_ns for path in others}
    assert set(scenes.load_coco(tmp_path / "spoilt")) == {0, 1, 2, 3}


def test_a_view_that_the_job_does_not_have_is_refused(scene, tmp_path):
    with pytest.raises(RuntimeError, match="no view 4: the job has 4"):
        scenes.generate(tmp_path / "none", view=4)
    assert not (tmp_path / "none").exists()


def test_the_command_makes_one_view(scene, tmp_path):
    from synthdata_addon.ui.command import main

    assert main(["generate", "--output", str(tmp_path), "--view", "1"]) == 0
    assert [line["view"] for line in scenes.lines(tmp_path / "views.jsonl")] == [1]
    assert json.loads((tmp_path / "job.json").read_text())["views"] == 4
    assert not bpy.data.scenes.get("SynthData Job")
