# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults made on purpose, with the real runner: each is said once in a sentence, and everything else is done."""

from __future__ import annotations

import dataclasses
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from synthdata_addon.core import layout, protocol
from synthdata_addon.core.begun import MAX_DEATHS, Begun
from synthdata_addon.core.errors import DatasetError
from synthdata_addon.core.journal import Journal
from synthdata_addon.core.layout import DatasetFolder
from synthdata_addon.core.lock import Lock
from synthdata_addon.core.protocol import Done, Error, Finish, Start, View, encode
from synthdata_addon.core.records import LabelRecord
from synthdata_addon.runner import client as client_module
from synthdata_addon.runner.cli import main as runner_main
from synthdata_addon.runner.client import RunnerClient
from tests.runner_runs import LABELS, annotations, labels, of, run
from tests.synthetic_dataset import make_dataset, render_view, write_job

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits and mounts")


def only_error(said: list[protocol.Message]) -> Error:
    """Return the one error, which is a sentence with a hint; the runner's last word is there as well."""
    (error,) = of(Error, said)
    assert error.message.endswith(".")
    assert error.hint
    assert "Traceback" not in error.message + error.hint
    assert isinstance(said[-1], Done)
    return error


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return the root of a file system of 2 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], capture_output=True, check=False
    )
    if mount.returncode:
        pytest.skip("a small file system cannot be mounted here")
    yield disk
    subprocess.run(["umount", "-l", disk], check=False)


def test_a_full_disk_is_one_error_and_the_job_goes_on_when_there_is_room(small_disk, tmp_path):
    folder = make_dataset(small_disk / "set", LABELS, 4)
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(shutil.disk_usage(small_disk).free - 20000))
    error = only_error(run(folder))
    assert error.code == "dataset.io"
    assert "No space left on device" in error.message
    assert "full disk" in error.hint
    assert not list(folder.root.rglob(".*.part*")), "half-written files take room from nobody"
    ballast.unlink()
    assert run(folder)[-1].labelled == 4
    whole = make_dataset(tmp_path / "whole", LABELS, 4)
    run(whole)
    assert annotations(folder) == annotations(whole)


def test_a_journal_line_that_a_full_disk_cuts_does_not_spoil_the_next(tmp_path):
    journal = Journal(tmp_path / "labels.jsonl")
    journal.append({"view": 0})
    room = journal.path.stat().st_size + 7
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, limit[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            journal.append({"view": 1, "text": "x" * 100})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert journal.path.stat().st_size == room
    journal.append({"view": 2})
    assert journal.path.read_text() == '{"view":0}\n{"view":2}\n'


def test_a_read_only_folder_is_one_error(small_disk):
    folder = make_dataset(small_disk / "set", LABELS, 1)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    client_log = small_disk.parent / "log"
    client_log.mkdir()
    process = subprocess.run(
        [sys.executable, "-m", "synthdata_addon", "runner", folder.root],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert process.returncode == 1
    (line,) = [line for line in process.stderr.splitlines() if line.startswith("Error:")]
    assert "Read-only file system" in line
    assert "Traceback" not in process.stderr
    with pytest.raises(DatasetError) as caught:
        folder.make_folders()
    assert caught.value.code == "dataset.not_writable"


def test_a_folder_that_is_removed_in_mid_job_is_one_error_and_stays_away(tmp_path):
    folder = DatasetFolder(tmp_path / "set")
    write_job(folder, LABELS, views=2)
    client = RunnerClient(sys.executable, folder)
    client.send(Start(str(folder.root)))
    record = render_view(folder, LABELS, 0)
    client.send(View(record))
    said: list[protocol.Message] = []
    end = time.monotonic() + 60
    while not [p for p in of(protocol.Progress, said) if p.stage == "labels" and p.done == 1]:
        assert time.monotonic() < end, said
        client.wait(0.5)
        said += client.poll()
    shutil.rmtree(folder.root)
    client.send(Finish())
    while not client.finished:
        assert time.monotonic() < end, said
        client.wait(0.5)
        said += client.poll()
    client.close()
    assert only_error(said).code == "dataset.lost"
    assert not folder.root.exists()


def test_a_truncated_exr_is_one_view_left_out_and_rendered_again(tmp_path):
    folder = make_dataset(tmp_path / "set", LABELS, 5)
    for view, share in ((1, 0.5), (3, 0.95)):
        file = folder.full(layout.pass_file(view))
        data = file.read_bytes()
        file.write_bytes(data[: int(len(data) * share)])
    said = run(folder)
    assert (said[-1].labelled, said[-1].skipped) == (3, 2)
    assert not of(Error, said)
    assert [warning.code for warning in of(protocol.Warning, said)] == ["labels.skipped"] * 2
    assert not folder.full(layout.pass_file(1)).exists(), "so that Blender renders it again"
    for view in (1, 3):
        render_view(folder, LABELS, view)
    assert run(folder)[-1].labelled == 5


@pytest.mark.parametrize("name", ["views.jsonl", "labels.jsonl"])
def test_corrupt_journal_lines_cost_no_more_than_their_views(tmp_path, name):
    folder, whole = make_dataset(tmp_path / "set", LABELS, 6), make_dataset(tmp_path / "whole", LABELS, 6)
    for each in (folder, whole):
        run(each)
    lines = (folder.root / name).read_bytes().splitlines(keepends=True)
    lines[2] = b"\x00" * (len(lines[2]) - 1) + b"\n"  # a block that never reached the disk
    lines[4] = lines[4].replace(b'"view":4', b'"view":"four"')
    (folder.root / name).write_bytes(b"".join(lines))
    said = run(folder)
    assert not of(Error, said)
    assert said[-1].labelled == 6
    if name == "views.jsonl":  # Blender does not find them there, and renders them
        for view in (2, 4):
            render_view(folder, LABELS, view)
        run(folder)
    assert annotations(folder) == annotations(whole)


def start_script(
    folder: DatasetFolder, tmp_path: Path, monkeypatch, text: str, **options: float
) -> RunnerClient:
    script = tmp_path / "script.py"
    script.write_text(text)
    monkeypatch.setattr(client_module, "BOOTSTRAP", script)
    folder.make_folders()
    return RunnerClient(sys.executable, folder, **options)


def drain(client: RunnerClient, limit: float = 60.0) -> list[protocol.Message]:
    said: list[protocol.Message] = []
    end = time.monotonic() + limit
    while not client.finished:
        assert time.monotonic() < end, said
        client.wait(0.1)
        said += client.poll()
    return said


def test_a_runner_that_prints_garbage_without_end_floods_nobody(tmp_path, monkeypatch):
    done = encode(Done(labelled=7))
    text = (
        f"import os\nfor n in range(3000): os.write(1, b'x' * 3000)\nos.write(1, b'\\n' * 5000 + {done!r})\n"
    )
    client = start_script(DatasetFolder(tmp_path / "set"), tmp_path, monkeypatch, text)
    said = drain(client)
    client.close()
    assert said[-1] == Done(labelled=7)
    assert len(said) == client_module.GARBAGE + 1
    assert all(isinstance(m, protocol.Warning) and len(m.message) < 200 for m in said[:-1])


def test_a_runner_that_hangs_is_ended_and_said(tmp_path, monkeypatch):
    client = start_script(
        DatasetFolder(tmp_path / "set"), tmp_path, monkeypatch, "import time\ntime.sleep(600)\n", silence=1.0
    )
    (error,) = drain(client)
    client.close()
    assert error.code == "runner.hung"
    assert "sign of life" in error.message
    assert client._process.returncode is not None


def test_a_runner_that_says_it_is_well_is_left_alone(tmp_path, monkeypatch):
    text = (
        "import os, time\n"
        f"for n in range(30):\n    os.write(1, {encode(protocol.Alive())!r}); time.sleep(0.1)\n"
        f"os.write(1, {encode(Done())!r})\n"
    )
    client = start_script(DatasetFolder(tmp_path / "set"), tmp_path, monkeypatch, text, silence=2.0)
    assert drain(client) == [Done()]
    client.close()


def test_a_runner_that_waits_for_views_says_that_it_is_well(tmp_path, monkeypatch):
    import threading

    from synthdata_addon.runner import worker
    from synthdata_addon.runner.inbox import Inbox

    monkeypatch.setattr(worker, "ALIVE", 0.05)
    folder = make_dataset(tmp_path / "set", LABELS, 1)
    inbox, said = Inbox(), []

    def send(message: protocol.Message) -> None:
        said.append(message)
        if len(of(protocol.Alive, said)) == 3:
            inbox.put(Finish())

    inbox.put(Start(str(folder.root)))
    thread = threading.Thread(target=worker.Worker(inbox, send).run)
    thread.start()
    thread.join(60)
    assert said[-1].labelled == 1


def test_a_busy_folder_is_one_error_naming_the_owner(tmp_path, capsys):
    folder = make_dataset(tmp_path / "set", LABELS, 1)
    lock = Lock(folder.job_lock)
    lock.take()
    before = sorted(folder.root.rglob("*"))
    assert runner_main([str(folder.root)]) == 1
    assert f"process {os.getpid()}" in capsys.readouterr().err
    assert sorted(folder.root.rglob("*")) == before
    # The runner of the Blender that holds the lock is told so, and works.
    assert run(folder, Start(str(folder.root), lock.token), Finish())
    lock.release()
    assert runner_main([str(folder.root)]) == 0
    assert not list(folder.root.glob("*.lock"))


def test_a_runner_of_a_blender_that_lost_the_folder_touches_nothing(tmp_path):
    folder = make_dataset(tmp_path / "set", LABELS, 1)
    lock = Lock(folder.job_lock)
    lock.take()
    client = RunnerClient(sys.executable, folder)
    client.send(Start(str(folder.root), "an earlier job's token"))
    said = drain(client)
    client.close()
    assert only_error(said).code == "dataset.lost"
    assert not labels(folder)
    assert not folder.runner_lock.exists()


def test_a_view_that_ended_runs_again_and_again_is_known(tmp_path):
    note = tmp_path / "rendering.json"
    for death in range(MAX_DEATHS):
        begun = Begun(note)
        assert begun.deaths(5) == death
        assert begun.deaths(6) == 0
        begun.begin(5)
    assert Begun(note).deaths(5) == MAX_DEATHS
    begun = Begun(note)
    begun.begin(5)
    begun.end()
    assert not note.exists()
    for text in ("", "[1", "[1]", '{"a": 1}', "[null, 2]"):
        note.write_text(text)
        assert Begun(note).deaths(1) == 0
    assert list(Journal(tmp_path / "none").read(LabelRecord)) == []


LITTLE_MEMORY = """
import resource, sys
sys.path.insert(0, {root!r})
import cv2, numpy, OpenEXR, PIL.Image
from synthdata_addon.runner import worker
from synthdata_addon.runner.cli import main

with open("/proc/self/statm") as file:
    used = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + {room}, resource.RLIM_INFINITY))
sys.exit(main([{folder!r}]))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of Linux")
@pytest.mark.parametrize("room", [100 << 20, 300 << 20])
def test_too_little_memory_for_one_view_costs_that_view_only(tmp_path, room):
    folder = make_dataset(tmp_path / "set", LABELS, 3)
    large = dataclasses.replace(LABELS, width=2400, height=2400)
    render_view(folder, large, 1)
    script = LITTLE_MEMORY.format(root=str(ROOT), room=room, folder=str(folder.root))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr.count("View 1 is not labelled: ") == 1
    assert "there was not enough memory" in done.stderr
    found = {line.view: line.skipped for line in Journal(folder.labels_journal).read(LabelRecord)}
    assert [view for view, skipped in found.items() if not skipped] == [0, 2]
    # With memory enough the next run makes what is left, as soon as Blender has rendered it again.
    render_view(folder, large, 1)
    assert runner_main([str(folder.root)]) == 0
    assert sorted(line.view for line in labels(folder) if not line.skipped) == [0, 1, 2]
