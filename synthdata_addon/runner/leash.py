# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a command that ends with whoever started it: ``python leash.py COMMAND...``. Standard library only; a script.

It holds its standard input, which nobody writes to and which ends when the process at its other end does, however that
went. A render on a node that is lost must not go on in a folder that another node takes over.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading


def main(command: list[str]) -> int:
    """Run the command; return its exit status, or end it when standard input ends."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=os.name == "posix")

    def watch() -> None:
        sys.stdin.buffer.read()
        if child.poll() is None:
            end(child)

    threading.Thread(target=watch, daemon=True).start()
    return child.wait()


def end(child: subprocess.Popen[bytes]) -> None:
    """End a child, and what it has started."""
    if os.name == "posix":
        os.killpg(child.pid, signal.SIGKILL)
    else:
        child.kill()


if __name__ == "__main__":
    status = main(sys.argv[1:])
    # The watching thread waits in a read that nothing ends.
    os._exit(status if status >= 0 else 128 - status)
