# SPDX-License-Identifier: GPL-3.0-or-later
"""Which process is this, and is that one still alive? Standard library only; nothing is started or signalled.

A process id alone does not say: ids are used again. With the moment at which the process started they do.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from pathlib import Path

PROC = Path("/proc")


def machine() -> str:
    """Return a text that is equal for processes that see each other's ids: host, boot and (on Linux) id namespace."""
    parts = [socket.gethostname()]
    with contextlib.suppress(OSError):
        parts.append((PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip())
        parts.append(str((PROC / "self/ns/pid").readlink()))
    return " ".join(parts)


def start_of(pid: int) -> str | None:
    """Return when a process of this machine started, as a text to compare; None when there is no such process.

    The text is empty where the system does not tell.
    """
    if sys.platform == "win32":
        return _start_on_windows(pid)
    if (PROC / "self/stat").exists():
        return _start_on_linux(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except OSError:
        pass  # it is there, and another user's
    return ""


def _start_on_linux(pid: int) -> str | None:
    try:
        text = (PROC / str(pid) / "stat").read_bytes()
    except OSError:
        return None
    # proc(5): after the name, which is in parentheses and may hold any character: state, ..., starttime (field 22).
    fields = text[text.rindex(b")") + 2 :].split()
    return None if fields[0] in (b"Z", b"X") else fields[19].decode("ascii")


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    def _start_on_windows(pid: int) -> str | None:
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.OpenProcess.restype = wintypes.HANDLE
        handle = kernel.OpenProcess(0x1000, False, pid)  # PROCESS_QUERY_LIMITED_INFORMATION
        if not handle:
            # 5: it is there and may not be asked.
            return "" if ctypes.get_last_error() == 5 else None
        try:
            created, ended, *rest = (wintypes.FILETIME() for _ in range(4))
            times = [ctypes.byref(value) for value in (created, ended, *rest)]
            if not kernel.GetProcessTimes(wintypes.HANDLE(handle), *times):
                return ""
            if ended.dwLowDateTime or ended.dwHighDateTime:
                return None  # ended, and somebody still holds a handle
            return str((created.dwHighDateTime << 32) + created.dwLowDateTime)
        finally:
            kernel.CloseHandle(wintypes.HANDLE(handle))
