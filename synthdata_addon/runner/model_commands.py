# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m synthdata_addon models``: lists, fetches and removes models of the hub."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ..core.errors import ModelError, SynthDataError
from ..core.model_list import format_bytes, listed_models
from ..core.model_store import remove, stored
from ..core.progress import format_seconds

EVERY: Final = 0.25
"""Seconds between two lines of progress."""
WINDOW: Final = 10.0
"""The time left is told by the speed of so many seconds."""
LEFT: Final = 130
"""The exit status of what Ctrl-C ends, as shells have it."""


def models_main(argv: list[str]) -> int:
    """List, fetch or remove models; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="synthdata_addon models", description="Models of the Hugging Face hub."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    commands.add_parser("list", help="what goes with SynthData, and what is on this disk")
    fetch = commands.add_parser("download", help="fetch models; goes on where it was when run again")
    away = commands.add_parser("remove", help="take models off this disk")
    for command in (fetch, away):
        command.add_argument("model", nargs="+", help="hub id, like org/name")
    fetch.add_argument("--json", action="store_true", help="progress as lines of JSON")
    arguments = parser.parse_args(argv)
    if arguments.command == "list":
        return _list()
    try:
        for repo in arguments.model:
            if arguments.command == "remove":
                sys.stdout.write(f"{repo}: {format_bytes(remove(repo))} freed\n")
            else:
                _download(repo, as_json=arguments.json)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped; what was fetched is kept.\n")
        return LEFT
    except SynthDataError as error:
        if getattr(arguments, "json", False):
            _say({"event": "error", "code": error.code, "message": error.message, "hint": error.hint})
        sys.stderr.write(f"Error: {error}\n")
        return 1
    return 0


def _list() -> int:
    for model in listed_models():
        state = stored(model.repo)
        there = {"READY": "ready", "PARTLY": f"{format_bytes(state.size)} there", "MISSING": "missing"}
        terms = ", terms to accept" if model.gated else ""
        line = f"{there[state.presence]:<14}{format_bytes(model.size):>8}  {model.repo}  ({model.licence}{terms})"
        sys.stdout.write(line + "\n")
    return 0


def _download(repo: str, *, as_json: bool) -> None:
    try:
        from .downloads import download
    except ImportError as error:
        raise ModelError(
            "model.no_hub",
            f"The runner's Python cannot import what downloads need ({error}).",
            "Set up the runner in the preferences, or name a Python that has torch and diffusers there.",
        ) from error
    teller = _Teller(repo, as_json=as_json)
    folder = download(repo, teller.tell)
    teller.end(folder)


@dataclass
class _Teller:
    """Tells how far a download is: lines of JSON for Blender, one line that is written over in a terminal."""

    repo: str
    as_json: bool
    _parent: int = field(default_factory=os.getppid)
    _last: float = 0.0
    _seen: deque[tuple[float, int]] = field(default_factory=deque)

    def tell(self, done: int, total: int, came: int) -> None:
        now = time.monotonic()
        if now - self._last < EVERY and done < total:
            return
        self._last = now
        left = self._time_left(now, total - done, came)
        if self.as_json:
            _say({"event": "progress", "done": done, "total": total, "eta": round(left, 1)})
            if os.getppid() != self._parent:
                sys.exit(1)  # Blender, which asked for this, is gone
        elif sys.stderr.isatty():
            after = f", {format_seconds(left)} left" if left >= 0.0 else ""
            share = 100 * done // max(total, 1)
            sys.stderr.write(
                f"\r{self.repo}: {share} %, {format_bytes(done)} of {format_bytes(total)}{after}\033[K"
            )

    def end(self, folder: Path) -> None:
        if self.as_json:
            _say({"event": "done", "folder": str(folder)})
            return
        if sys.stderr.isatty():
            sys.stderr.write("\n")
        sys.stdout.write(f"{self.repo}: ready in {folder}\n")

    def _time_left(self, now: float, missing: int, came: int) -> float:
        """Return the seconds that are left at the speed of late; -1 while there is none."""
        self._seen.append((now, came))
        while now - self._seen[0][0] > WINDOW:
            self._seen.popleft()
        then, had = self._seen[0]
        if now - then < 1.0 or came <= had:
            return -1.0
        return missing * (now - then) / (came - had)


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()
