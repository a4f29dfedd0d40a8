# SPDX-License-Identifier: GPL-3.0-or-later
"""The comparison's SynthData: a whole job on a .blend file, runner, annotation files and gallery included.

The runner's Python is named in ``SYNTHDATA_RUNNER_PYTHON``. The request comes on stdin; marks go to the measuring side.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import synthdata_addon
from benchmarks.peers.process import leave, say
from synthdata_addon.core.layout import DatasetFolder
from synthdata_addon.core.spec import JobSpec
from synthdata_addon.ui.job import GenerateJob
from synthdata_addon.ui.settings import job_from_scene

PATIENCE = 60.0
POLL = 0.02


def room_spec(scene: bpy.types.Scene, asked: dict[str, Any]) -> JobSpec:
    """Return the job on the benchmark's scene: its cameras, all passes kept, a picture if samples are asked for."""
    settings = scene.synthdata
    settings.width, settings.height = asked["size"]
    settings.use_styles, settings.keep_passes = False, True
    settings.sweep, settings.views = "CAMERAS", len(asked["poses"])
    settings.labels.category_property = "category"
    settings.beauty = asked["samples"] > 0
    settings.beauty_samples = max(1, asked["samples"])
    return job_from_scene(scene)


def wait_for_labels(folder: DatasetFolder, views: int) -> None:
    """Wait until the labels of so many views are on disk, so that nothing is under way at the mark."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if folder.labels_journal.exists() and folder.labels_journal.read_bytes().count(b"\n") >= views:
            return
        time.sleep(POLL)
    raise SystemExit(f"The runner has not labelled {views} views within {PATIENCE:g} s.")


def run(spec: JobSpec, output: Path) -> None:
    """Make the dataset; marks at each view, after the first batch of views and when all is written."""
    job = GenerateJob(bpy.context.scene, bpy.context.view_layer, spec, output)
    rendered = job.status.stages["render"]
    more, done, is_first = True, 0, True
    while more:
        more = job.step()
        if rendered.done > done:
            done = rendered.done
            say("view")
            if is_first and job._session._order.is_at_start:  # noqa: SLF001 - nobody else asks
                is_first = False
                wait_for_labels(job.folder, done)
                say("first")
    if not job.status.complete:
        raise SystemExit("; ".join(job.status.problems))
    say("done")


def main() -> None:
    """Read the request, open the scene, run."""
    asked = json.load(sys.stdin)
    say("imported")
    synthdata_addon.register()
    try:
        bpy.ops.wm.open_mainfile(filepath=asked["scene"], load_ui=False)
        scene = bpy.context.scene
        spec = room_spec(scene, asked) if asked["poses"] else job_from_scene(scene)
        say("ready")
        run(spec, Path(asked["output"]))
    finally:
        synthdata_addon.unregister()


if __name__ == "__main__":
    main()
    leave()
