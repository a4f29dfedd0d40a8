# SPDX-License-Identifier: GPL-3.0-or-later
"""The runner's set-up with real pip, in a process as Blender starts it; this Python has torch, so the end is real."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from synthdata_addon.core.errors import RunnerError
from synthdata_addon.runner import own_environment
from synthdata_addon.runner.own_environment import RunnerEnvironment, find_environment
from synthdata_addon.runner.setting_up import SetupProcess
from synthdata_addon.runner.wheel_lock import read_lock, this_lock
from tests.package.wheel_server import Index, make_lock, make_wheel, serving

LIMIT = 300.0


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    """An index of this machine that pip asks alone."""
    folder = tmp_path / "index"
    folder.mkdir()
    with serving(folder) as found:
        monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
        monkeypatch.setenv("PIP_INDEX_URL", found.address)
        monkeypatch.setenv("PIP_FIND_LINKS", "")
        yield found


def begin(base: Path, lock: Path) -> SetupProcess:
    return SetupProcess(["setup-runner", str(base), "--watched", "--lock", str(lock)])


def finish(process: SetupProcess) -> SetupProcess:
    """Poll to the end, as the timer in Blender does."""
    end = time.monotonic() + LIMIT
    try:
        while not process.step():
            assert time.monotonic() < end
            time.sleep(0.05)
    finally:
        process.close()
    return process


def wait_for(condition: object) -> None:
    end = time.monotonic() + LIMIT
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.05)


def test_from_the_registry_by_the_shipped_lock(tmp_path: Path) -> None:
    """One package of the real lock, from wherever this machine's pip gets its packages."""
    base = tmp_path / "runner"
    whole = read_lock(this_lock())
    lock = make_lock(tmp_path / "lock.txt", *(wheel for wheel in whole.wheels if wheel.name == "mdurl"))
    done = finish(begin(base, lock))
    found = find_environment(base)
    assert found is not None
    assert done.ready == dataclasses.asdict(found)
    assert found.lock == read_lock(lock).digest
    assert found.torch.startswith(whole.torch_version())
    assert (Path(found.folder) / "mdurl" / "__init__.py").is_file()
    assert found.size == own_environment.size_of(Path(found.folder))
    assert sorted(path.name for path in base.iterdir()) == sorted(
        [Path(found.folder).name, f"{own_environment.tag()}.json"]
    )


def test_a_file_with_another_hash_is_refused(tmp_path: Path, index: Index) -> None:
    """What was there before stays, and nothing new counts."""
    base = tmp_path / "runner"
    (base / "cp-old").mkdir(parents=True)
    before = RunnerEnvironment(str(base / "cp-old"), "3.11.7", "2.0", "CPU", 1, "old")
    own_environment.finish(base, before)
    wheel = make_wheel(index.folder, "alpha")
    (index.folder / "alpha-1.0-py3-none-any.whl").write_bytes(b"PK spoilt on the way")
    with pytest.raises(
        RunnerError, match=r"download of alpha==1\.0 is not the file that SynthData knows"
    ) as error:
        finish(begin(base, make_lock(tmp_path / "lock.txt", wheel)))
    assert error.value.code == "runner.hash"
    assert find_environment(base) == before
    assert not list(base.rglob("alpha*"))


def test_cancel_in_the_middle_leaves_nothing(tmp_path: Path, index: Index) -> None:
    base = tmp_path / "runner"
    wheels = [make_wheel(index.folder, name) for name in ("alpha", "beta")]
    index.slow = {"beta"}
    process = begin(base, make_lock(tmp_path / "lock.txt", *wheels))
    wait_for(lambda: any(name.startswith("beta") for name in index.begun))
    assert list((base / "downloads").glob("alpha*.whl"))
    process.cancel()
    assert finish(process).cancelled
    assert not base.exists()


def test_an_interrupted_one_goes_on_with_what_it_has(tmp_path: Path, index: Index) -> None:
    """Blender ends in the middle: no environment counts; the next time fetches only what is missing."""
    base = tmp_path / "runner"
    wheels = [make_wheel(index.folder, name) for name in ("alpha", "beta")]
    lock = make_lock(tmp_path / "lock.txt", *wheels)
    index.slow = {"beta"}
    process = begin(base, lock)
    wait_for(lambda: any(name.startswith("beta") for name in index.begun))
    process.close()
    assert find_environment(base) is None
    assert [path.name for path in (base / "downloads").iterdir()] == ["alpha-1.0-py3-none-any.whl"]
    assert not list(base.glob("cp*"))
    index.slow, index.begun = set(), []
    finish(begin(base, lock))
    assert {name.split("-")[0] for name in index.begun} == {"beta"}
    found = find_environment(base)
    assert found is not None
    assert (Path(found.folder) / "alpha.py").is_file()
    assert (Path(found.folder) / "beta.py").is_file()


def test_two_at_once_are_refused(tmp_path: Path, index: Index) -> None:
    base = tmp_path / "runner"
    lock = make_lock(tmp_path / "lock.txt", make_wheel(index.folder, "alpha"))
    index.slow = {"alpha"}
    first = begin(base, lock)
    wait_for(lambda: index.begun)
    with pytest.raises(RunnerError, match="Another Blender"):
        finish(begin(base, lock))
    first.cancel()
    finish(first)


def test_what_cannot_be_had_is_said_with_the_place_of_the_log(tmp_path: Path, index: Index) -> None:
    wheel = dataclasses.replace(make_wheel(index.folder, "alpha"), name="gamma")
    with pytest.raises(RunnerError, match=r"No matching distribution found for gamma.*setup\.log") as error:
        finish(begin(tmp_path / "runner", make_lock(tmp_path / "lock.txt", wheel)))
    assert error.value.code == "runner.pip"


def test_torch_from_an_index_that_was_named(tmp_path: Path, index: Index) -> None:
    """It is fetched from there and not from the lock. This one is no torch, and so the last stage refuses it."""
    base = tmp_path / "runner"
    alpha = make_wheel(index.folder, "alpha")
    torch = make_wheel(index.folder, "torch", "raise ImportError('not the real one')")
    locked = dataclasses.replace(torch, sha256="0" * 64, group="plain")
    lock = make_lock(tmp_path / "lock.txt", alpha, locked)
    process = SetupProcess(
        ["setup-runner", str(base), "--watched", "--lock", str(lock), "--torch-index", index.address]
    )
    with pytest.raises(
        RunnerError, match=r"cannot load torch and diffusers \(ImportError: not the real one\)"
    ) as error:
        finish(process)
    assert error.value.code == "runner.packages"
    assert {name.split("-")[0] for name in index.begun} == {"alpha", "torch"}
    assert find_environment(base) is None
    assert not list(base.glob("cp*"))


def test_a_check_can_be_cancelled(tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nsleep 60\n")
    slow.chmod(0o755)
    process = SetupProcess.check(str(slow))
    process.cancel()
    assert finish(process).cancelled


def test_an_index_that_does_not_answer_is_said_to(
    tmp_path: Path, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = make_lock(tmp_path / "lock.txt", make_wheel(tmp_path, "alpha"))
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple/")
    monkeypatch.setenv("PIP_RETRIES", "1")
    with pytest.raises(RunnerError, match=r"index cannot be reached \(NewConnectionError\)") as error:
        finish(begin(tmp_path / "runner", lock))
    assert error.value.code == "runner.network"


def test_an_environment_that_is_gone_or_spoilt_does_not_count(tmp_path: Path) -> None:
    assert find_environment(tmp_path) is None
    record = tmp_path / f"{own_environment.tag()}.json"
    for text in (
        "",
        "[]",
        '{"folder": "x"}',
        '{"folder": "gone", "python": "", "torch": "", "device": "", "size": 0, "lock": ""}',
    ):
        record.write_text(text)
        assert find_environment(tmp_path) is None


def test_a_python_of_ones_own_that_will_not_do_is_refused(tmp_path: Path, blender_python: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a program")
    text.chmod(0o755)
    for python, sentence in (
        (tmp_path / "nothing", "There is no Python"),
        (text, "cannot be started"),
        (blender_python, r"cannot load torch and diffusers \(ModuleNotFoundError: No module named 'torch'\)"),
    ):
        with pytest.raises(RunnerError, match=sentence):
            finish(SetupProcess.check(str(python)))
