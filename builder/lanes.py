# SPDX-License-Identifier: GPL-3.0-or-later
"""`build.py test`: the lanes, fastest first, and their sum."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .console import environment as child_environment
from .console import run, say, seconds
from .environments import Environment, blender_environment, other_releases
from .places import LOGS, TESTS
from .runner_environment import runner_environment
from .system_libraries import check_system_libraries

NO_TESTS_COLLECTED = 5
OF_BLENDER = ("blender", "package", "real", "farm")
VERSION_TESTS = (
    "test_truth_scene.py",
    "test_label_sources.py",
    "test_kinds.py",
    "test_sweeps.py",
    "test_label_render.py",
    "test_scan.py",
)


@dataclass(frozen=True)
class Outcome:
    """What one lane came to."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    note: str = ""


@dataclass(frozen=True)
class Request:
    """What was asked of `build.py test`; `extra` goes to pytest."""

    fast: bool = False
    blender: str | None = None
    torch_index: str | None = None
    extra: tuple[str, ...] = ()


def run_lanes(names: Iterable[str], request: Request) -> int:
    """Run the named lanes, print a table and the sum, and return 0 if nothing failed."""
    outcomes: dict[str, tuple[Outcome, float]] = {}
    for name in names:
        say(f"\n=== {name}")
        started = time.monotonic()
        outcome = LANES[name](request)
        outcomes[name] = outcome, time.monotonic() - started
    say("\nlane       passed  failed  skipped  time")
    for name, (outcome, duration) in outcomes.items():
        counts = f"{outcome.passed:6d}  {outcome.failed:6d}  {outcome.skipped:7d}"
        say(f"{name:9s}  {counts}  {seconds(duration)}{'  ' + outcome.note if outcome.note else ''}")
    total = [
        sum(getattr(outcome, kind) for outcome, _ in outcomes.values())
        for kind in ("passed", "failed", "skipped")
    ]
    say("\n{} passed, {} failed, {} skipped".format(*total))
    return 1 if total[1] or not total[0] else 0


def _lint(request: Request) -> Outcome:
    runner = _runner(request)
    runner.install("lint", [], ["lint.txt"])
    checks = (["ruff", "format", "--check", "."], ["ruff", "check", "."], ["mypy"])
    failed = [" ".join(check) for check in checks if run([runner.python, "-m", *check])]
    return Outcome(
        len(checks) - len(failed), len(failed), note=f"failed: {', '.join(failed)}" if failed else ""
    )


def _core(request: Request) -> Outcome:
    folders = sorted(
        path
        for path in TESTS.glob("*/")
        if path.name not in (*OF_BLENDER, "gallery") and any(path.glob("test_*.py"))
    )
    runner = _runner(request)
    runner.install("readers", ["--no-deps"], ["readers.txt"], size="about 110 MB")
    # One thread: on a busy machine torch with two is many times slower, and sums come out the same everywhere.
    return _pytest("core", runner, folders, request, minutes=25, OMP_NUM_THREADS="1")


def _gallery(request: Request) -> Outcome:
    """The gallery in a real browser: needs Chromium on PATH (Debian: apt install chromium), skips without."""
    return _pytest("gallery", _runner(request), [TESTS / "gallery"], request, minutes=5, OMP_NUM_THREADS="1")


def _blender(request: Request) -> Outcome:
    return _pytest(
        "blender", _blender_side(request), [TESTS / "blender"], request, minutes=25, **_pythons(request)
    )


def _versions(request: Request) -> Outcome:
    """Labels and poses on every other Blender that this machine has a Python for: they must be the same."""
    if request.fast:
        return Outcome(skipped=1, note="left out by --fast")
    total, notes = Outcome(), []
    for version in other_releases(_blender_side(request)):
        side = _blender_side(replace(request, blender=version))
        names = _pythons(request)
        tests = [TESTS / "blender" / name for name in VERSION_TESTS]
        one = _pytest(f"versions-{version}", side, tests, request, minutes=10, **names)
        total = Outcome(total.passed + one.passed, total.failed + one.failed, total.skipped + one.skipped)
        notes.append(f"{version}{': ' + one.note if one.note else ''}")
    return replace(total, note=", ".join(notes) or "no other Python")


def _package(request: Request) -> Outcome:
    return _pytest("package", _runner(request), [TESTS / "package"], request, minutes=15, **_pythons(request))


def _real(request: Request) -> Outcome:
    if request.fast:
        return Outcome(skipped=1, note="left out by --fast")
    return _pytest("real", _runner(request), [TESTS / "real"], request, minutes=40, **_pythons(request))


def _farm(request: Request) -> Outcome:
    """A cluster of Ray's on this machine, in an environment of its own: nothing else needs Ray."""
    interpreter = _runner(request).interpreter()
    assert interpreter is not None
    side = Environment("farm")
    side.create(interpreter)
    side.install("farm", [], ["farm.txt"], size="Ray and OpenCV, about 140 MB")
    side.install("test", [], ["test.txt"])
    return _pytest("farm", side, [TESTS / "farm"], request, minutes=10, **_pythons(request))


LANES: dict[str, Callable[[Request], Outcome]] = {
    "lint": _lint,
    "core": _core,
    "gallery": _gallery,
    "blender": _blender,
    "versions": _versions,
    "farm": _farm,
    "package": _package,
    "real": _real,
}


def _runner(request: Request) -> Environment:
    runner = runner_environment(request.torch_index)
    runner.install("test", [], ["test.txt"])
    return runner


def _blender_side(request: Request) -> Environment:
    check_system_libraries()
    blender = blender_environment(request.blender)
    blender.install("test", [], ["test.txt", "wheels.txt"])
    return blender


def _pythons(request: Request) -> dict[str, str]:
    """Both interpreters by name, for tests that start the other side."""
    return {
        "SYNTHDATA_RUNNER_PYTHON": str(_runner(request).python),
        "SYNTHDATA_TEST_BLENDER_PYTHON": str(_blender_side(request).python),
    }


def _pytest(
    lane: str, side: Environment, folders: Sequence[Path], request: Request, minutes: float, **variables: str
) -> Outcome:
    """Run pytest on the folders that are there; a lane that crashes or hangs counts one failure more."""
    there = [str(folder) for folder in folders if folder.exists()]
    if not there:
        return Outcome(note="no tests yet")
    LOGS.mkdir(exist_ok=True)
    report = LOGS / f"tests-{lane}.xml"
    report.unlink(missing_ok=True)
    chosen = ["-m", "not slow"] if request.fast else []
    command = [str(side.python), "-m", "pytest", *there, *chosen, f"--junitxml={report}", *request.extra]
    status = _within(command, minutes * 60, variables)
    outcome = _read(report)
    if status == NO_TESTS_COLLECTED:
        return Outcome(note="no tests yet")
    if status is None:
        return Outcome(outcome.passed, outcome.failed + 1, outcome.skipped, f"stopped after {minutes:g} min")
    if status and not outcome.failed:
        return Outcome(outcome.passed, 1, outcome.skipped, f"pytest ended with exit status {status}")
    return outcome


def _within(command: Sequence[str], limit: float, variables: dict[str, str]) -> int | None:
    """The exit status, or None when `limit` seconds were not enough: Blender can hang at its very end."""
    process = subprocess.Popen(
        command, cwd=TESTS.parent, env=child_environment(**variables), start_new_session=True
    )
    try:
        return process.wait(limit)
    except subprocess.TimeoutExpired:
        _kill(process)
        return None
    except KeyboardInterrupt:
        _kill(process)
        raise


def _kill(process: subprocess.Popen[bytes]) -> None:
    if os.name == "posix":
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _read(report: Path) -> Outcome:
    """Count a JUnit file; none is there when the process died."""
    if not report.is_file():
        return Outcome()
    suites = list(ET.parse(report).getroot().iter("testsuite"))  # our own pytest wrote it a moment ago
    tests, failures, errors, skipped = (
        sum(int(suite.get(name, 0)) for suite in suites)
        for name in ("tests", "failures", "errors", "skipped")
    )
    return Outcome(tests - failures - errors - skipped, failures + errors, skipped)
