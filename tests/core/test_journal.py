# SPDX-License-Identifier: GPL-3.0-or-later
"""Journals and file replacement under torn lines and failures."""

from __future__ import annotations

import logging
import os

import pytest

from synthdata_addon.core.errors import DatasetError
from synthdata_addon.core.journal import Journal
from synthdata_addon.core.layout import DatasetFolder, replacing
from synthdata_addon.core.records import InstanceRecord


def record(i: int) -> InstanceRecord:
    return InstanceRecord(id=i, name=f'object "{i}" \\ \n ü 🧙', category_id=1)


def test_lines_read_back_in_order(tmp_path):
    journal = Journal(tmp_path / "a.jsonl")
    assert list(journal.read(InstanceRecord)) == []
    for i in range(5):
        journal.append(record(i))
    assert list(Journal(journal.path).read(InstanceRecord)) == [record(i) for i in range(5)]


@pytest.mark.parametrize("cut", [1, 5, 20, 1000])
def test_a_torn_last_line_is_left_out_and_cut_before_the_next(tmp_path, cut):
    journal = Journal(tmp_path / "a.jsonl")
    for i in range(30):
        journal.append(record(i))
    data = journal.path.read_bytes()
    journal.path.write_bytes(data[:-cut])
    kept = list(Journal(journal.path).read(InstanceRecord))
    assert kept == [record(i) for i in range(len(kept))]
    again = Journal(journal.path)
    again.append(record(99))
    assert list(again.read(InstanceRecord)) == [*kept, record(99)]


def test_a_file_that_is_one_torn_line_becomes_empty(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"id": 1, "na')
    journal = Journal(path)
    journal.append(record(1))
    assert list(journal.read(InstanceRecord)) == [record(1)]


def test_a_spoilt_line_is_logged_and_left_out(tmp_path, caplog):
    journal = Journal(tmp_path / "a.jsonl")
    journal.append(record(1))
    with journal.path.open("ab") as file:
        file.write(b"\xff\xfe garbage\n")
        file.write(b'{"id": "one"}\n')
    journal.append(record(2))
    with caplog.at_level(logging.WARNING):
        assert list(journal.read(InstanceRecord)) == [record(1), record(2)]
    assert "line 2" in caplog.text
    assert "line 3" in caplog.text


def test_a_failed_replacement_leaves_the_old_file_and_no_rest(tmp_path):
    path = tmp_path / "file.json"
    path.write_text("old")

    def fail_half_way():
        with replacing(path) as part:
            part.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["file.json"]


def test_an_output_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DatasetError) as caught:
        DatasetFolder(tmp_path / "file" / "dataset").make_folders()
    assert caught.value.code == "dataset.not_writable"
    assert "dataset" in caught.value.message


def test_lines_that_come_fast_are_synced_together(tmp_path, monkeypatch):
    synced = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (synced.append(file), real(file)))
    journal = Journal(tmp_path / "views.jsonl", sync_every=3600.0)
    for view in range(5):
        journal.append({"view": view})
    assert len(synced) == 1
    journal.sync()
    assert len(synced) == 2
    every = Journal(tmp_path / "samples.jsonl")
    for view in range(5):
        every.append({"view": view})
    assert len(synced) == 7
