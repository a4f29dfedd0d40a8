# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker's inbox: a thread reads messages ahead, so that a cancel is felt in the middle of a step."""

from __future__ import annotations

import logging
import os
import queue
import threading
from collections.abc import Iterator
from typing import Final

from ..core.errors import RunnerError
from ..core.protocol import Cancel, Message, decode

log = logging.getLogger(__name__)
BLOCK: Final = 1 << 16


class Inbox:
    """Messages in order; a cancel is seen at once, ahead of what waits before it."""

    def __init__(self) -> None:
        self._messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._cancelled = threading.Event()

    @property
    def cancelled(self) -> bool:
        """Whether a cancel has come."""
        return self._cancelled.is_set()

    def put(self, message: Message) -> None:
        """Add a message."""
        if isinstance(message, Cancel):
            self._cancelled.set()
        self._messages.put(message)

    def get(self, timeout: float | None = None) -> Message | None:
        """Wait for the next message; None after ``timeout`` seconds without one."""
        try:
            return self._messages.get(timeout=timeout)
        except queue.Empty:
            return None

    def get_if_any(self) -> Message | None:
        """Return the next message, or None when there is none now."""
        try:
            return self._messages.get_nowait()
        except queue.Empty:
            return None

    def listen(self, file: int) -> None:
        """Read messages from a file descriptor in a thread; its end, which is Blender's end, cancels."""
        threading.Thread(target=self._listen, args=(file,), name="synthdata-inbox", daemon=True).start()

    def _listen(self, file: int) -> None:
        for line in _lines(file):
            try:
                self.put(decode(line))
            except RunnerError as error:
                log.error("%s", error)  # noqa: TRY400 - the sentence is all there is to say
        self.put(Cancel())


def _lines(file: int) -> Iterator[bytes]:
    # Not sys.stdin: a thread that waits in it holds a lock that Python wants when it exits, and it aborts.
    rest = b""
    while block := os.read(file, BLOCK):
        *lines, rest = (rest + block).split(b"\n")
        yield from lines
