# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's window under Xvfb, with what a user has: eyes, a mouse and a keyboard."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.extension import ROOT
from tests.real.conftest import RealBlender

START_SECONDS = 120
JOB_SECONDS = 300
ANSWER_SECONDS = 60
STEP_PIXELS = 16
"""Less than a button's height."""
EDGE_PIXELS = 4
CLICKS = 3
CLICK_SECONDS = 15
MOST_PAGES = 4
SCROLL_CLICKS = 10
MAIN_WINDOW = "Blender [0-9]"
"""In the titles of windows, as the one below."""
PREFERENCES = "Preferences$"
Place = tuple[int, int]


def needs(*programs: str) -> None:
    """Skip the test where a program of the machine is missing."""
    if missing := [name for name in programs if not shutil.which(name)]:
        pytest.skip(f"no {', '.join(missing)}: apt install xvfb xdotool imagemagick")


@contextmanager
def window(
    blender: RealBlender, blend: Path, display: str, folder: Path, size: Place = (1600, 900)
) -> Iterator[Window]:
    """Blender's window with the SynthData tab shown. `folder` is made; it takes the log and what the two say."""
    folder.mkdir()
    arguments = ["--gpu-backend", "opengl", "--window-geometry", "0", "0", *map(str, size), str(blend)]
    arguments += ["--python", str(Path(__file__).parent / "inside" / "window.py"), "--", str(folder)]
    variables = {"DISPLAY": display, "XDG_CACHE_HOME": "/root/.cache", **blender.variables(runner=True)}
    with (folder / "blender.log").open("w") as log:
        process = subprocess.Popen(
            blender.root.command("blender", *arguments, **variables),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Window(display, folder, process)
    finally:
        process.kill()
        process.wait()


class Window:
    """What a user sees and does: a mouse, keys and pictures of the screen."""

    def __init__(self, display: str, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self._display, self._folder, self._process = display, folder, process
        self._asked = 0
        self._found: dict[str, Place] = {}

    @property
    def log(self) -> str:
        """What Blender wrote to its console."""
        return (self._folder / "blender.log").read_text(errors="replace")

    def region(self) -> dict[str, Any]:
        """Where the sidebar is, once its tab is shown."""
        file = self._folder / "region.json"
        self.wait_for(file.is_file, START_SECONDS)
        return dict(json.loads(file.read_text()))

    def find(self, command: str, *, at_end: bool = False) -> Place:
        """The place in the sidebar of the button that runs `command`; scrolls to it, as a user would.

        It is looked for from the top, or from the end upwards.
        """
        if command in self._found and self.find_in(command, [self._found[command]], set()):
            return self._found[command]
        region = self.region()
        column = region["left"] + region["width"] // 3
        rows = list(range(region["top"] + 10, region["top"] + region["height"] - 10, STEP_PIXELS))
        if at_end:
            rows.reverse()
            self._scroll(region, MOST_PAGES)
        seen: set[str] = set()
        for _page in range(MOST_PAGES):
            if place := self.find_in(command, [(column, row) for row in rows], seen):
                inwards = -EDGE_PIXELS if at_end else EDGE_PIXELS  # the first hit is near the button's edge
                self._found[command] = place[0], place[1] + inwards
                return self._found[command]
            self._scroll(region, -1 if at_end else 1)
        raise AssertionError(f"no button runs {command}; Ctrl+C copied {sorted(seen)}")

    def _scroll(self, region: dict[str, Any], pages: int) -> None:
        """Turn the wheel over the sidebar, downwards where `pages` is positive."""
        self.point(region["left"] + region["width"] // 3, region["top"] + region["height"] // 2)
        clicks, wheel = str(SCROLL_CLICKS * abs(pages)), "5" if pages > 0 else "4"
        self._xdotool("click", "--repeat", clicks, "--delay", "40", wheel)
        time.sleep(1.0)

    def find_in(self, command: str, places: list[Place], seen: set[str]) -> Place | None:
        """The first of these places with a button that runs `command`: Ctrl+C over a button copies what it runs."""
        self.ask(code="bpy.context.window_manager.clipboard = ''")
        self.wait_for(lambda: not self._copied(), ANSWER_SECONDS)
        for place in places:
            self.point(*place)
            self.press_key("ctrl+c")
            time.sleep(0.35)
            copied = self._copied()
            seen.add(copied)
            if command in copied:
                return place
        return None

    def click(self, place: Place) -> None:
        """Press the left button there."""
        self.point(*place)
        time.sleep(0.8)
        self._xdotool("click", "1")

    def press_button(self, command: str, has_effect: Callable[[], bool]) -> None:
        """Find a button near the sidebar's end, and click it until it has an effect: what is above it may grow."""
        for _try in range(CLICKS):
            self.click(self.find(command, at_end=True))
            end = time.monotonic() + CLICK_SECONDS
            while time.monotonic() < end:
                if has_effect():
                    return
                time.sleep(0.2)
        raise AssertionError(f"{CLICKS} clicks on {command} in vain: {self.log[-2000:]}")

    def press_key(self, *keys: str) -> None:
        """Press keys where the mouse is, such as "ctrl+z"."""
        self._xdotool("key", "--delay", "80", *keys)

    def type(self, text: str) -> None:
        """Type where the mouse is."""
        self._xdotool("type", "--delay", "80", text)

    def press(self, operator: str) -> None:
        """Run one of our operators in the window as its button does, without looking for the button."""
        self.ask(code=f"bpy.ops.synthdata.{operator}('INVOKE_DEFAULT')")

    def ask(self, value: str = "None", code: str = "") -> Any:
        """Run Python in the window, and return what the expression `value` then is."""
        self._asked += 1
        self._write("ask.json", json.dumps({"id": self._asked, "code": code, "value": value}))
        self.wait_for(lambda: self._answer().get("id") == self._asked, ANSWER_SECONDS + START_SECONDS)
        said = self._answer()
        assert not said["complaint"], said["complaint"]
        return said["value"]

    def window_id(self) -> int:
        """The X server's number of Blender's main window."""
        return int(self._xdotool("search", "--name", MAIN_WINDOW).split()[-1])

    def open_preferences(self, size: Place = (700, 550)) -> None:
        """Open the preferences at the extension's, in the upper left corner; no window manager puts them there."""
        inside = str(Path(__file__).parent / "inside")
        self.ask(code=f"import sys; sys.path.append({inside!r}); import panels; panels.preferences()")
        place = ("windowmove", "0", "0", "windowsize", *map(str, size), "windowraise")
        self._xdotool("search", "--sync", "--name", PREFERENCES, *place)
        time.sleep(2)

    def close_last(self) -> None:
        """Close the window that was opened last."""
        code = "with bpy.context.temp_override(window=bpy.context.window_manager.windows[-1]):\n    {}"
        self.ask(code=code.format("bpy.ops.wm.window_close()"))

    def shoot(self, name: str) -> Path:
        """Save a picture of the screen under `.logs/`; Blender's own screenshot is black under software GL."""
        picture = ROOT / ".logs" / name
        picture.parent.mkdir(exist_ok=True)
        subprocess.run(["import", "-display", self._display, "-window", "root", str(picture)], check=True)
        return picture

    def wait_for(self, condition: Any, limit: float) -> None:
        """Wait until `condition()` holds; fail when Blender ends or `limit` seconds are over."""
        end = time.monotonic() + limit
        while not condition():
            assert self._process.poll() is None, f"Blender ended: {self.log[-2000:]}"
            assert time.monotonic() < end, f"waited {limit} s in vain: {self.log[-2000:]}"
            time.sleep(0.2)

    def point(self, x: int, y: int) -> None:
        """Blender heeds a mouse that moves, not one that jumps."""
        self._xdotool("mousemove", str(x - 3), str(y - 2))
        self._xdotool("mousemove_relative", "--", "3", "2")
        time.sleep(0.15)

    def _copied(self) -> str:
        file = self._folder / "clipboard.txt"
        return file.read_text() if file.is_file() else ""

    def _answer(self) -> dict[str, Any]:
        file = self._folder / "answer.json"
        return dict(json.loads(file.read_text())) if file.is_file() else {}

    def _write(self, name: str, text: str) -> None:
        part = self._folder / f"{name}.part"
        part.write_text(text)
        part.rename(self._folder / name)

    def _xdotool(self, *arguments: str) -> str:
        environment = {"DISPLAY": self._display, "PATH": "/usr/bin:/bin"}
        command = ["xdotool", *arguments]
        return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
