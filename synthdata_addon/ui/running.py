# SPDX-License-Identifier: GPL-3.0-or-later
"""What Blender shows of a job in its window, beside the panel's bars: the status bar, the last pictures."""

from __future__ import annotations

import logging

import bpy

from ..core.estimate import learnt, write_factors
from .checked import checked
from .job import STAGES, GenerateJob
from .recent_pictures import recent
from .scene_check import factors, factors_path
from .sidebar import redraw_sidebars
from .terminal import progress_line

log = logging.getLogger(__name__)


def show_progress(job: GenerateJob) -> None:
    """Show how far a job is in the status bar and the sidebars."""
    text = f"SynthData: {progress_line(job.status)}"
    for window in bpy.context.window_manager.windows:
        window.workspace.status_text_set(text)
    recent.follow(job.status)
    redraw_sidebars()


def end_progress() -> None:
    """Give the status bar back, in every workspace that the user looked into meanwhile."""
    for workspace in bpy.data.workspaces:
        workspace.status_text_set(None)
    checked.ask()
    redraw_sidebars()


def is_fresh(job: GenerateJob) -> bool:
    """Tell whether a job begins with nothing made, so that its times are those of all that is there at its end."""
    return job.status.stages["render"].done == 0 and not job.folder.labels_journal.exists()


def learn(job: GenerateJob) -> None:
    """Keep how long a job that began fresh took, for the next estimate on this machine."""
    made = {name: job.status.stages[name].done for name in STAGES}
    found = learnt(factors(), job.spec, made, job.status.seconds)
    try:
        write_factors(factors_path(), found)
    except OSError as error:
        log.warning("The pace of this machine cannot be kept: %s", error)
