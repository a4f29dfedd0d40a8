# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens to a running job when its file is saved or closed."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.app.handlers import persistent

from .checked import checked
from .class_overlay import overlay
from .preview import preview
from .recent_pictures import recent
from .state import state
from .units import convert
from .view_preview import preview_of_view


@persistent
def on_save_pre(*_args: Any) -> None:
    """Keep the job's own scene and numbers out of the saved file; the next step makes them anew."""
    if state.job is not None:
        state.job.suspend()
    preview_of_view.hide()


@persistent
def on_save_post(*_args: Any) -> None:
    """Show again what was kept out of the saved file."""
    preview_of_view.unhide()


@persistent
def on_undo_pre(*_args: Any) -> None:
    """Undo takes away what was not there: remember where the preview is shown."""
    preview_of_view.note()


@persistent
def on_undo_post(*_args: Any) -> None:
    """Show the preview again; what the panel says of the scene is looked up at the next draw."""
    preview_of_view.unhide()


@persistent
def on_load_pre(*_args: Any) -> None:
    """Another file comes: end the job, keeping what is done; the same job can go on later."""
    state.stop()
    state.status = None
    _forget()


@persistent
def on_load_post(*_args: Any) -> None:
    """Bring the settings of an old file up to date."""
    for scene in bpy.data.scenes:
        convert(scene)


def _forget() -> None:
    for shown in (preview, preview_of_view, overlay, checked, recent):
        shown.clear()


HANDLERS = (
    ("save_pre", on_save_pre),
    ("save_post", on_save_post),
    ("load_pre", on_load_pre),
    ("load_post", on_load_post),
    ("undo_pre", on_undo_pre),
    ("redo_pre", on_undo_pre),
    ("undo_post", on_undo_post),
    ("redo_post", on_undo_post),
)


def attach() -> None:
    """Add the handlers."""
    for name, handler in HANDLERS:
        getattr(bpy.app.handlers, name).append(handler)


def detach() -> None:
    """Remove the handlers and end a running job."""
    state.stop()
    _forget()
    for name, handler in HANDLERS:
        getattr(bpy.app.handlers, name).remove(handler)
