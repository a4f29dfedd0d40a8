# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens to a running job when its file is saved or closed."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.app.handlers import persistent

from .preview import preview
from .state import state


@persistent
def on_save_pre(*_args: Any) -> None:
    """Keep the job's own scene and numbers out of the saved file; the next step makes them anew."""
    if state.job is not None:
        state.job.suspend()


@persistent
def on_load_pre(*_args: Any) -> None:
    """Another file comes: end the job, keeping what is done; the same job can go on later."""
    state.stop()
    preview.clear()


def attach() -> None:
    """Add the handlers."""
    bpy.app.handlers.save_pre.append(on_save_pre)
    bpy.app.handlers.load_pre.append(on_load_pre)


def detach() -> None:
    """Remove the handlers and end a running job."""
    state.stop()
    preview.clear()
    bpy.app.handlers.load_pre.remove(on_load_pre)
    bpy.app.handlers.save_pre.remove(on_save_pre)
