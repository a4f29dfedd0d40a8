# SPDX-License-Identifier: GPL-3.0-or-later
"""What a view is labelled from beside its passes: solo renders, Cryptomatte, randoms of copies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from synthdata_addon.core import aov, layout, protocol
from synthdata_addon.core.journal import Journal
from synthdata_addon.core.layout import DatasetFolder
from synthdata_addon.core.records import PixelKey, ViewRecord
from synthdata_addon.core.spec import LabelsSpec, PassesSpec
from synthdata_addon.labels.cryptomatte import hash_name
from tests.exr_files import write_exr
from tests.runner_runs import LABELS, annotations, labels, of, run_here
from tests.synthetic_dataset import INSTANCES, SEEN, render_view, scene_passes, write_job

SIZE = (LABELS.height, LABELS.width)


def dataset(tmp_path, spec, change):
    """A dataset of one view, whose record ``change`` has completed."""
    folder = DatasetFolder(tmp_path / "dataset")
    write_job(folder, spec, 1)
    record = render_view(folder, spec, 0)
    folder.views_journal.unlink()
    Journal(folder.views_journal).append(change(folder, record))
    return folder


def write_ids(folder, file, ids):
    empty = np.zeros(SIZE, np.float32)
    write_exr(
        folder.full(file),
        empty,
        np.zeros((*SIZE, 3)),
        ids,
        drop=("Depth", "Normal"),
        combined=False,
        packed=False,
    )
    return file


def with_solos(folder, record):
    """Ball 1 alone with the box; ball 2 alone, four pixels wider than it is seen on each side."""
    _, _, ids = scene_passes(0, *SIZE[::-1])
    second = np.where(ids == 2, 2, 0)
    wide = np.zeros(SIZE)
    for shift in range(-4, 5):
        wide = np.maximum(wide, np.roll(second, shift, axis=1))
    files = [
        write_ids(folder, layout.solo_file(0, 0), np.where(np.isin(ids, (1, 3)), ids, 0)),
        write_ids(folder, layout.solo_file(0, 1), wide),
    ]
    return replace(
        record, solo_files=tuple(files), instances=tuple(replace(i, outside=i.id == 3) for i in SEEN)
    )


VISIBILITY = replace(LABELS, labels=LabelsSpec(visibility=True, amodal=True))


def test_solo_renders_give_the_visible_share(tmp_path):
    folder = dataset(tmp_path, VISIBILITY, with_solos)
    run_here(folder)
    _, _, ids = scene_passes(0, *SIZE[::-1])
    (record,) = labels(folder)
    found = {a.instance_id: a for a in record.annotations}
    assert found.keys() == {1, 2, 3}
    assert (found[1].visible_fraction, found[3].visible_fraction) == (1.0, 1.0)
    assert found[2].visible_fraction == pytest.approx((ids == 2).sum() / found[2].amodal_area, abs=1e-6)
    assert found[2].amodal_bbox[2] == found[2].bbox[2] + 8
    assert [found[number].truncated for number in (1, 2, 3)] == [False, False, True]
    annotations(folder)


@pytest.mark.parametrize("keep", [True, False])
def test_solo_renders_go_as_the_passes_do(tmp_path, keep):
    folder = dataset(tmp_path, replace(VISIBILITY, passes=PassesSpec(keep=keep)), with_solos)
    run_here(folder)
    left = sorted(path.name for path in (folder.root / "passes").iterdir())
    assert left == (["000000.exr", "000000.solo0.exr", "000000.solo1.exr"] if keep else [])


def test_a_lost_solo_render_makes_the_view_wait_for_another_render(tmp_path):
    folder = dataset(tmp_path, VISIBILITY, with_solos)
    folder.full(layout.solo_file(0, 1)).unlink()
    said = run_here(folder)
    assert said[-1].skipped == 1
    (warning,) = of(protocol.Warning, said)
    assert "000000.solo1.exr" in warning.message
    # Nothing is left that a later run could take for a whole view.
    assert list((folder.root / "passes").iterdir()) == []


def test_a_solo_render_of_another_size_is_refused(tmp_path):
    def smaller(folder, record):
        record = with_solos(folder, record)
        small = np.zeros((8, 8), np.float32)
        write_exr(folder.full(record.solo_files[0]), small, np.zeros((8, 8, 3)), small)
        return record

    said = run_here(dataset(tmp_path, VISIBILITY, smaller))
    assert "8 x 8" in of(protocol.Warning, said)[0].message


def test_hardly_visible_instances_are_dropped_and_counted(tmp_path):
    spec = replace(LABELS, labels=LabelsSpec(visibility=True, min_visible_fraction=0.9))
    folder = dataset(tmp_path, spec, with_solos)
    done = run_here(folder)[-1]
    (record,) = labels(folder)
    assert [a.instance_id for a in record.annotations] == [1, 3]
    assert record.dropped == done.dropped == 1


def with_crypto(folder, record):
    """Cryptomatte of the same scene, with the balls one pixel further to the right."""
    _, _, ids = scene_passes(0, *SIZE[::-1])
    ids = np.roll(ids, 1, axis=1).astype(int)
    hashes = np.array([0, *(hash_name(item.name) for item in INSTANCES)], np.uint32)
    picture = {"r": hashes[ids].view(np.float32), "g": (ids > 0) * 1.0, "b": ids * 0.0, "a": ids * 0.0}
    empty = np.zeros(SIZE, np.float32)
    write_exr(
        folder.full(layout.crypto_file(0)),
        empty,
        np.zeros((*SIZE, 3)),
        empty,
        drop=("IndexOB", "Normal"),
        extra={"User's layer.CryptoObject00": picture},
    )
    return replace(record, crypto_file=layout.crypto_file(0))


def test_cryptomatte_is_the_source_where_the_job_says_so(tmp_path):
    spec = replace(LABELS, labels=LabelsSpec(source="CRYPTOMATTE"), passes=PassesSpec(keep=False))
    folder = dataset(tmp_path, spec, with_crypto)
    run_here(folder)
    _, _, ids = scene_passes(0, *SIZE[::-1])
    shifted = np.roll(ids, 1, axis=1)
    (record,) = labels(folder)
    assert {a.instance_id: a.area for a in record.annotations} == {
        n: int((shifted == n).sum()) for n in (1, 2, 3)
    }
    assert list((folder.root / "passes").iterdir()) == []
    annotations(folder)


def test_copies_that_cannot_be_told_apart_are_one_warning(tmp_path):
    """Both balls are copies of one object; the passes hold the random of the first alone."""

    def as_copies(folder, record):
        depth, normal, ids = scene_passes(0, *SIZE[::-1])
        random = np.where(ids == 1, np.float32(0.25), np.float32(0.5)).astype(np.float32)
        write_exr(
            folder.full(record.pass_file),
            depth,
            normal,
            np.where(ids > 0, 9, 0),
            extra={f"ViewLayer.{aov.RANDOM}": {"X": random}},
        )
        keys = {1: 0.25, 2: 0.75, 3: None, 4: 0.125}
        return replace(
            record,
            instances=tuple(
                replace(item, keys=(PixelKey(9 if item.id < 3 else 8, keys[item.id]),)) for item in SEEN
            ),
        )

    folder = dataset(tmp_path, LABELS, as_copies)
    said = run_here(folder)
    (warning,) = of(protocol.Warning, said)
    assert warning.code == "labels.unclear_copies"
    _, _, ids = scene_passes(0, *SIZE[::-1])
    assert warning.message.startswith(f"{int((ids > 1).sum())} pixels, the first in view 0, ")
    assert [a.instance_id for a in labels(folder)[0].annotations] == [1]


def test_a_panoptic_picture_that_is_gone_is_made_again(tmp_path):
    spec = replace(LABELS, labels=LabelsSpec(panoptic=True))
    folder = dataset(tmp_path, spec, lambda _, record: record)
    run_here(folder)
    (record,) = Journal(folder.views_journal).read(ViewRecord)
    file = folder.full(layout.panoptic_file(record.split, 0))
    file.unlink()
    run_here(folder)
    assert file.is_file()
