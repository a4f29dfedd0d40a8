# SPDX-License-Identifier: GPL-3.0-or-later
"""How the runner's process behaves towards Blender and the system. Where that cannot be had, nothing fails."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from typing import Final

NICENESS: Final = 10
M_TRIM_THRESHOLD: Final = -1
M_MMAP_THRESHOLD: Final = -3
"""Numbers of ``mallopt``'s parameters, as in glibc's ``malloc.h``."""
HELD: Final = 1 << 28
"""So many bytes that were freed stay with the process."""
LARGEST: Final = 1 << 25
"""Arrays below this size are made of them; the system's library allows no more."""


def give_way() -> None:
    """Take the processor time that Blender leaves: a render that waits for a thread costs more than a label gains.

    Beside the lower priority, the batch policy keeps this process from waking up in the middle of another's turn.
    """
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    if hasattr(os, "SCHED_BATCH"):
        with contextlib.suppress(OSError):  # a container may forbid it
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def keep_freed_memory() -> None:
    """Use memory again instead of handing it to the system and asking for it anew, array by array.

    On Linux every new array's pages are first cleared by the system, which took a quarter of a label (measured: 31 to
    23 ms of processor time a view of 640 x 480, for 6 MB more).
    """
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError, AttributeError):  # other libraries than glibc have no such function
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_MMAP_THRESHOLD, LARGEST)
        mallopt(M_TRIM_THRESHOLD, HELD)
