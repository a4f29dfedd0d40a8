# SPDX-License-Identifier: GPL-3.0-or-later
"""How exports get onto the disk, whatever the format: whole or not at all, equal bytes, links, what is left out."""

from __future__ import annotations

import gc
import os
from dataclasses import replace
from pathlib import Path

import pytest

from synthdata_addon.core.errors import DatasetError, SpecError
from synthdata_addon.core.journal import Journal
from synthdata_addon.core.records import LabelRecord, ViewRecord
from synthdata_addon.core.spec import ExportKind, JobSpec, LabelsSpec
from synthdata_addon.exports.registry import EXPORTS, export_folder, parse_kind, write_exports
from synthdata_addon.exports.source import Source, replacing_folder
from synthdata_addon.labels.coco import labelled_views
from tests.exports.scene import SPEC, VIEWS, make_scene

KINDS = ExportKind.__args__


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.fixture
def small(tmp_path):
    return make_scene(tmp_path / "dataset", KINDS)


def test_every_kind_of_the_job_has_a_writer():
    assert tuple(EXPORTS) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_run_gives_equal_files_and_leaves_nothing_behind(small, kind):
    small.finish()
    target = export_folder(small.folder, kind)
    before = contents(target)
    (target / "stale.txt").write_text("of an older run")
    small.finish()
    assert contents(target) == before
    assert sorted(path.name for path in target.parent.iterdir()) == sorted(kind.lower() for kind in KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_failure_half_way_keeps_the_older_export_whole(small, kind, monkeypatch):
    small.finish()
    target = export_folder(small.folder, kind)
    before = contents(target)
    whole = Source.views

    def views(source, split):
        yield from list(whole(source, split))[:1]
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Source, "views", views)
    with pytest.raises(OSError, match="No space"):
        small.finish()
    assert contents(target) == before
    assert not [path for path in target.parent.iterdir() if path.name.startswith(".")]


def test_a_failure_at_the_very_last_step_puts_the_older_export_back(tmp_path, monkeypatch):
    target = tmp_path / "exports" / "bop"
    with replacing_folder(target) as part:
        (part / "a.txt").write_text("older")
    whole = Path.rename

    def rename(path, new):
        if path.name.endswith(".part"):
            raise PermissionError(13, "The file is in use")
        return whole(path, new)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(PermissionError), replacing_folder(target) as part:
        (part / "a.txt").write_text("newer")
    assert contents(target.parent) == {"bop/a.txt": b"older"}


def test_what_a_killed_run_left_is_cleared_away(tmp_path):
    (tmp_path / ".bop.part").mkdir()
    (tmp_path / ".bop.part" / "half.txt").write_text("x")
    (tmp_path / ".bop.old").mkdir()
    with replacing_folder(tmp_path / "bop") as part:
        assert not list(part.iterdir())
    assert [path.name for path in tmp_path.iterdir()] == ["bop"]


def test_pictures_are_links_where_the_disk_can_and_copies_where_not(small, monkeypatch):
    small.finish()
    picture = small.folder.full("images/000000_red.png")
    inside = export_folder(small.folder, "YOLO_DETECT") / "images/train/000000_red.png"
    assert picture.samefile(inside)

    def refuse(source, target):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", refuse)
    small.finish()
    assert not picture.samefile(inside)
    assert picture.read_bytes() == inside.read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_a_lost_picture_is_left_out_and_said(small, kind):
    small.folder.full("images/000001_blue.png").unlink()
    (export,) = write_exports(small.folder, small.job, labelled_views(small.folder, small.job), [kind])
    assert export.pictures == 2 * VIEWS - 2
    assert export.notes == (f"The export {kind.lower()} leaves out pictures whose file is gone (1).",)


def test_bop_leaves_out_what_it_cannot_say(small):
    views = list(Journal(small.folder.views_journal).read(ViewRecord))
    labels = list(Journal(small.folder.labels_journal).read(LabelRecord))
    small.folder.views_journal.unlink()
    small.folder.labels_journal.unlink()
    views[1] = replace(views[1], camera=replace(views[1].camera, type="ORTHO"))
    views[2] = replace(
        views[2], instances=(replace(views[2].instances[0], matrix_world=()), *views[2].instances[1:])
    )
    first = replace(labels[3].annotations[0], amodal_counts="")
    labels[3] = replace(labels[3], annotations=(first, *labels[3].annotations[1:]))
    for journal, records in ((small.folder.views_journal, views), (small.folder.labels_journal, labels)):
        for record in records:
            Journal(journal).append(record)
    (export,) = write_exports(small.folder, small.job, labelled_views(small.folder, small.job), ["BOP"])
    assert export.pictures == 2 * VIEWS - 1 - 2
    assert export.notes == (
        "The export bop leaves out instances whose whole mask is not known (1).",
        "The export bop leaves out instances without a pose (1).",
        "The export bop leaves out views without a perspective camera (1).",
    )


def test_without_validation_views_yolo_validates_on_the_training_pictures(tmp_path):
    spec = JobSpec(**{**vars(SPEC), "val_fraction": 0.0})
    scene = make_scene(tmp_path / "dataset", ["YOLO_DETECT", "IMAGEFOLDER"], spec)
    scene.finish()
    target = export_folder(scene.folder, "YOLO_DETECT")
    assert "val: images/train\n" in (target / "data.yaml").read_text()
    assert not (target / "images/val").exists()
    assert not (export_folder(scene.folder, "IMAGEFOLDER") / "validation").exists()


def test_no_views_no_pictures(small):
    for export in write_exports(small.folder, small.job, []):
        assert export.pictures == 0
        assert export.folder.is_dir()


def test_names_of_exports():
    assert parse_kind("yolo-detect") == parse_kind("YOLO_DETECT") == "YOLO_DETECT"
    with pytest.raises(DatasetError, match="no export called 'voc'"):
        parse_kind("voc")


def test_an_old_dataset_without_whole_masks_is_refused_as_bop(tmp_path):
    spec = JobSpec(**{**vars(SPEC), "labels": LabelsSpec()})
    scene = make_scene(tmp_path / "dataset", spec=spec)
    with pytest.raises(SpecError, match="BOP wants"):
        write_exports(
            scene.folder, scene.job, labelled_views(scene.folder, scene.job), ["YOLO_DETECT", "BOP"]
        )
    assert not (scene.folder.root / "exports").exists()


def test_memory_does_not_grow_with_the_views(small):
    """Views are read one at a time: while one is written, no other's labels are held."""
    views = labelled_views(small.folder, small.job)
    source = Source(small.folder, small.job, views)
    held = []
    for view in source.views("train"):
        gc.collect()
        held.append(sum(isinstance(item, LabelRecord) for item in gc.get_objects()))
        del view
    assert max(held) <= 2
