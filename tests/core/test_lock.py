# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock with real processes: one winner, killed owners, used-again process ids, other machines."""

from __future__ import annotations

import dataclasses
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from synthdata_addon.core.decode import to_json
from synthdata_addon.core.errors import DatasetError
from synthdata_addon.core.lock import STALE, Lock, Owner, owner_token, touch
from synthdata_addon.core.process import start_of

ROOT = Path(__file__).parents[2]
RACE = """
import sys, time
from pathlib import Path
from synthdata_addon.core.errors import DatasetError
from synthdata_addon.core.lock import Lock
path, gate = Path(sys.argv[1]), Path(sys.argv[2])
lock = Lock(path)
print("ready", flush=True)
while not gate.exists():
    time.sleep(0.0005)
try:
    lock.take()
except DatasetError:
    print("lost", flush=True)
else:
    print("won", flush=True)
    sys.stdin.readline()
"""


def start(path: Path, gate: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", RACE, str(path), str(gate)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.fixture
def holder(tmp_path):
    """Return the lock's path and a process that holds it."""
    gate = tmp_path / "gate"
    gate.touch()
    process = start(tmp_path / "job.lock", gate)
    assert process.stdout.readline() == "won\n"
    yield tmp_path / "job.lock", process
    process.kill()
    process.communicate()


def write(path: Path, **changes: object) -> Owner:
    owner = dataclasses.replace(Owner.here(), **changes)
    path.write_text(json.dumps(to_json(owner)))
    return owner


def age(path: Path, seconds: float) -> None:
    moment = time.time() - seconds
    os.utime(path, (moment, moment))


def test_take_and_release(tmp_path):
    lock = Lock(tmp_path / "job.lock")
    assert not lock.token
    lock.take()
    assert owner_token(lock.path) == lock.token != ""
    assert lock.refresh()
    lock.release()
    lock.release()
    assert not list(tmp_path.iterdir())
    lock.take()
    lock.release()


def test_the_owner_is_named_and_its_lock_stays(holder):
    path, process = holder
    before = path.read_bytes()
    with pytest.raises(DatasetError) as caught:
        Lock(path).take()
    assert caught.value.code == "dataset.busy"
    assert f"Process {process.pid} on '{socket.gethostname()}'" in caught.value.message
    assert "'job.lock'" in caught.value.hint
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir() if p.name != "gate"] == ["job.lock"]


def test_two_jobs_of_one_process_are_two_jobs(tmp_path):
    first = Lock(tmp_path / "job.lock")
    first.take()
    with pytest.raises(DatasetError, match="of this program"):
        Lock(tmp_path / "job.lock").take()
    first.release()


@pytest.mark.parametrize("reaped", [True, False])
def test_a_killed_owners_lock_is_taken_over(holder, reaped):
    path, process = holder
    process.kill()
    if reaped:
        process.wait()
    else:  # a zombie still has its id and its moment of start
        end = time.monotonic() + 20
        while start_of(process.pid) is not None:
            assert time.monotonic() < end
            time.sleep(0.01)
    lock = Lock(path)
    lock.take()
    assert owner_token(path) == lock.token
    lock.release()
    assert [p.name for p in path.parent.iterdir()] == ["gate"]


def test_a_used_again_process_id_is_not_the_owner(tmp_path):
    path = tmp_path / "job.lock"
    write(path, pid=os.getppid(), started="1")
    lock = Lock(path)
    lock.take()
    assert owner_token(path) == lock.token


def test_waiting_for_an_owner_that_ends(holder):
    path, process = holder
    process.stdin.write("\n")
    process.stdin.flush()
    lock = Lock(path)
    lock.take(wait=30.0)
    assert owner_token(path) == lock.token


def test_another_machines_lock_is_stale_when_it_is_not_touched(tmp_path):
    path = tmp_path / "job.lock"
    owner = write(path, machine="elsewhere boot ns", host="elsewhere")
    with pytest.raises(DatasetError, match="'elsewhere'"):
        Lock(path).take()
    age(path, STALE * 2)
    assert touch(path, owner.token)
    with pytest.raises(DatasetError, match="'elsewhere'"):
        Lock(path).take()
    age(path, STALE * 2)
    assert not touch(path, "another")
    lock = Lock(path)
    lock.take()
    assert owner_token(path) == lock.token


def test_a_clock_that_was_put_back_makes_no_lock_stale(tmp_path):
    """The file is from the future then: that it was not touched cannot be known, and the owner may be alive."""
    path = tmp_path / "job.lock"
    write(path, machine="elsewhere", host="elsewhere")
    age(path, -86400)
    with pytest.raises(DatasetError, match="'elsewhere'"):
        Lock(path).take()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"host": 1}', "\udcff"])
def test_a_spoilt_lock_counts_as_held_until_it_is_old(tmp_path, text):
    path = tmp_path / "job.lock"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(DatasetError, match="does not say whose"):
        Lock(path).take()
    age(path, STALE * 2)
    Lock(path).take()


def test_a_lock_that_was_taken_over_is_noticed_and_not_released(tmp_path, monkeypatch):
    monkeypatch.setattr("synthdata_addon.core.lock.REFRESH", 0.0)
    lock = Lock(tmp_path / "job.lock")
    lock.take()
    other = write(lock.path, machine="elsewhere")
    assert not lock.refresh()
    lock.release()
    assert owner_token(lock.path) == other.token


def test_a_taker_that_was_killed_in_the_middle_hinders_nobody(tmp_path):
    path = tmp_path / "job.lock"
    write(path, pid=os.getppid(), started="1")
    write(path.with_name("job.lock.guard"), pid=os.getppid(), started="1")
    lock = Lock(path)
    lock.take(wait=5.0)
    assert [p.name for p in tmp_path.iterdir()] == ["job.lock"]


@pytest.mark.parametrize("left", ["nothing", "stale"])
def test_of_many_takers_one_wins(tmp_path, left):
    for round_ in range(5):
        path, gate = tmp_path / f"{left}{round_}.lock", tmp_path / f"gate{round_}"
        if left == "stale":
            write(path, pid=os.getppid(), started="1")
        takers = [start(path, gate) for _ in range(6)]
        gate.touch()
        said = [taker.stdout.readline().strip() for taker in takers]
        assert sorted(said) == ["lost"] * 5 + ["won"]
        for taker in takers:
            taker.communicate("\n")


def test_the_start_of_a_process_tells_it_from_others():
    assert start_of(os.getpid()) == start_of(os.getpid()) != ""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert start_of(child.pid) not in (None, start_of(os.getpid()))
    child.communicate(b"\n")
    assert start_of(child.pid) is None
