# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole session in the window of real Blender, from the installed zip, with mouse and keys.

Real events: all buttons of the panel, Ctrl+Z and Ctrl+Shift+Z, Ctrl+S, *Revert* by Blender's search (F3), the
extension's checkbox in the preferences. The preferences themselves are opened and closed by their operators.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.real.conftest import HERE, RealBlender
from tests.real.datasets import check_dataset
from tests.real.screen import JOB_SECONDS, START_SECONDS, Window, needs, window

pytestmark = pytest.mark.slow

SIZE = (128, 96)
VIEWS = 4
LONG_JOB = 2000
LATER = 10
STEPS = 4
"""Undo steps: more than there are."""
TRACES = f"import sys; sys.path.append({str(HERE / 'inside')!r}); import traces"
OWN = "import sys; state = sys.modules['bl_ext.user_default.synthdata.ui.state'].state"
FAULTS = ("Traceback", "Error", "rna_uiItem", "SIGSEGV")


def set_job(shown: Window, output: str, views: int) -> None:
    """Choose another folder and number of views, without pictures."""
    values = {
        "output": f"//{output}",
        "views": views,
        "use_styles": False,
        "width": SIZE[0],
        "height": SIZE[1],
    }
    lines = [f"bpy.context.scene.synthdata.{name} = {value!r}" for name, value in values.items()]
    shown.ask(code="; ".join(lines))


def is_idle(shown: Window) -> bool:
    """Whether no job runs."""
    return bool(shown.ask("state.job is None", OWN))


def run_job(shown: Window, folder: Path) -> None:
    """Press Generate Dataset, wait, look at what was made."""
    set_job(shown, folder.name, VIEWS)
    shown.press_button("synthdata.generate", folder.is_dir)
    shown.wait_for((folder / "index.html").is_file, JOB_SECONDS)
    shown.wait_for(lambda: is_idle(shown), JOB_SECONDS)
    check_dataset(folder, images=VIEWS, size=SIZE)


def cancel_job(shown: Window, folder: Path) -> None:
    """Press Generate Dataset for a long job, and Cancel in the middle of it."""
    set_job(shown, folder.name, LONG_JOB)
    shown.press_button("synthdata.generate", folder.is_dir)
    labels = folder / "labels.jsonl"
    shown.wait_for(lambda: labels.is_file() and len(labels.read_bytes().splitlines()) > LATER, JOB_SECONDS)
    assert not is_idle(shown)
    shown.press_button(
        "synthdata.cancel", lambda: shown.ask("not state.job or state.job.status.cancelled", OWN)
    )
    shown.wait_for(lambda: is_idle(shown), JOB_SECONDS)
    rendered = len((folder / "views.jsonl").read_bytes().splitlines())
    assert LATER < rendered < LONG_JOB
    check_dataset(folder, images=rendered, size=SIZE)


def undo(shown: Window, place: tuple[int, int]) -> None:
    """Delete all objects, undo that and all before it, redo all, undo the deletion: the scene is whole."""
    names = "sorted(item.name for item in bpy.context.scene.objects)"
    before = shown.ask(names)
    shown.point(*place)
    for keys, expected in (
        (["a", "Delete"], []),
        (["ctrl+z"] * STEPS, before),
        (["ctrl+shift+z"] * STEPS, []),
        (["ctrl+z"], before),
    ):
        shown.press_key(*keys)
        shown.wait_for(lambda wanted=expected: shown.ask(names) == wanted, JOB_SECONDS)


def save_and_revert(shown: Window, place: tuple[int, int]) -> None:
    """Save the file; change it; Revert brings back what was saved."""
    shown.ask(code="bpy.context.scene.synthdata.seed = '77'; bpy.context.scene.frame_end = 111")
    shown.point(*place)
    shown.press_key("ctrl+s")
    shown.wait_for(lambda: not shown.ask("bpy.data.is_dirty"), JOB_SECONDS)
    shown.ask(code="bpy.context.scene.synthdata.seed = '78'; bpy.ops.ed.undo_push()")
    shown.point(*place)
    shown.press_key("F3")
    time.sleep(1)
    shown.type("revert")
    time.sleep(1)
    shown.press_key("Return")
    time.sleep(1)
    shown.press_key("Return")  # the question whether to
    shown.wait_for(lambda: shown.ask("bpy.context.scene.synthdata.seed") == "77", JOB_SECONDS)


def switch(shown: Window, *, on: bool) -> None:
    """Click the extension's checkbox in the preferences, which lie in the screen's upper left corner."""
    command = f"preferences.{'addon_enable' if on else 'addon_disable'}"
    places = [(x, y) for y in (55, 47, 63, 71, 39) for x in (210, 202, 218, 194, 226)]
    place = shown.find_in(command, places, set())
    assert place is not None, f"no {command} in the preferences"
    shown.click(place)
    shown.wait_for(lambda: shown.ask("hasattr(bpy.types.Scene, 'synthdata')") is on, JOB_SECONDS)


def disable_and_enable(shown: Window) -> None:
    """Nothing of ours is left when the extension is disabled, and all is back when it is enabled again."""
    before = shown.ask("traces.hooks()", TRACES)
    assert before["handlers"]
    assert before["classes"]
    shown.open_preferences()
    switch(shown, on=False)
    assert shown.ask("traces.hooks()", TRACES) == {
        "handlers": {},
        "timers": [],
        "properties": [],
        "classes": [],
    }
    switch(shown, on=True)
    shown.close_last()
    after = shown.ask("traces.hooks()", TRACES)
    assert after == before


def test_jobs_undo_save_revert_disable_enable(blender: RealBlender, display: str) -> None:
    """After all of it a job runs as at first; the scene is as it was, and the console shows no error."""
    needs("xdotool")
    work = blender.work / "session"
    work.mkdir()
    blender.script("make_room.py", work / "room.blend", VIEWS)
    with window(blender, work / "room.blend", display, work / "signals") as shown:
        region = shown.region()
        viewport = (region["left"] - 200, region["top"] + region["height"] // 2)
        before = shown.ask("traces.data()", TRACES)
        run_job(shown, work / "first")
        cancel_job(shown, work / "second")
        undo(shown, viewport)
        assert shown.ask("traces.data()", TRACES) == before
        save_and_revert(shown, viewport)
        assert shown.ask("traces.data()", TRACES) == before
        disable_and_enable(shown)
        run_job(shown, work / "third")
        assert shown.ask("traces.data()", TRACES) == before
        # The panel looks at the scene once more, a moment after the job.
        shown.wait_for(lambda: not shown.ask("traces.hooks()['timers']", TRACES), START_SECONDS)
        assert [line for line in shown.log.splitlines() if any(fault in line for fault in FAULTS)] == []
