# SPDX-License-Identifier: GPL-3.0-or-later
"""The window of real Blender under Xvfb: the sidebar's tab, a click on Generate Dataset, a dataset at the end."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from synthdata_addon.core.palette import category_colour, instance_colour
from tests.real.conftest import RealBlender
from tests.real.datasets import check_dataset
from tests.real.screen import JOB_SECONDS, needs, window

pytestmark = pytest.mark.slow

LONG_JOB = 400
LATER = 20


def test_click_on_generate_ends_in_a_dataset(blender: RealBlender, room: Path, display: str) -> None:
    """A user opens the file, sees the tab, clicks, waits: the dataset lies where the file's settings say."""
    needs("xdotool", "import")
    blend = blender.work / "window" / "room.blend"
    blend.parent.mkdir()
    shutil.copyfile(room, blend)
    dataset = blend.parent / "dataset"  # the default output, //dataset
    with window(blender, blend, display, blender.work / "window" / "signals") as shown:
        assert shown.region()["tab"] == "SynthData"
        shown.shoot(f"window-{blender.version}-before.png")
        shown.press_button("synthdata.generate", dataset.is_dir)
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
    needs("import")
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
    needs("import")
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
        shown.ask(code="bpy.context.window_manager.synthdata.overlay = True")
        shown.wait_for(lambda: shows("classes", box, 20), JOB_SECONDS)
        shown.press("preview_view")
        shown.wait_for(lambda: shown.region()["images"].get("SynthData Preview") == [256, 192], JOB_SECONDS)
        assert shown.region()["windows"] == 2
        shown.wait_for(lambda: shows("preview", desk, 2000), JOB_SECONDS)
        assert len(shown.region()["scenes"]) == 1
    assert not (work / "dataset").exists()
