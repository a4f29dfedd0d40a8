# SPDX-License-Identifier: GPL-3.0-or-later
"""Pipes of a child process that never block, without a thread.

Blender must not have Python threads of ours while it renders: it then ends with a segmentation fault within some
thousand renders, as memory of Python is touched by two threads at once.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import sys
import time
from typing import Final

BLOCK: Final = 1 << 16
LARGE: Final = 1 << 20
"""Bytes that a child may say while nobody listens (where the system lets us choose), so that it need not wait."""


def unblock(file: int) -> None:
    """Make reads and writes of a pipe return at once."""
    if sys.platform == "win32":
        _unblock_on_windows(file)
        return
    os.set_blocking(file, False)
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.fcntl(file, fcntl.F_SETPIPE_SZ, LARGE)


def read(file: int) -> bytes | None:
    """Return what has come, empty when nothing has; None at the end."""
    if sys.platform == "win32" and not _is_something_there(file):
        return b""
    try:
        return os.read(file, BLOCK) or None
    except BlockingIOError:
        return b""
    except OSError:
        return None


def write(file: int, data: bytes) -> int:
    """Write what there is room for; return how many bytes that was.

    Raises:
        OSError: nobody reads any more.
    """
    if sys.platform == "win32":
        data = data[:4096]  # a pipe there takes a piece or nothing
    try:
        return os.write(file, data)
    except BlockingIOError:
        return 0
    except OSError as error:
        if sys.platform == "win32" and error.errno == errno.ENOSPC:
            return 0
        raise


def wait(reads: int, writes: int | None, timeout: float) -> None:
    """Return when there is something to read, or room to write, or after ``timeout`` seconds."""
    if sys.platform == "win32":
        end = time.monotonic() + timeout
        while not _is_something_there(reads) and time.monotonic() < end:
            time.sleep(0.01)
    else:
        select.select([reads], [] if writes is None else [writes], [], timeout)


if sys.platform == "win32":
    import _winapi
    import ctypes
    import msvcrt
    from ctypes import wintypes

    def _unblock_on_windows(file: int) -> None:
        mode = wintypes.DWORD(1)  # PIPE_NOWAIT
        handle = wintypes.HANDLE(msvcrt.get_osfhandle(file))
        ctypes.windll.kernel32.SetNamedPipeHandleState(handle, ctypes.byref(mode), None, None)

    def _is_something_there(file: int) -> bool:
        try:
            return _winapi.PeekNamedPipe(msvcrt.get_osfhandle(file), 0)[0] > 0
        except OSError:
            return True  # its end, which a read tells
