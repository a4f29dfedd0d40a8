# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m synthdata_addon setup-runner``: make the runner's environment for this Python, from the lock.

Run by Blender's own Python in a process of its own. Standard library and core only. Three stages: wheels are downloaded
(a wheel that is there with the right hash is not fetched again), unpacked into a folder that does not count, and tried
out; then one small file is replaced, and the folder counts. Whoever started it reads a JSON object a line from standard
output, and may write ``cancel`` to standard input, which removes all that was done; the end of standard input stops it
too, but keeps finished downloads for the next time.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import secrets
import shutil
import sys
import threading
import time
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Final

from ..core.errors import DatasetError, RunnerError, SynthDataError
from ..core.lock import Lock
from . import own_environment
from .own_environment import DOWNLOADS, LOG, RunnerEnvironment, size_of
from .pip_runs import Pip, Stopped
from .python_check import error_line, examine
from .setting_up import CANCELLED, SetupProgress, Stage
from .torch_build import preferred_builds
from .wheel_lock import Build, LockedWheel, WheelLock, read_lock, sha256_of, this_lock, this_platform

LARGE: Final = 16_000_000
"""Bytes from which a wheel is fetched by itself, so that an interruption costs no more than it."""
TELL: Final = 0.5
"""Seconds between two lines of progress."""
UNPACKED: Final = 4.0
"""So many times the downloads' size is what they and all that is made of them take on the disk, about."""


class Setup:
    """One set-up into the folder ``base``."""

    def __init__(self, base: Path, lock: WheelLock, torch_index: str = "") -> None:
        self._base = base
        self._lock = lock
        self._torch_index = torch_index
        self._downloads = base / DOWNLOADS
        self._temporary = base / "tmp"
        self._folder = base / f"{own_environment.tag()}-{secrets.token_hex(3)}"
        self._guard = Lock(base / own_environment.LOCK)
        self._stop = threading.Event()
        self._cancelled = False
        self._told = 0.0
        self._stage: Stage = "download"
        self._begun = time.monotonic()
        self._before = 0
        self._total = 0

    def stop(self, *, cancel: bool) -> None:
        """Ask it to end; from any thread."""
        self._cancelled = self._cancelled or cancel
        self._stop.set()

    def run(self) -> RunnerEnvironment:
        """Make the environment.

        Raises:
            SynthDataError: what went wrong; nothing that was there before is touched.
            Stopped: it was asked to end.
        """
        self._base.mkdir(parents=True, exist_ok=True)
        self._take()
        done = False
        try:
            (self._base / LOG).unlink(missing_ok=True)
            own_environment.sweep(self._base)
            found = self._make()
            own_environment.finish(self._base, found)
            done = True
            return found
        finally:
            self._tidy(done=done)

    def _take(self) -> None:
        try:
            self._guard.take()
        except DatasetError as error:
            raise RunnerError(
                "runner.busy", "Another Blender is setting up the runner.", "Wait for it."
            ) from error

    def _tidy(self, *, done: bool) -> None:
        """Remove what nobody needs; downloads and pip's words only when no other set-up can use them."""
        shutil.rmtree(self._temporary, ignore_errors=True)
        if not done:
            shutil.rmtree(self._folder, ignore_errors=True)
        if done or self._cancelled:
            shutil.rmtree(self._downloads, ignore_errors=True)
            (self._base / LOG).unlink(missing_ok=True)
        self._guard.release()
        with contextlib.suppress(OSError):
            self._base.rmdir()  # if nothing is left

    def _make(self) -> RunnerEnvironment:
        shutil.rmtree(self._temporary, ignore_errors=True)
        pip = Pip(self._base / LOG, self._temporary, self._watch)
        build = self._build(pip)
        wheels = self._lock.for_setup(build)
        self._check_room(wheels)
        self._download(pip, wheels)
        self._install(pip, wheels)
        self._begin("check", 0)
        facts = examine(sys.executable, [str(self._folder)])
        if self._cancelled:
            raise Stopped
        size = size_of(self._folder)
        return RunnerEnvironment(
            str(self._folder), facts.python, facts.torch, facts.device, size, self._lock.digest
        )

    def _build(self, pip: Pip) -> Build | None:
        """Return the build of torch to take from the lock; None if it comes from an index, or none is locked."""
        if self._torch_index:
            return None
        wanted = [build for build in preferred_builds(this_platform()) if build in self._lock.builds]
        for build in wanted[:-1]:
            torch = [wheel for wheel in self._lock.for_setup(build) if wheel.name == "torch"]
            names = [f"{wheel.name}=={wheel.version}" for wheel in torch]
            if pip.can(
                ["install", "--no-deps", "--only-binary=:all:", "--target", str(self._folder), *names]
            ):
                return build
        return wanted[-1] if wanted else None

    def _check_room(self, wheels: list[LockedWheel]) -> None:
        needed = int(sum(wheel.size for wheel in wheels) * UNPACKED)
        free = shutil.disk_usage(self._base).free
        if free < needed:
            raise RunnerError(
                "runner.disk",
                f"'{self._base}' has {free / 1e9:.1f} GB left, and the runner takes about {needed / 1e9:.1f} GB.",
                "Make room there.",
            )

    def _download(self, pip: Pip, wheels: list[LockedWheel]) -> None:
        self._downloads.mkdir(exist_ok=True)
        there = self._keep_only(wheels)
        missing = [wheel for wheel in wheels if wheel.sha256 not in there]
        self._begin("download", sum(wheel.size for wheel in wheels), size_of(self._downloads))
        small = [wheel for wheel in missing if wheel.size < LARGE]
        large = [[wheel] for wheel in missing if wheel.size >= LARGE]
        common = ["download", "--only-binary=:all:", "--no-deps"]
        for batch in [*([small] if small else []), *large]:
            listed = ["--require-hashes", "-r", str(self._requirements(batch))]
            pip.run([*common, "--dest", str(self._downloads), *listed])
        if self._torch_index:
            self._begin("download", 0)
            torch = ["--index-url", self._torch_index, f"torch=={self._lock.torch_version()}"]
            pip.run([*common, "--dest", str(self._downloads / "torch"), *torch])

    def _install(self, pip: Pip, wheels: list[LockedWheel]) -> None:
        files = sorted(self._downloads.rglob("*.whl"))
        self._begin("install", sum(_unpacked(file) for file in files))
        common = ["install", "--no-index", "--no-deps", "--no-compile", "--no-warn-script-location"]
        common += ["--target", str(self._folder)]
        links = [
            "--find-links",
            str(self._downloads),
            "--require-hashes",
            "-r",
            str(self._requirements(wheels)),
        ]
        pip.run([*common, *links])
        for file in (self._downloads / "torch").glob("*.whl"):
            pip.run([*common, str(file)])

    def _requirements(self, wheels: list[LockedWheel]) -> Path:
        self._temporary.mkdir(parents=True, exist_ok=True)
        path = self._temporary / "requirements.txt"
        path.write_text("".join(f"{wheel.requirement}\n" for wheel in wheels), encoding="utf-8")
        return path

    def _keep_only(self, wheels: list[LockedWheel]) -> set[str]:
        """Drop earlier downloads but for whole ones that are still wanted; return the hashes of those."""
        wanted = {wheel.sha256 for wheel in wheels}
        kept = set()
        for path in self._downloads.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif (found := sha256_of(path)) in wanted:
                kept.add(found)
            else:
                path.unlink()
        return kept

    def _begin(self, stage: Stage, total: int, before: int = 0) -> None:
        self._stage, self._total, self._before = stage, total, before
        self._begun, self._told = time.monotonic(), 0.0
        self._watch()

    def _watch(self) -> None:
        """Tell how far it is, now and then; end it if that was asked for."""
        if self._stop.is_set():
            raise Stopped
        self._guard.refresh()
        now = time.monotonic()
        if now - self._told < TELL:
            return
        self._told = now
        done = self._bytes_done()
        left = -1.0
        if self._total and now - self._begun > 5.0 and done > self._before:
            left = (self._total - done) * (now - self._begun) / (done - self._before)
        told = SetupProgress(self._stage, done, self._total, left)
        tell(json.dumps({"progress": asdict(told)}) + "\n")

    def _bytes_done(self) -> int:
        if self._stage == "check":
            return 0
        there = self._downloads if self._stage == "download" else self._folder
        done = size_of(there) + size_of(self._temporary)
        return min(done, self._total) if self._total else done


def tell(line: str) -> None:
    """Write a line to whoever started the set-up; one who is gone need not hear it."""
    with contextlib.suppress(OSError):
        sys.stdout.write(line)
        sys.stdout.flush()


def setup_main(argv: list[str]) -> int:
    """Set up, and return the exit status: 0, 1 for an error, 130 when it was stopped."""
    parser = argparse.ArgumentParser(
        prog="synthdata_addon setup-runner",
        description="Install torch and diffusers for this Python into a folder.",
    )
    parser.add_argument("folder", type=Path, help="where to")
    parser.add_argument("--torch-index", default="", metavar="URL", help="package index to take torch from")
    parser.add_argument(
        "--watched", action="store_true", help="stop at the end of standard input, or at 'cancel' there"
    )
    parser.add_argument("--lock", type=Path, help="lock file (default: this platform's and Python's)")
    arguments = parser.parse_args(argv)
    try:
        lock = read_lock(arguments.lock or this_lock())
        setup = Setup(arguments.folder.resolve(), lock, arguments.torch_index)
        if arguments.watched:
            threading.Thread(target=_listen, args=(setup,), daemon=True).start()
        tell(json.dumps({"ready": asdict(setup.run())}) + "\n")
    except Stopped:
        return CANCELLED
    except SynthDataError as error:
        tell(error_line(error))
        return 1
    except OSError as error:
        where = f" ('{error.filename}')" if error.filename else ""
        tell(error_line(RunnerError("runner.disk", f"The disk refused: {error.strerror}{where}.")))
        return 1
    return 0


def _listen(setup: Setup) -> None:
    """Wait for a word on standard input, or its end."""
    # Not sys.stdin: Python cannot end while a thread waits in that.
    setup.stop(cancel=os.read(0, 64).strip() == b"cancel")


def _unpacked(wheel: Path) -> int:
    with zipfile.ZipFile(wheel) as archive:
        return sum(item.file_size for item in archive.infolist())
