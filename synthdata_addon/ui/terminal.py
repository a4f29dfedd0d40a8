# SPDX-License-Identifier: GPL-3.0-or-later
"""A job in a terminal: a progress line, Ctrl-C that keeps what is done, and a summary. Quiet when not a terminal."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from ..core.progress import format_seconds
from .job import STAGES, GenerateJob, JobStatus

TITLES = {"render": "views", "labels": "labels", "samples": "pictures"}
CLEAR = "\r\x1b[K"


def run_to_end(job: GenerateJob) -> JobStatus:
    """Step the job until it ends, showing progress on stderr; Ctrl-C cancels it, a second one is Python's own."""
    shown = sys.stderr.isatty()
    with _interrupt_cancels(job), _blender_talk_in(job.folder.root / "blender.log"):
        try:
            while job.step():
                if shown:
                    sys.stderr.write(CLEAR + progress_line(job.status))
                    sys.stderr.flush()
        finally:
            job.close()
            if shown:
                sys.stderr.write(CLEAR)
    return job.status


def progress_line(status: JobStatus) -> str:
    """Return ``views 5/8  labels 4/8  pictures 2/24 (3 min 20 s left)``."""
    parts = []
    for name in STAGES:
        stage = status.stages[name]
        if stage.total:
            parts.append(f"{TITLES[name]} {stage.done}/{stage.total}")
    left = time_left(status)
    return (
        "  ".join(parts) + (f"  ({left} left)" if left else "") + ("  cancelling" if status.cancelled else "")
    )


def time_left(status: JobStatus) -> str:
    """Return how long the job still takes: its slowest stage, as the stages overlap."""
    running = [stage.eta for stage in status.stages.values() if stage.done < stage.total]
    return format_seconds(max(running, default=-1.0))


def summary(status: JobStatus) -> list[str]:
    """Return the lines that end a job: counts, seconds of each stage, warnings, problems, where to look."""
    done = status.done
    lines = []
    if done is not None:
        lines.append(
            f"{done.labelled} views labelled, {done.samples} pictures, {done.annotations} annotations."
        )
        if done.dropped:
            lines.append(
                f"{done.dropped} instances were left out: too few pixels, or too little of them visible."
            )
        if done.rejected or done.unfaithful:
            lines.append(
                f"{done.rejected} pictures and {done.unfaithful} annotations were left out: pictures that do not show "
                "what their labels say."
            )
        if done.skipped:
            lines.append(f"{done.skipped} views or pictures were left out; the journals say why.")
    stages = "  ".join(f"{name} {format_seconds_short(value)}" for name, value in status.seconds.items())
    lines.append(f"Time: {stages}")
    lines += [f"Warning: {text}" for text in _first(status.warnings)]
    lines += [f"Error: {text}" for text in _first(status.problems)]
    if status.cancelled:
        lines.append("Cancelled. Run the same job again to go on where it stopped.")
    lines.append(f"Dataset: {status.folder}  (open index.html to look at it)")
    return lines


def format_seconds_short(seconds: float) -> str:
    """Return seconds with one decimal below a minute."""
    return f"{seconds:.1f} s" if seconds < 60.0 else format_seconds(seconds)


def _first(texts: list[str], most: int = 10) -> list[str]:
    return texts[:most] + ([f"... and {len(texts) - most} more"] if len(texts) > most else [])


@contextmanager
def _interrupt_cancels(job: GenerateJob) -> Iterator[None]:
    def on_interrupt(_number: int, _frame: FrameType | None) -> None:
        if job.status.cancelled:
            raise KeyboardInterrupt
        job.cancel()

    try:
        before = signal.signal(signal.SIGINT, on_interrupt)
    except ValueError:  # not the main thread: whoever runs us handles Ctrl-C
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before if before is not None else signal.default_int_handler)


@contextmanager
def _blender_talk_in(path: Path) -> Iterator[None]:
    """Send what Blender's C code writes to stdout ("Fra:1 Mem:...") to a file: the progress line stays whole."""
    sys.stdout.flush()
    kept = os.dup(1)
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.dup2(log, 1)
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
        os.close(log)
