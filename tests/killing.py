# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs real jobs, kills Blender, the runner or both at random moments, and looks at what is left. POSIX only.

A dataset is worked on, killed, and worked on again until it is complete; then it must be the same as that of a job
which nobody disturbed.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from pycocotools.coco import COCO

from synthdata_addon.core.process import start_of
from tests.same_dataset import JOURNALS, differing

ROOT = Path(__file__).parents[1]
LIMIT = 180.0
VICTIMS = ("blender", "runner", "both")


@dataclass
class Found:
    """What the kills came to. ``differing`` must be empty."""

    kills: Counter[str] = field(default_factory=Counter)
    moments: Counter[str] = field(default_factory=Counter)
    """What was there when the process died: nothing yet, some views, labels or pictures."""
    completed: int = 0
    differing: list[str] = field(default_factory=list)
    runners_left: int = 0


class Killer:
    """Kills jobs on one .blend. ``whole`` is the dataset of an undisturbed job."""

    def __init__(self, blend: Path, work: Path, seed: int) -> None:
        self.blend = blend
        self.work = work
        self.found = Found()
        self._random = random.Random(seed)
        self.whole = work / "whole"
        began = time.monotonic()
        assert self._start(self.whole).wait(LIMIT) == 0
        self._duration = time.monotonic() - began

    def run(self, kills: int) -> Found:
        """Kill so often; return what came of it."""
        folder = self._next_folder()
        while self.found.kills.total() < kills:
            if self._run_and_kill(folder):
                self._compare(folder)
                folder = self._next_folder()
        if folder.exists():
            assert self._start(folder).wait(LIMIT) == 0, self._log(folder)
            self._compare(folder)
        return self.found

    def _run_and_kill(self, folder: Path) -> bool:
        """Start a job and kill it; return whether it was faster."""
        victim = self._random.choice(VICTIMS)
        job = self._start(folder)
        if self._random.random() < 0.3:
            self._wait(job, self._random.uniform(0.0, self._duration))
        else:
            # Most of the time goes into starting: after some more lines in the journals there is more to spoil.
            enough, end = _lines(folder) + self._random.randint(1, 40), time.monotonic() + LIMIT
            while job.poll() is None and _lines(folder) < enough:
                assert time.monotonic() < end, self._log(folder)
                time.sleep(0.002)
            self._wait(job, self._random.uniform(0.0, 0.1))
        if job.poll() is not None:
            assert job.returncode == 0, (job.returncode, self._log(folder))
            return True
        runner = self._runner(folder)
        if runner is None:
            victim = "blender"
        if victim != "blender" and runner is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(runner, signal.SIGKILL)
        if victim != "runner":
            job.kill()
        status = job.wait(LIMIT)
        assert status != 0 or victim == "runner", "a killed job says that it is complete"
        self.found.kills[victim] += 1
        self.found.moments[_stage(folder)] += 1
        with (self.work / "kills.log").open("a") as log:
            log.write(f"{victim} {_stage(folder)} {folder.name}\n")
        check_annotations(folder)
        if victim == "blender" and runner is not None and self._random.random() < 0.3:
            self._wait_for_end(runner)
        return False

    def _wait(self, job: subprocess.Popen[bytes], seconds: float) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            job.wait(seconds)

    def _compare(self, folder: Path) -> None:
        self.found.completed += 1
        self.found.differing += [f"{folder.name}/{name}" for name in differing(self.whole, folder)]

    def _next_folder(self) -> Path:
        return self.work / f"killed{self.found.completed}"

    def _start(self, folder: Path) -> subprocess.Popen[bytes]:
        command = [
            sys.executable,
            "-m",
            "synthdata_addon",
            "generate",
            str(self.blend),
            "--output",
            str(folder),
        ]
        with (self.work / f"{folder.name}.log").open("ab") as log:
            return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def _log(self, folder: Path) -> str:
        return (self.work / f"{folder.name}.log").read_text(encoding="utf-8")

    def _runner(self, folder: Path) -> int | None:
        try:
            return int(json.loads((folder / "runner.lock").read_text())["pid"])
        except (OSError, ValueError):
            return None

    def _wait_for_end(self, runner: int) -> None:
        end = time.monotonic() + 30
        while start_of(runner) is not None:
            if time.monotonic() > end:
                self.found.runners_left += 1
                return
            time.sleep(0.05)


def _lines(folder: Path) -> int:
    """Count the journals' lines."""
    journals = [path for path in (folder / name for name in JOURNALS) if path.exists()]
    return sum(path.read_bytes().count(b"\n") for path in journals)


def check_annotations(folder: Path) -> None:
    """Load every annotation file that is there, and decode every mask in it."""
    for path in (folder / "annotations").glob("instances_*.json"):
        coco = COCO(str(path))
        for annotation in coco.loadAnns(coco.getAnnIds()):
            assert coco.annToMask(annotation).sum() == annotation["area"] > 0
        for image in coco.dataset["images"]:
            assert (folder / image["file_name"]).is_file()
    for path in (folder / "annotations").glob("[!.]*.json"):
        json.loads(path.read_text(encoding="utf-8"))


def _stage(folder: Path) -> str:
    for name, stage in (
        ("samples.jsonl", "pictures"),
        ("labels.jsonl", "labels"),
        ("views.jsonl", "views"),
        ("job.json", "job"),
    ):
        if (folder / name).exists():
            return stage
    return "nothing"
