# SPDX-License-Identifier: GPL-3.0-or-later
"""A job file dragged from a file manager onto the window of real Blender, by the protocol that X11 has for it."""

from __future__ import annotations

import pytest

from tests.real.conftest import RealBlender
from tests.real.drag import Drag
from tests.real.screen import JOB_SECONDS, needs, window

pytestmark = pytest.mark.slow

VIEWS = 17


def test_a_job_file_dropped_on_the_viewport_sets_the_job(blender: RealBlender, display: str) -> None:
    """Settings are those of the file; the same file dropped elsewhere changes nothing of ours."""
    needs("xdotool")
    work = blender.work / "drop"
    work.mkdir()
    blender.script("make_room.py", work / "room.blend", VIEWS)
    job, views = work / "job.json", "bpy.context.scene.synthdata.views"
    with window(blender, work / "room.blend", display, work / "signals") as shown:
        region = shown.region()
        middle = region["top"] + region["height"] // 2
        shown.ask(code=f"bpy.ops.synthdata.job_save(filepath={str(job)!r}); {views} = 3")
        drag = Drag(display, shown.window_id(), job)
        outliner = (region["left"] + region["width"] + 100, region["top"] + 50)
        shown.point(*outliner)
        drag.drop(*outliner)
        assert shown.ask(views) == 3
        viewport = (region["left"] - 200, middle)
        shown.point(*viewport)
        assert drag.drop(*viewport)
        shown.wait_for(lambda: shown.ask(views) == VIEWS, JOB_SECONDS)
        assert "Traceback" not in shown.log
