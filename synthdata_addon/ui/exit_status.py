# SPDX-License-Identifier: GPL-3.0-or-later
"""The exit status of ``blender -b ... --python-expr "bpy.ops.synthdata.generate()"``.

Blender exits with 0 whatever a script did. In a background run of the application, a failed job makes the process exit
with 1 when it ends. The ``bpy`` module is left alone: there the exit status is the host program's.
"""

from __future__ import annotations

import atexit
import os
import sys
from dataclasses import dataclass
from typing import Final

import bpy


@dataclass
class _State:
    failed: bool = False
    registered: bool = False


_state: Final = _State()


def set_failed(failed: bool) -> None:
    """Say how the last job of this process ended."""
    _state.failed = failed
    if failed and not _state.registered and bpy.app.background and bpy.app.binary_path:
        _state.registered = True
        atexit.register(_exit_with_failure)


def _exit_with_failure() -> None:
    if _state.failed:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1)
