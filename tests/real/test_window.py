# SPDX-License-Identifier: GPL-3.0-or-later
"""The window of real Blender under Xvfb: the sidebar's tab, a click on Generate Dataset, a dataset at the end."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from synthdata_addon.core.palette import category_colour, instance_colour
from tests.extension import ROOT
from tests.real.conftest import RealBlender
from tests.real.datasets import check_dataset

pytestmark = pytest.mark.slow

START_SECONDS = 120
JOB_SECONDS = 300
STEP_PIXELS = 12
MOST_PAGES = 4
SCROLL_CLICKS = 10
LONG_JOB = 400
LATER = 20


@contextmanager
def window(blender: RealBlender, blend: Path, display: str, folder: Path) -> Iterator[Window]:
    """Blender's window with the SynthData tab shown."""
    folder.mkdir()
    arguments = ["--gpu-backend", "opengl", "--window-geometry", "0", "0", "1600", "900", str(blend)]
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

    def region(self) -> dict[str, Any]:
        """Where the sidebar is, once its tab is shown."""
        file = self._folder / "region.json"
        self.wait_for(file.is_file, START_SECONDS)
        return dict(json.loads(file.read_text()))

    def find(self, command: str) -> tuple[int, int]:
        """The place of the button that runs `command`: Ctrl+C over a button copies what it runs.

        Scrolls the sidebar down when the button is not in sight, as a user would.
        """
        region = self.region()
        column = region["left"] + region["width"] // 3
        seen = set()
        for _page in range(MOST_PAGES):
            for row in range(region["top"] + 10, region["top"] + region["height"] - 10, STEP_PIXELS):
                self._point(column, row)
                self._xdotool("key", "ctrl+c")
                time.sleep(0.35)
                copied = self._copied()
                seen.add(copied)
                if command in copied:
                    return column, row + STEP_PIXELS // 2  # the first hit is near its upper edge
            self._xdotool("click", "--repeat", str(SCROLL_CLICKS), "--delay", "80", "5")
            time.sleep(1.0)
        raise AssertionError(f"no button runs {command}; Ctrl+C copied {sorted(seen)}")

    def click(self, place: tuple[int, int]) -> None:
        """Press the left button there."""
        self._point(*place)
        time.sleep(0.8)
        self._xdotool("click", "1")

    def press(self, operator: str) -> None:
        """Run one of our operators in the window as its button does, without looking for the button."""
        self.region()
        part = self._folder / "press.part"
        part.write_text(operator)
        part.rename(self._folder / "press.txt")

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
            log = (self._folder / "blender.log").read_text(errors="replace")
            assert self._process.poll() is None, f"Blender ended: {log[-2000:]}"
            assert time.monotonic() < end, f"waited {limit} s in vain: {log[-2000:]}"
            time.sleep(0.5)

    def _point(self, x: int, y: int) -> None:
        """Blender heeds a mouse that moves, not one that jumps."""
        self._xdotool("mousemove", str(x - 3), str(y - 2))
        self._xdotool("mousemove_relative", "--", "3", "2")
        time.sleep(0.15)

    def _copied(self) -> str:
        file = self._folder / "clipboard.txt"
        return file.read_text() if file.is_file() else ""

    def _xdotool(self, *arguments: str) -> None:
        subprocess.run(
            ["xdotool", *arguments], env={"DISPLAY": self._display, "PATH": "/usr/bin:/bin"}, check=True
        )


def test_click_on_generate_ends_in_a_dataset(blender: RealBlender, room: Path, display: str) -> None:
    """A user opens the file, sees the tab, clicks, waits: the dataset lies where the file's settings say."""
    if not shutil.which("xdotool") or not shutil.which("import"):
        pytest.skip("no xdotool or import: apt install xdotool imagemagick")
    blend = blender.work / "window" / "room.blend"
    blend.parent.mkdir()
    shutil.copyfile(room, blend)
    dataset = blend.parent / "dataset"  # the default output, //dataset
    with window(blender, blend, display, blender.work / "window" / "signals") as shown:
        assert shown.region()["tab"] == "SynthData"
        shown.shoot(f"window-{blender.version}-before.png")
        shown.click(shown.find("synthdata.generate"))
        shown.wait_for((dataset / "views.jsonl").is_file, JOB_SECONDS)
        shown.shoot(f"window-{blender.version}-running.png")
        shown.wait_for(lambda: len(list(dataset.glob("images/**/*.png"))) == 3, JOB_SECONDS)
        shown.wait_for((dataset / "index.html").is_file, JOB_SECONDS)
        time.sleep(5)
        shown.shoot(f"window-{blender.version}-done.png")
    check_dataset(dataset, images=3, size=(256, 192))


def count_lines(journal: Path) -> int:
    """How many things a journal says are finished."""
    return len(journal.read_text().splitlines()) if journal.is_file() else 0


def test_cancel_keeps_what_is_done_and_puts_the_file_back(blender: RealBlender, display: str) -> None:
    """A user starts a long job, thinks better of it, and presses Cancel: Blender is at hand all the while."""
    if not shutil.which("import"):
        pytest.skip("no import: apt install imagemagick")
    work = blender.work / "cancel"
    work.mkdir()
    blender.script("make_room.py", work / "room.blend", LONG_JOB)
    dataset = work / "dataset"
    with window(blender, work / "room.blend", display, work / "signals") as shown:
        shown.press("generate")
        shown.wait_for(lambda: count_lines(dataset / "labels.jsonl") >= LATER, JOB_SECONDS)
        assert len(shown.region()["scenes"]) == 2
        shown.press("cancel")
        shown.wait_for((dataset / "index.html").is_file, JOB_SECONDS)
        shown.wait_for(lambda: len(shown.region()["scenes"]) == 1, JOB_SECONDS)
        time.sleep(2)
        shown.shoot(f"window-{blender.version}-cancelled.png")
        assert shown.region()["pass_indices"] == [0]
    rendered = count_lines(dataset / "views.jsonl")
    assert LATER <= rendered < LONG_JOB
    labelled = {
        image["view"]
        for split in ("train", "val")
        for image in json.loads((dataset / "annotations" / f"instances_{split}.json").read_text())["images"]
    }
    assert labelled == set(range(rendered))


def test_finished_pictures_come_in_the_window_too(blender: RealBlender, display: str) -> None:
    """Pictures render as Blender's own jobs, between label renders that stand in for every material."""
    work = blender.work / "beauty"
    work.mkdir()
    blender.script("make_room.py", work / "room.blend", 4, "beauty")
    dataset = work / "dataset"
    with window(blender, work / "room.blend", display, work / "signals") as shown:
        before = shown.region()
        shown.press("generate")
        shown.wait_for(lambda: count_lines(dataset / "labels.jsonl") == 4, JOB_SECONDS)
        shown.wait_for((dataset / "index.html").is_file, JOB_SECONDS)
        shown.wait_for(lambda: len(shown.region()["scenes"]) == 1, JOB_SECONDS)
        assert shown.region()["materials"] == before["materials"]
        assert shown.region()["pass_indices"] == [0]
    assert len(list((dataset / "renders").glob("*.png"))) == 4
    labelled = [json.loads(line) for line in (dataset / "labels.jsonl").read_text().splitlines()]
    assert all(0.0 < a["visible_fraction"] <= 1.0 for view in labelled for a in view["annotations"])


def count_colour(picture: Path, colour: tuple[float, float, float], right: int) -> int:
    """How many pixels left of column `right` have a colour, give or take what a screen makes of it."""
    with Image.open(picture) as image:
        pixels = np.asarray(image.convert("RGB"))[:, :right].astype(float) / 255.0
    return int((np.abs(pixels - colour).max(axis=2) < 0.06).sum())


def test_classes_show_in_the_viewport_and_a_view_in_the_image_editor(
    blender: RealBlender, display: str
) -> None:
    """A user turns the classes on, sees boxes; previews a view, sees it in a window; the dataset is not begun."""
    if not shutil.which("import"):
        pytest.skip("no import: apt install imagemagick")
    work = blender.work / "preview"
    work.mkdir()
    blender.script("make_room.py", work / "room.blend", 4)
    version = blender.version
    with window(blender, work / "room.blend", display, work / "signals") as shown:
        shown.region()
        time.sleep(3)
        desk = category_colour(5)  # the room's classes by name
        box = instance_colour(2, 25)  # the second box, after 24 books
        sidebar = shown.region()["left"]

        def shows(name: str, colour: tuple[float, float, float], pixels: int) -> bool:
            return count_colour(shown.shoot(f"window-{version}-{name}.png"), colour, sidebar) > pixels

        assert not shows("plain", box, 0)
        shown.press("overlay=1")
        shown.wait_for(lambda: shows("classes", box, 20), JOB_SECONDS)
        shown.press("preview_view")
        shown.wait_for(lambda: shown.region()["images"].get("SynthData Preview") == [256, 192], JOB_SECONDS)
        assert shown.region()["windows"] == 2
        shown.wait_for(lambda: shows("preview", desk, 2000), JOB_SECONDS)
        assert len(shown.region()["scenes"]) == 1
    assert not (work / "dataset").exists()
