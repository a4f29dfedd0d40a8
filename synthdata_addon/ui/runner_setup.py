# SPDX-License-Identifier: GPL-3.0-or-later
"""The runner's set-up in this Blender session: what is there, what is under way, in words for the panel.

Whoever draws reads the fields; they change when something happened: at registration, by a timer while a process runs.
"""

from __future__ import annotations

import logging
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import bpy

from .. import __package__ as ADDON_ID  # noqa: N812  # a constant, whatever Python calls it
from ..core.errors import RunnerError, SynthDataError
from ..core.progress import format_seconds
from ..runner import own_environment
from ..runner.own_environment import RunnerEnvironment
from ..runner.setting_up import SetupProcess, SetupProgress
from ..runner.torch_build import preferred_builds
from ..runner.wheel_lock import read_lock, this_lock, this_platform

log = logging.getLogger(__name__)
TICK: Final = 0.3
LINE: Final = 90
"""Letters in a line of the preferences."""
FOLDER: Final = "runner"
STAGES: Final = {"download": "Downloading", "install": "Installing", "check": "Trying out"}


@dataclass
class RunnerSetup:
    """``process`` is set while a set-up or a check runs; ``said`` is the end of the last one, in a sentence."""

    environment: RunnerEnvironment | None = None
    bundled: bool = False
    """Whether the extension's own wheels have torch."""
    is_older: bool = False
    """Whether the environment was made from another lock than this extension's."""
    status: str = ""
    process: SetupProcess | None = None
    working: str = ""
    share: float = 0.0
    said: str = ""
    lines: tuple[str, ...] = ()
    """The same, as it fits the preferences."""
    failed: bool = False

    def refresh(self) -> None:
        """Look at the disk: what is there?"""
        base = base_folder()
        self.environment = own_environment.find_environment(base) if base is not None else None
        self.bundled = any((folder / "torch").is_dir() for folder in wheel_folders())
        self.is_older = self.environment is not None and self.environment.lock != _lock_digest()
        self.status = self._status()

    def _status(self) -> str:
        if self.environment is not None:
            found = self.environment
            ready = f"Ready: torch {found.torch}, {found.device}, {found.size / 1e9:.1f} GB"
            return (
                f"{ready}. The runner is older than the extension: Set Up again" if self.is_older else ready
            )
        if self.bundled:
            return "Ready: torch came with the extension"
        return "Not set up: labels and control images only, no pictures"

    def start(self, process: SetupProcess) -> None:
        """Begin to follow a process; Blender stays usable."""
        self.begin(process)
        bpy.app.timers.register(_tick, first_interval=TICK, persistent=True)

    def begin(self, process: SetupProcess) -> None:
        """Take a process over without a timer."""
        self.process, self.working, self.share = process, "Starting", 0.0
        self.say("")

    def step(self) -> bool:
        """See how far the process is; True when it has ended. Never raises: ``failed`` and ``said`` tell."""
        if self.process is None:
            return True
        try:
            ended = self.process.step()
        except SynthDataError as error:
            self._end(str(error), failed=True)
            return True
        if ended:
            self._end(_outcome(self.process), failed=False)
        elif self.process.cancelled:
            self.working = "Cancelling"
        elif self.process.progress is not None:
            self.working, self.share = _words(self.process.progress), self.process.progress.share
        return ended

    def stop(self) -> None:
        """End what runs; finished downloads are kept. For Blender's end and for `unregister`."""
        if bpy.app.timers.is_registered(_tick):
            bpy.app.timers.unregister(_tick)
        if self.process is not None:
            self._end("", failed=False)

    def say(self, text: str, *, failed: bool = False) -> None:
        """Show a sentence until the next one."""
        self.said, self.failed = text, failed
        self.lines = tuple(textwrap.wrap(text, LINE))

    def _end(self, said: str, *, failed: bool) -> None:
        if self.process is not None:
            self.process.close()
        self.process, self.working = None, ""
        self.say(said, failed=failed)
        if failed:
            log.error("%s", said)
        self.refresh()


setup: Final = RunnerSetup()


def _tick() -> float | None:
    """Be found by Blender's timers, which know functions by identity: a method would be another at each look."""
    ended = setup.step()
    _redraw()
    return None if ended else TICK


def base_folder() -> Path | None:
    """Return the folder for environments, in the extension's own; None if this is not installed as an extension."""
    try:
        return Path(bpy.utils.extension_path_user(ADDON_ID or "", path=FOLDER))
    except ValueError:
        return None


def needed_base() -> Path:
    """Return the folder for environments.

    Raises:
        RunnerError: ``runner.not_installed``.
    """
    base = base_folder()
    if base is None:
        raise RunnerError(
            "runner.not_installed",
            "SynthData is not installed as an extension, so that it has no folder of its own.",
            "Install its zip, or run `python3 build.py runner-env`.",
        )
    return base


def wheel_folders() -> list[Path]:
    """Return where Blender unpacks the wheels of extensions, if there are any."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    place = Path(bpy.utils.user_resource("EXTENSIONS")) / ".local" / "lib" / version / "site-packages"
    return [place] if place.is_dir() else []


def download_size() -> str:
    """Return how much a set-up downloads, in words.

    Raises:
        RunnerError: ``runner.lock``: nothing is known for this platform and Python.
    """
    lock = read_lock(this_lock())
    if not lock.torch_version():
        raise RunnerError(
            "runner.lock",
            "torch is not made for this platform any more, so that there is nothing to set up.",
            "Labels and control images need no torch; for pictures use another machine.",
        )
    builds = [build for build in preferred_builds(this_platform()) if build in lock.builds]
    sizes = [sum(wheel.size for wheel in lock.for_setup(build)) for build in builds or [None]]
    words = [f"{size / 1e9:.1f} GB" for size in sizes]
    if len(words) == 1:
        return words[0]
    return f"{words[0]}, or {words[-1]} where no CPU build of torch is found"


def _lock_digest() -> str:
    try:
        return read_lock(this_lock()).digest
    except RunnerError:
        return ""


def _words(progress: SetupProgress) -> str:
    text = STAGES[progress.stage]
    if progress.stage != "check":
        total = f" of {progress.total / 1e6:.0f}" if progress.total else ""
        text += f" {progress.done / 1e6:.0f}{total} MB"
    return text if progress.seconds_left < 0 else f"{text}, {format_seconds(progress.seconds_left)} left"


def _outcome(process: SetupProcess) -> str:
    if process.cancelled:
        return "Cancelled; nothing was kept"
    facts = process.ready
    return f"Ready: Python {facts['python']}, torch {facts['torch']}, {facts['device']}"


def _redraw() -> None:
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in {"PREFERENCES", "VIEW_3D"}:
                area.tag_redraw()


def attach() -> None:
    """Look at the disk, and sweep out environments that were replaced while a job may have used them."""
    base = base_folder()
    if base is not None and base.is_dir() and not (base / own_environment.LOCK).exists():
        own_environment.sweep(base)
    setup.refresh()


def detach() -> None:
    """End what runs."""
    setup.stop()
