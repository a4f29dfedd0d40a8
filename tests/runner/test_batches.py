# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches of samples: their size, memory that runs out, a runner that is killed, a disk that is full, spoilt models."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from synthdata_addon.core import layout
from synthdata_addon.core.controls import ControlSpec
from synthdata_addon.core.protocol import Error, Sample
from synthdata_addon.core.protocol import Warning as Caution
from synthdata_addon.core.spec import ModelSpec, PassesSpec
from synthdata_addon.runner import background, batches
from synthdata_addon.runner.png import write_png
from synthdata_addon.stylize.images import read_ids, read_rgb
from tests import tiny_families
from tests.runner_runs import LABELS, STYLES, annotations, of, run, run_here, samples
from tests.synthetic_dataset import make_dataset, write_job


def spec_of(model, **more):
    return replace(LABELS, styles=STYLES, model=ModelSpec(path=str(model), device="cpu"), **more)


def labelled(root, spec, views):
    folder = make_dataset(root, replace(spec, styles=(), model=ModelSpec()), views)
    run_here(folder)
    write_job(folder, spec, views)
    return folder


def test_a_gpu_gets_as_many_pictures_as_seem_to_fit_and_half_when_they_do_not():
    sizes = batches.BatchSizes(0, "cuda")
    assert [sizes.of(size) for size in ((512, 512), (1024, 1024), (256, 256), (4096, 4096))] == [16, 4, 64, 1]
    assert batches.BatchSizes(6, "cuda").of((512, 512)) == 6
    assert batches.BatchSizes(6, "cpu").of((512, 512)) == 1
    assert sizes.halve((512, 512), 16) == 8
    assert sizes.of((512, 512)) == 8, "remembered"
    assert sizes.of((1024, 1024)) == 4, "for that size only"
    assert sizes.halve((512, 512), 1) == 0
    assert sizes.of((512, 512)) == 1


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), True),
        (MemoryError(), True),
        (RuntimeError("shape mismatch"), False),
    ],
)
def test_what_counts_as_out_of_memory(error, expected):
    assert batches.is_out_of_memory(error) == expected


def test_what_is_written_behind_comes_back_in_order_and_what_fails_is_raised_in_its_turn():
    behind = background.WriteBehind()

    def full():
        raise OSError("no room")

    for task in (lambda: 1, lambda: 2, full, lambda: 4):
        behind.add(task)
    got = []
    with pytest.raises(OSError, match="no room"):
        got.extend(item for item in iter_into(behind.finished(wait=True), got))
    assert got == [1, 2]
    assert list(behind.finished(wait=True)) == [4]
    assert not len(behind)


def iter_into(items, got):
    for item in items:
        got.append(item)
        yield from ()


def test_what_is_read_ahead_is_read_once_and_a_fault_is_raised_where_it_is_needed():
    asked = []

    def read(key):
        asked.append(key)
        if key == 3:
            raise OSError("spoilt")
        return key * 10

    ahead = background.ReadAhead(read)
    ahead.expect([1, 2, 3])
    ahead.expect([2, 3])
    assert [ahead.get(2), ahead.get(4)] == [20, 40]
    with pytest.raises(OSError, match="spoilt"):
        ahead.get(3)
    assert sorted(asked) == [1, 2, 3, 4]


@pytest.fixture
def batched(monkeypatch):
    """Make a CPU work as a GPU does, four pictures at once; return the batch sizes that its denoiser sees."""
    import diffusers

    from synthdata_addon.stylize.pipeline.stylizer import Stylizer

    seen = []
    monkeypatch.setattr(batches.BatchSizes, "_first", lambda self, size: 4)
    monkeypatch.setattr(Stylizer, "_batches", lambda self, samples, prompts: [list(range(len(samples)))])
    real = diffusers.UNet2DConditionModel.forward

    def forward(self, sample, *arguments, **named):
        seen.append(len(sample) // 2)  # with and without the prompt
        if seen[-1] > forward.limit:
            raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB\nmore lines")
        return real(self, sample, *arguments, **named)

    forward.limit = 4
    monkeypatch.setattr(diffusers.UNet2DConditionModel, "forward", forward)
    return seen, forward


def pictures(folder):
    return {record.sample: read_rgb(folder.full(record.picture)).astype(int) for record in samples(folder)}


@pytest.mark.slow
def test_batches_make_the_samples_of_a_plain_run(tmp_path, tiny_model, batched):
    seen, _ = batched
    folder = labelled(tmp_path / "dataset", spec_of(tiny_model), 5)
    said = run_here(folder)
    assert said[-1].samples == 10
    assert sorted(set(seen)) == [2, 4], "4 + 4 + 2 samples"
    assert samples(folder)[0].engine == "cpu, float32, 4 at once"
    annotations(folder)


@pytest.mark.slow
def test_batches_are_the_pictures_of_single_samples_but_for_rounding(
    tmp_path, tiny_model, monkeypatch, request
):
    plain = labelled(tmp_path / "plain", spec_of(tiny_model), 3)
    run_here(plain)
    request.getfixturevalue("batched")
    together = labelled(tmp_path / "together", spec_of(tiny_model), 3)
    run_here(together)
    one, other = pictures(plain), pictures(together)
    assert one.keys() == other.keys()
    assert max(np.abs(one[name] - other[name]).max() for name in one) <= 1
    assert [record.seed for record in samples(plain)] == [record.seed for record in samples(together)]


@pytest.mark.slow
def test_memory_that_runs_out_inside_the_pipeline_halves_the_batch_and_loses_nothing(
    tmp_path, tiny_model, batched, caplog
):
    seen, forward = batched
    forward.limit = 1
    folder = labelled(tmp_path / "dataset", spec_of(tiny_model), 3)
    said = run_here(folder)
    assert said[-1].samples == 6
    assert not of(Caution, said)
    # Four at once, then two, then one each: the limit is learned once.
    assert [seen.count(4), seen.count(2)] == [1, 1]
    assert len({record.picture for record in samples(folder)}) == 6
    assert "Memory ran out with 4 pictures at once; 2 from now on" in caplog.text


@pytest.mark.slow
def test_several_devices_share_the_samples(tmp_path, tiny_model, monkeypatch):
    from synthdata_addon.stylize.pipeline import loading

    plain = labelled(tmp_path / "plain", spec_of(tiny_model), 3)
    run_here(plain)
    made = []
    monkeypatch.setattr(loading, "devices", lambda kind: [kind, kind])
    real = loading.Stylizer.pictures

    def pictures_of(self, given, should_stop):
        made.append((id(self), len(given)))
        return real(self, given, should_stop)

    monkeypatch.setattr(loading.Stylizer, "pictures", pictures_of)
    folder = labelled(tmp_path / "dataset", spec_of(tiny_model), 3)
    said = run_here(folder)
    assert said[-1].samples == 6
    assert len({number for number, _ in made}) == 2
    assert annotations(folder) == annotations(plain)
    for record in samples(plain):
        assert folder.full(record.picture).read_bytes() == plain.full(record.picture).read_bytes()


def test_tasks_side_by_side_all_end_before_one_fault_is_raised():
    ended = []

    def task(number):
        if number == 1:
            raise ValueError("one")
        ended.append(number)
        return number

    assert background.side_by_side([lambda: task(0), lambda: task(2)]) == [0, 2]
    with pytest.raises(ValueError, match="one"):
        background.side_by_side([lambda: task(1), lambda: task(3)])
    assert sorted(ended) == [0, 2, 3]


@pytest.mark.slow
def test_memory_that_is_too_small_for_one_picture_says_so(tmp_path, tiny_model, batched):
    _, forward = batched
    forward.limit = 0
    said = run_here(labelled(tmp_path / "dataset", spec_of(tiny_model), 2))
    (error,) = of(Error, said)
    assert error.code == "model.failing"
    assert "out of memory at 64 x 48 pixels" in error.message
    assert error.hint


@pytest.mark.slow
def test_a_spoilt_control_image_costs_its_own_samples_of_a_batch_only(tmp_path, tiny_model, batched):
    folder = labelled(tmp_path / "dataset", spec_of(tiny_model), 3)
    folder.full(layout.control_file("depth", 1)).write_bytes(b"")
    said = run_here(folder)
    assert (said[-1].samples, said[-1].skipped) == (4, 2)
    assert {message.message.split()[1] for message in of(Caution, said)} == {"000001_red", "000001_blue"}


@pytest.mark.slow
def test_a_runner_that_is_killed_among_its_pictures_goes_on_to_the_same_dataset(tmp_path, tiny_model):
    spec = spec_of(tiny_model)
    folder, whole = labelled(tmp_path / "dataset", spec, 3), labelled(tmp_path / "whole", spec, 3)

    def kill(client, message):
        if isinstance(message, Sample):
            client._process.kill()

    run(folder, on_message=kill)
    made = {record.sample: folder.full(record.picture).stat().st_mtime_ns for record in samples(folder)}
    assert 0 < len(made) < 6
    run_here(folder)
    run_here(whole)
    assert all(
        folder.full(layout.image_file(int(name[:6]), name[7:])).stat().st_mtime_ns == time
        for name, time in made.items()
    )
    assert annotations(folder) == annotations(whole)
    for record in samples(whole):
        assert folder.full(record.picture).read_bytes() == whole.full(record.picture).read_bytes()
    assert not list(folder.root.rglob(".*.part*"))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="POSIX mounts")
def test_a_disk_that_is_full_among_the_pictures_is_one_sentence_and_loses_none(tmp_path, tiny_model):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], check=False).returncode:
        pytest.skip("a small file system cannot be mounted here")
    try:
        folder = labelled(disk / "set", spec_of(tiny_model), 3)
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(shutil.disk_usage(disk).free - 28000))
        said = run_here(folder)
        (error,) = of(Error, said)
        assert error.code == "dataset.io"
        assert "No space left on device" in error.message
        done = {record.sample for record in samples(folder)}
        assert len(done) < 6
        ballast.unlink()
        said = run_here(folder)
        assert said[-1].samples == 6
        assert not done & {message.sample for message in of(Sample, said)}, "what was finished stays"
    finally:
        subprocess.run(["umount", "-l", disk], check=False)


@pytest.mark.slow
def test_a_spoilt_or_foreign_model_costs_the_pictures_only(tmp_path, tiny_model):
    spoilt = tmp_path / "spoilt"
    shutil.copytree(tiny_model, spoilt)
    weights = spoilt / "control_depth" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-500])
    foreign = tiny_families.save("zimage", tmp_path / "zimage" / "base")
    wrong = ModelSpec(str(tiny_model), (ControlSpec("depth", foreign.controls[0].model),), device="cpu")
    for model, code in ((ModelSpec(str(spoilt)), "model.spoilt"), (wrong, "model.control_mismatch")):
        folder = make_dataset(tmp_path / code, replace(LABELS, styles=STYLES, model=model), 2)
        said = run_here(folder)
        (error,) = of(Error, said)
        assert error.code == code
        assert error.hint
        assert "\n" not in error.message
        assert (said[-1].labelled, said[-1].samples) == (2, 0)


@pytest.mark.slow
def test_a_family_of_transformers_from_end_to_end(tmp_path):
    model = tiny_families.save("qwen", tmp_path / "qwen" / "base")
    folder = make_dataset(tmp_path / "dataset", replace(LABELS, styles=STYLES, model=model), 2)
    said = run_here(folder)
    assert said[-1].samples == 4
    assert (folder.root / "control" / "canny").is_dir(), "its ControlNet reads Canny edges as well"
    assert {(record.steps, record.guidance_scale) for record in samples(folder)} == {(2, 4.0)}
    annotations(folder)


@pytest.mark.slow
@pytest.mark.parametrize("source", ["RENDER", "KEEP_OBJECTS", "KEEP_BACKGROUND"])
def test_pictures_that_begin_with_the_finished_picture(source, tmp_path, tiny_model):
    spec = spec_of(tiny_model, passes=PassesSpec(keep=True, beauty=True))
    spec = replace(spec, model=replace(spec.model, source=source, steps=4))
    folder = labelled(tmp_path / "dataset", spec, 2)
    rng = np.random.default_rng(0)
    finished = rng.integers(0, 256, (48, 64, 3), dtype=np.uint8)
    render = folder.full(layout.render_file(0))
    render.parent.mkdir(exist_ok=True)
    write_png(render, finished)
    said = run_here(folder)
    assert (said[-1].samples, said[-1].skipped) == (2, 2), "view 1 has no finished picture"
    assert all("000001" in message.message for message in of(Caution, said))
    objects = read_ids(folder.full(layout.mask_file(0))) != 0
    assert objects.any()
    for record in samples(folder):
        if not record.skipped and source != "RENDER":
            kept = objects if source == "KEEP_OBJECTS" else ~objects
            made = read_rgb(folder.full(record.picture))
            assert np.array_equal(made[kept], finished[kept])
            assert not np.array_equal(made[~kept], finished[~kept])
