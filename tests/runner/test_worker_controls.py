# SPDX-License-Identifier: GPL-3.0-or-later
"""The runner writes the control images that a job asks for or its model reads, and pictures are made from them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from synthdata_addon.core import layout
from synthdata_addon.core.controls import KINDS, OTHERS, ControlImagesSpec, ControlSpec
from synthdata_addon.core.journal import Journal
from synthdata_addon.core.records import ViewRecord
from synthdata_addon.core.spec import ModelSpec
from synthdata_addon.runner.png import write_png
from synthdata_addon.runner.validation.check import validate
from synthdata_addon.stylize.canny import canny
from synthdata_addon.stylize.images import read_rgb
from tests.runner_runs import LABELS, STYLES, annotations, labels, run_here, samples, state
from tests.synthetic_dataset import make_dataset, scene_passes, write_job

ALL = replace(
    LABELS,
    control_images=ControlImagesSpec(OTHERS, segmentation=(("ball", "plaything"),), unlabelled="wall"),
)


def image(folder, kind, view):
    return read_rgb(folder.full(layout.control_file(kind, view)))


def test_every_kind_is_written_without_any_model(tmp_path):
    folder = make_dataset(tmp_path / "dataset", ALL, 2)
    run_here(folder)
    assert {path.name for path in (folder.root / "control").iterdir()} == set(KINDS)
    for record in labels(folder):
        assert record.control_files == tuple(layout.control_file(kind, record.view) for kind in OTHERS)
        ids = scene_passes(record.view, 64, 48)[2]
        segmentation = image(folder, "segmentation", record.view)
        assert {tuple(c) for c in segmentation[(ids == 1) | (ids == 2)].tolist()} == {(255, 0, 31)}
        assert {tuple(c) for c in segmentation[(ids == 0) | (ids == 3)].tolist()} == {(120, 120, 120)}
        outline = image(folder, "canny", record.view)[..., 0]
        assert set(np.unique(outline)) == {0, 255}
        inside = ids == 1
        core = (
            inside[1:-1, 1:-1] & inside[:-2, 1:-1] & inside[2:, 1:-1] & inside[1:-1, :-2] & inside[1:-1, 2:]
        )
        assert (outline[1:-1, 1:-1][inside[1:-1, 1:-1] & ~core] == 255).all()
        instances = image(folder, "instances", record.view)
        assert len(np.unique(instances.reshape(-1, 3), axis=0)) == len(np.unique(ids))
        assert (instances[ids == 1] == (0x9E, 0x37, 0x79)).all()
        for kind in ("depth", "depth_zoe", "depth_leres"):
            grey = image(folder, kind, record.view)[..., 0].astype(int)
            assert grey[ids == 2].min() > grey[(ids == 0)].max(), "the nearer ball is lighter than the wall"
        for kind in ("softedge", "lineart"):
            assert image(folder, kind, record.view)[outline == 255].min() > 100
    assert not validate(folder.root).kept
    annotations(folder)


def test_nothing_more_than_depth_and_normal_is_written_unasked(tmp_path):
    folder = make_dataset(tmp_path / "dataset", LABELS, 1)
    run_here(folder)
    assert {path.name for path in (folder.root / "control").iterdir()} == {"depth", "normal"}


def test_a_lost_control_image_is_made_again_equal(tmp_path):
    folder = make_dataset(tmp_path / "dataset", ALL, 2)
    run_here(folder)
    lost = folder.full(layout.control_file("softedge", 1))
    before, content = state(folder), lost.read_bytes()
    lost.unlink()
    run_here(folder)
    assert lost.read_bytes() == content
    unchanged = {name for name, time in state(folder).items() if before[name] == time}
    assert {name for name in before if "000000" in name} <= unchanged


def test_a_missing_control_image_is_found(tmp_path):
    folder = make_dataset(tmp_path / "dataset", ALL, 1)
    run_here(folder)
    folder.full(layout.control_file("lineart", 0)).unlink()
    assert any("lineart" in finding.file for finding in validate(folder.root).kept)


def test_canny_of_the_finished_picture_and_its_absence(tmp_path):
    spec = replace(LABELS, control_images=ControlImagesSpec(("canny",), canny_from="BEAUTY"))
    folder = make_dataset(tmp_path / "dataset", spec, 4)
    for record in list(Journal(folder.views_journal).read(ViewRecord)):
        Journal(folder.views_journal).append(replace(record, beauty=True))
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[10:30, 20:50] = (200, 90, 40)
    file = folder.full(layout.render_file(0))
    file.parent.mkdir()
    write_png(file, picture)
    write_png(folder.full(layout.render_file(2)), picture[:40])
    folder.full(layout.render_file(3)).write_bytes(b"torn")
    run_here(folder)
    found = {record.view: record for record in labels(folder)}
    assert np.array_equal(image(folder, "canny", 0)[..., 0], canny(picture))
    for view, fault in ((1, "is missing"), (2, "has another size"), (3, "cannot be read")):
        assert "finished picture" in found[view].skipped
        assert fault in found[view].skipped


@pytest.mark.slow
def test_pictures_are_made_from_a_new_kind_beside_depth(tmp_path, tiny_model):
    controls = tuple(
        ControlSpec(kind, str(tiny_model / f"control_{folder}"))
        for kind, folder in (("depth", "depth"), ("canny", "normal"))
    )
    spec = replace(LABELS, styles=STYLES[:1], model=ModelSpec(str(tiny_model), controls, steps=2))
    folder, other = make_dataset(tmp_path / "a", spec, 1), make_dataset(tmp_path / "b", spec, 1)
    run_here(folder)
    assert {path.name for path in (folder.root / "control").iterdir()} == {"depth", "normal", "canny"}
    (sample,) = samples(folder)
    # Without the lines it is another picture: the net has read them.
    write_job(other, replace(spec, styles=()), 1)
    run_here(other)
    write_job(other, spec, 1)
    blank = other.full(layout.control_file("canny", 0))
    blank.parent.mkdir()
    write_png(blank, np.zeros((48, 64), np.uint8))
    run_here(other)
    assert folder.full(sample.picture).read_bytes() != other.full(samples(other)[0].picture).read_bytes()


@pytest.mark.slow
def test_a_kind_that_is_added_later_is_drawn_from_kept_passes(tmp_path):
    folder = make_dataset(tmp_path / "dataset", LABELS, 2)
    run_here(folder)
    write_job(folder, ALL, 2)
    run_here(folder)
    assert all((folder.root / layout.control_file(kind, 1)).is_file() for kind in KINDS)
    assert len({record.view for record in labels(folder)}) == 2
