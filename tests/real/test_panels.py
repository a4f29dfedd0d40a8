# SPDX-License-Identifier: GPL-3.0-or-later
"""Every panel unfolded in the window of real Blender, and a picture of each in `.logs/`, to be looked at.

`docs/screens.py` makes the documentation's pictures of them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.extension import ROOT
from tests.real.conftest import HERE, RealBlender, display_of
from tests.real.screen import JOB_SECONDS, Window, needs, window

pytestmark = pytest.mark.slow

SIZE = (1000, 2000)
PREFERENCES = (760, 1700)
BELOW_HEADER, BESIDE_SECTIONS = 232, 172
"""Where the extension's own preferences begin, below the facts about it, right of the preferences' sections."""
TABS = 30
"""Pixels at the sidebar's right that its tabs take."""
EDGE = 20
"""Pixels at the bottom that are no part of the background."""
INSIDE = f"import sys; sys.path.append({str(HERE / 'inside')!r}); import panels"
DETAILS = ("model_list", "styles_details", "controlnets")
BEFORE_JOB = {
    "scene": ("show('job', 'scene')", "populate()"),
    "classes": ("show('categories')", "classes()"),
    "labels": ("show('labels')", ""),
    "styles": (f"show('styles', without={DETAILS})", ""),
    "output": ("show('output')", ""),
}
AFTER_JOB = {
    "generate": ("show('preview', 'generate', 'dataset')", ""),
    "cameras": ("show('sweep')", "cameras()"),
    "variation": ("show('variation')", "variation()"),
    "model": ("show('styles', without=('model_list', 'prompts', 'fidelity'))", "own_model()"),
    "missing": ("show('generate')", "lacks()"),
}
VIEWS = 3
THUMBNAIL_SECONDS = 5
"""Blender reads pictures for icons in its own time."""
FEWEST_ROWS = 60


@pytest.fixture(scope="module")
def tall_display() -> Iterator[str]:
    """An X server whose screen holds a long sidebar."""
    yield from display_of(SIZE)


def settled(shown: Window, name: str) -> np.ndarray:
    """The screen once it no longer changes."""
    last = None
    for _look in range(20):
        time.sleep(0.7)
        with Image.open(shown.shoot(name)) as picture:
            pixels = np.asarray(picture.convert("RGB"))
        if last is not None and np.array_equal(last, pixels):
            return pixels
        last = pixels
    raise AssertionError("the screen does not come to rest")


def keep(pixels: np.ndarray, name: str) -> None:
    """Save what is above the empty background, of which the left edge near the bottom is one pixel."""
    background = pixels[-EDGE - 10, 10]
    drawn = np.nonzero((pixels[:-EDGE, :-EDGE] != background).any(axis=(1, 2)))[0]
    assert FEWEST_ROWS < drawn.max() < len(pixels) - EDGE - 10, name
    Image.fromarray(pixels[: drawn.max() + 6]).save(ROOT / ".logs" / name)


def shoot_panels(shown: Window, version: str, pictures: dict[str, tuple[str, str]]) -> None:
    """Save a picture of each."""
    for name, (panels, life) in pictures.items():
        shown.ask(code=f"{INSIDE}; panels.{panels}" + (f"; panels.{life}" if life else ""))
        shown.point(20, SIZE[1] - 20)  # away from what would show a tooltip
        region = shown.region()
        left, top = region["left"], region["top"]
        screen = settled(shown, f"panels-{version}.png")
        keep(
            screen[top : top + region["height"], left : left + region["width"] - TABS],
            f"panel-{version}-{name}.png",
        )


def make_dataset(shown: Window, folder: Path) -> None:
    """Run the file's small job, and look at one of its pictures as a user would."""
    shown.press("generate")
    shown.wait_for((folder / "index.html").is_file, JOB_SECONDS)
    shown.wait_for(lambda: shown.ask("bpy.ops.synthdata.load_picture.poll()"), JOB_SECONDS)
    shown.ask(code=f"bpy.ops.synthdata.load_picture(filepath={str(folder)!r})")
    shown.wait_for(lambda: shown.region()["windows"] == 2, JOB_SECONDS)
    shown.close_last()
    shown.ask(code=f"{INSIDE}; panels.show('generate')")
    time.sleep(THUMBNAIL_SECONDS)


def test_all_panels_are_drawn(blender: RealBlender, tall_display: str) -> None:
    """No panel raises or asks for a property that is not there; each is whole on its picture."""
    needs("xdotool", "import")
    work = blender.work / "panels"
    work.mkdir()
    blender.script("make_room.py", work / "room.blend", VIEWS)
    with window(blender, work / "room.blend", tall_display, work / "signals", SIZE) as shown:
        shown.ask(code=f"{INSIDE}; panels.unfold()")
        shoot_panels(shown, blender.version, BEFORE_JOB)
        make_dataset(shown, work / "dataset")
        shoot_panels(shown, blender.version, AFTER_JOB)
        shown.open_preferences(PREFERENCES)
        screen = settled(shown, f"panels-{blender.version}.png")[: PREFERENCES[1], : PREFERENCES[0]]
        keep(screen[BELOW_HEADER:, BESIDE_SECTIONS:], f"panel-{blender.version}-preferences.png")
        assert "Traceback" not in shown.log
        assert "rna_uiItem" not in shown.log
