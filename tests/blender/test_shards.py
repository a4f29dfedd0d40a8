# SPDX-License-Identifier: GPL-3.0-or-later
"""Shards made by themselves and joined are the dataset of one run, with all that depends on the whole job turned on."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest

from synthdata_addon.core.shard import write_part
from synthdata_addon.ui.command import main
from tests.blender import scenes
from tests.blender.test_populate import add_source, add_table, populate
from tests.blender.test_variation import add_light, everything_on
from tests.same_dataset import differing

VIEWS, COUNT = 7, 2


def all_on(scene: bpy.types.Scene, folder: Path) -> Path:
    """Things placed anew, poses that exclude each other, balanced targets, limits, variation, visibility, exports."""
    scene.render.engine = "CYCLES"
    scene.world = bpy.data.worlds.new("World")
    scene.world.use_nodes = True
    add_light("Lamp", "POINT")
    add_light("Sun", "SUN", energy=1.0)
    add_table()
    add_source(count=5)
    populate(primitives=2)
    everything_on(scene, folder)
    settings = scene.synthdata
    settings.populate.every = 2
    settings.width, settings.height, settings.views, settings.radius = 64, 64, VIEWS, 3.0
    settings.labels.visibility = settings.labels.panoptic = settings.labels.captions = True
    settings.exports = {"YOLO_SEGMENT", "IMAGEFOLDER"}
    sweep = settings.sweep_settings
    sweep.look_at, sweep.balance = "OBJECTS", "CATEGORIES"
    sweep.novelty, sweep.visible, sweep.min_instances = 0.6, True, 1
    settings.jitter, settings.val_fraction, settings.use_styles = 0.4, 0.3, True
    style = settings.styles.add()
    style.name, style.kind = "as it is", "RENDER"
    path = folder / "scene.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path


def generate(output: Path, *arguments: str) -> int:
    return main(["generate", "--output", str(output), *arguments])


def seen(folder: Path) -> list[int]:
    return [line["view"] for line in scenes.lines(folder / "views.jsonl")]


def test_shards_with_everything_on_are_the_whole_job(empty_scene, tmp_path, capfd):
    all_on(empty_scene, tmp_path)
    assert generate(tmp_path / "whole") == 0
    out = tmp_path / "out"
    for number in (2, 1):
        assert generate(out, "--shard", f"{number}/{COUNT}") == 0
    shards = [out / "shards" / f"{number:02}-of-02" for number in range(1, COUNT + 1)]
    # Blocks of views for which things stay where they are, dealt out in turn.
    assert seen(shards[0]) == [0, 1, 4, 5]
    assert seen(shards[1]) == [2, 3, 6]
    assert main(["merge", str(out), "--remove"]) == 0
    assert "2 shards joined" in capfd.readouterr().out
    assert differing(tmp_path / "whole", out) == []
    splits = {line["split"] for line in scenes.lines(out / "views.jsonl")}
    assert splits == {"train", "val"}
    assert main(["validate", str(out)]) == 0


def test_a_shard_goes_on_and_the_joined_dataset_is_complete(scene, tmp_path):
    out = tmp_path / "out"
    assert generate(out, "--shard", "1/2") == 0
    before = (out / "shards" / "01-of-02" / "views.jsonl").read_bytes()
    assert generate(out, "--shard", "1/2") == 0
    assert (out / "shards" / "01-of-02" / "views.jsonl").read_bytes() == before
    assert main(["merge", str(out), "--partial", "--remove"]) == 0
    # What is missing in a joined dataset, an ordinary run adds.
    assert generate(out) == 0
    assert sorted(seen(out)) == [0, 1, 2, 3]
    assert generate(tmp_path / "whole") == 0
    kept = [
        name for name in differing(tmp_path / "whole", out) if not name.startswith(("passes/", "shards/"))
    ]
    assert kept == []


def test_more_shards_than_views(scene, tmp_path):
    assert generate(tmp_path, "--shard", "6/6") == 0
    assert not (tmp_path / "shards" / "06-of-06" / "views.jsonl").exists()
    assert (tmp_path / "shards" / "06-of-06" / "job.json").exists()


def test_pictures_are_left_to_the_runner(scene, tmp_path):
    scene.render.engine = "CYCLES"
    scene.synthdata.use_styles, scene.synthdata.beauty, scene.synthdata.beauty_samples = True, True, 1
    style = scene.synthdata.styles.add()
    style.name, style.kind = "as it is", "RENDER"
    assert generate(tmp_path, "--no-pictures") == 0
    assert len(scenes.lines(tmp_path / "labels.jsonl")) == 4
    assert not (tmp_path / "samples.jsonl").exists()
    assert generate(tmp_path) == 0
    assert len(scenes.lines(tmp_path / "samples.jsonl")) == 4


def test_a_job_is_settled_before_anything_is_rendered(scene, tmp_path, capfd):
    assert generate(tmp_path, "--job-only") == 0
    assert not list(tmp_path.glob("*.jsonl"))
    settled = (tmp_path / "job.json").read_bytes()
    assert generate(tmp_path) == 0
    assert len(seen(tmp_path)) == 4
    assert (tmp_path / "job.json").read_bytes() == settled
    assert generate(tmp_path, "--views", "5", "--job-only") == 1
    assert "holds a dataset made with other settings: job.sweep.views was 4, now 5" in capfd.readouterr().err


def test_a_shard_makes_the_views_that_it_was_handed(scene, tmp_path):
    shard = tmp_path / "shards" / "01-of-02"
    shard.mkdir(parents=True)
    write_part(shard, [2, 3])
    assert generate(tmp_path, "--shard", "1/2") == 0
    assert seen(shard) == [2, 3]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--shard", "5/4"], "There is no shard 5 of 4."),
        (["--shard", "half"], "'half' is no shard."),
        (["--shard", "1/2", "--view", "1"], "--shard and --view name different views."),
    ],
)
def test_wrong_shards_are_refused(scene, tmp_path, capfd, arguments, said):
    assert generate(tmp_path / "out", *arguments) == 1
    assert said in capfd.readouterr().err
    assert not (tmp_path / "out").exists()
