# SPDX-License-Identifier: GPL-3.0-or-later
"""The client with real processes: the runner itself, and processes that misbehave in known ways."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from synthdata_addon.core import protocol
from synthdata_addon.core.errors import RunnerError
from synthdata_addon.core.layout import DatasetFolder
from synthdata_addon.core.protocol import Done, Error, Finish, Hello, Start, encode
from synthdata_addon.core.spec import JobSpec
from synthdata_addon.runner import client as client_module
from synthdata_addon.runner.client import RunnerClient, check_python
from tests.synthetic_dataset import make_dataset

SITE = str(Path(np.__file__).parent.parent)
SMALL = JobSpec(seed=1, width=48, height=32)


def drain(client, timeout=60.0):
    """Poll until the runner has finished; return all messages."""
    messages, end = [], time.monotonic() + timeout
    while not client.finished:
        assert time.monotonic() < end, f"no end after {messages}"
        client.wait(0.5)
        messages += client.poll()
    return messages


@pytest.fixture
def folder(tmp_path):
    folder = DatasetFolder(tmp_path / "dataset")
    folder.make_folders()
    return folder


@pytest.fixture
def start_script(folder, tmp_path, monkeypatch):
    """Start the client on a script in the place of the bootstrap."""
    clients = []

    def start(text):
        script = tmp_path / "script.py"
        script.write_text(text)
        monkeypatch.setattr(client_module, "BOOTSTRAP", script)
        clients.append(RunnerClient(sys.executable, folder))
        return clients[-1]

    yield start
    for client in clients:
        client.close(grace=0.1)


def test_a_whole_job(tmp_path):
    folder = make_dataset(tmp_path / "data set ü", SMALL, 2)
    client = RunnerClient(sys.executable, folder)
    client.send(Start(str(folder.root)))
    client.send(Finish())
    messages = drain(client)
    client.close()
    assert isinstance(messages[0], Hello)
    assert isinstance(messages[-1], Done)
    assert client.done == messages[-1]
    assert (client.done.labelled, client.done.annotations) == (2, 6)
    assert set(client.done.seconds) >= {"start", "labels", "annotations"}
    assert not [m for m in messages if isinstance(m, (Error, protocol.Warning))]
    assert "Error" not in folder.runner_log.read_text(), "nothing may go wrong at exit either"


def test_a_killed_runner_is_one_error_with_the_end_of_its_log(tmp_path):
    folder = make_dataset(tmp_path / "dataset", SMALL, 1)
    client = RunnerClient(sys.executable, folder)
    client.send(Start(str(folder.root)))
    while not client.poll():
        client.wait(10)
    os.kill(client._process.pid, signal.SIGKILL)
    errors = [m for m in drain(client) if isinstance(m, Error)]
    assert [e.code for e in errors] == ["runner.died"]
    assert "SIGKILL" in errors[0].message
    assert str(folder.runner_log) in errors[0].hint
    assert client.done is None
    client.send(Finish())
    assert client.poll() == []
    client.close()


def test_the_error_shows_the_last_20_lines_of_this_run_only(start_script, folder):
    folder.runner_log.write_text("a line of an earlier run\n")
    lines = "".join(f"import sys; print('line {n}', file=sys.stderr)\n" for n in range(50))
    client = start_script(lines + "sys.exit(3)\n")
    (error,) = drain(client)
    assert "exit status 3" in error.message
    assert "line 30\n" in error.hint
    assert error.hint.endswith("line 49")
    assert "line 29" not in error.hint
    assert "earlier run" not in error.hint


def test_garbage_is_a_warning_and_what_follows_is_heard(start_script):
    done = encode(Done(labelled=4))
    client = start_script(
        "import os\n"
        'os.write(1, b\'Loading weights 100%\\n{"type": "progress", "stage": 7}\\n\\xff\\xfe\\n[1]\\n{}\\n\')\n'
        f"os.write(1, {done!r})\n"
    )
    messages = drain(client)
    assert [type(m) for m in messages] == [protocol.Warning] * 5 + [Done]
    assert {m.code for m in messages[:-1]} == {"runner.protocol"}
    assert client.done == Done(labelled=4)


def test_a_message_cut_into_pieces_is_one_message(start_script):
    done = encode(Done(samples=9))
    client = start_script(
        f"import os, time\nfor i in range({len(done)}):\n    os.write(1, {done!r}[i:i+1]); time.sleep(0.002)\n"
    )
    assert drain(client) == [Done(samples=9)]


def test_sending_never_blocks_on_a_runner_that_does_not_read(start_script):
    client = start_script("import time\ntime.sleep(600)\n")
    start = time.monotonic()
    for _ in range(2000):
        client.send(Start("x" * 1000))
    assert client.poll() == []
    assert not client.wait(0.05)
    client.close(grace=0.1)
    assert time.monotonic() - start < 30
    assert client._process.poll() is not None


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_close_ends_a_runner_that_ignores_everything(start_script):
    client = start_script(
        "import signal, sys, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        'sys.stdout.write(\'{"type":"finish"}\\n\'); sys.stdout.flush()\ntime.sleep(600)\n'
    )
    client.wait(20)
    client.close(grace=0.1)
    client.close(grace=0.1)
    assert client._process.returncode == -signal.SIGKILL


def test_a_runner_whose_client_is_gone_ends_by_itself(tmp_path):
    folder = make_dataset(tmp_path / "dataset", SMALL, 1)
    process = subprocess.Popen(
        [sys.executable, "-I", str(client_module.BOOTSTRAP)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    process.stdin.write(encode(Start(str(folder.root))))
    process.stdin.flush()
    process.stdout.readline()
    process.stdout.close()
    process.stdin.close()
    assert process.wait(30) == 0


@pytest.mark.parametrize("kind", ["missing", "folder", "not executable", "not a program"])
def test_a_python_that_cannot_start_is_named(folder, tmp_path, kind):
    python = tmp_path / "python"
    if kind == "folder":
        python.mkdir()
    elif kind != "missing":
        python.write_text("no program")
        python.chmod(stat.S_IRUSR if kind == "not executable" else stat.S_IRWXU)
    for attempt in (lambda: RunnerClient(str(python), folder), lambda: check_python(str(python))):
        with pytest.raises(RunnerError) as caught:
            attempt()
        assert caught.value.code == "runner.cannot_start"
        assert str(python) in caught.value.message
        assert "Set up the runner" in caught.value.hint


def test_check_python_names_what_is_lacking(tmp_path):
    assert check_python(sys.executable).startswith(f"{sys.version_info[0]}.{sys.version_info[1]}.")
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    python = bare / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    with pytest.raises(RunnerError, match="lacks numpy, OpenEXR"):
        check_python(str(python))
    assert check_python(str(python), [SITE])


def test_packages_may_come_from_a_site_folder(tmp_path):
    folder = make_dataset(tmp_path / "dataset", SMALL, 1)
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    python = bare / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    client = RunnerClient(str(python), folder, site_dirs=[SITE], environment={"SYNTHDATA_TEST": "1"})
    client.send(Start(str(folder.root)))
    client.send(Finish())
    drain(client)
    assert client.done.labelled == 1
    client.close()
