# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's handle on the runner process. Standard library and core only; nothing here ever blocks Blender.

One thread moves bytes from the process to a list, one from a queue to the process; both know nothing of Blender.
"""

from __future__ import annotations

import atexit
import contextlib
import datetime as dt
import json
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

from ..core import protocol
from ..core.errors import RunnerError
from ..core.layout import DatasetFolder
from ..core.protocol import Cancel, Done, Error, Message, decode, encode

log = logging.getLogger(__name__)
BOOTSTRAP: Final = Path(__file__).with_name("bootstrap.py")
LOG_LINES: Final = 20
GRACE: Final = 10.0
"""Seconds a cancelled runner may take to write its annotations before it is ended."""
NEEDED: Final = ("numpy", "OpenEXR", "PIL")
"""What labels and control images need; pictures need torch and diffusers as well, which the runner reports itself."""


class RunnerClient:
    """A running worker: send messages, poll for answers.

    Raises:
        RunnerError: ``runner.cannot_start``.
    """

    def __init__(
        self,
        python: str,
        folder: DatasetFolder,
        *,
        site_dirs: Sequence[str] = (),
        environment: Mapping[str, str] = {},
    ) -> None:
        self.done: Done | None = None
        self._log_file = folder.runner_log
        self._log_start = _begin_log(folder.runner_log, python)
        self._process = _start(python, folder, site_dirs, environment)
        self._outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._incoming: deque[Message] = deque()
        self._news = threading.Condition()
        self._ended = False
        self._closing = False
        for work in (self._read, self._write):
            threading.Thread(target=work, name=f"synthdata-runner{work.__name__}", daemon=True).start()
        atexit.register(self.close)

    @property
    def finished(self) -> bool:
        """Whether the process has ended and every message of it was polled."""
        with self._news:
            return self._ended and not self._incoming

    def send(self, message: Message) -> None:
        """Queue a message; it is dropped when the process is gone (poll then tells why)."""
        self._outgoing.put(encode(message))

    def poll(self) -> list[Message]:
        """Return what has come since the last call, at once.

        A process that ends without ``done`` gives one last ``error`` with the code ``runner.died``.
        """
        with self._news:
            messages = list(self._incoming)
            self._incoming.clear()
        self.done = next((message for message in messages if isinstance(message, Done)), self.done)
        return messages

    def wait(self, timeout: float) -> bool:
        """Block until there is something to poll or the runner has ended; False after ``timeout`` seconds."""
        with self._news:
            return self._news.wait_for(lambda: bool(self._incoming) or self._ended, timeout)

    def close(self, grace: float = GRACE) -> None:
        """End the process: ask, wait ``grace`` seconds, terminate, kill. Safe to call twice."""
        self._closing = True
        self._outgoing.put(encode(Cancel()))
        self._outgoing.put(None)
        if not self._exited_within(grace):
            self._process.terminate()
            if not self._exited_within(3.0):
                self._process.kill()
                self._process.wait()
        atexit.unregister(self.close)

    def _exited_within(self, seconds: float) -> bool:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _read(self) -> None:
        stream = _stream(self._process.stdout)
        said_done = False
        for line in stream:
            message: Message
            try:
                message = decode(line)
            except RunnerError as error:
                message = protocol.Warning(error.code, error.message, error.hint)
            said_done = said_done or isinstance(message, Done)
            self._arrived(message)
        stream.close()
        status = self._process.wait()
        self._outgoing.put(None)
        if not said_done and not self._closing:
            self._arrived(_death(status, self._log_file, self._log_start))
        with self._news:
            self._ended = True
            self._news.notify_all()

    def _arrived(self, message: Message) -> None:
        with self._news:
            self._incoming.append(message)
            self._news.notify_all()

    def _write(self) -> None:
        stream = _stream(self._process.stdin)
        # The process may end at any time; the reading thread reports that, so a broken pipe is no news here.
        with contextlib.suppress(OSError, ValueError):
            while (data := self._outgoing.get()) is not None:
                stream.write(data)
                stream.flush()
        with contextlib.suppress(OSError):
            stream.close()


def check_python(python: str, site_dirs: Sequence[str] = ()) -> str:
    """Prove that a Python can run labels, and return its version.

    Raises:
        RunnerError: ``runner.cannot_start`` or ``runner.packages`` (it lacks one that labels need).
    """
    probe = (
        "import sys, json, importlib.util as u; "
        f"sys.path[:0] = {list(site_dirs)!r}; "
        f"print(json.dumps([list(sys.version_info[:3]), [n for n in {NEEDED!r} if not u.find_spec(n)]]))"
    )
    try:
        found = subprocess.run(
            [python, "-I", "-c", probe], capture_output=True, check=True, timeout=60, stdin=subprocess.DEVNULL
        )
        version, missing = json.loads(found.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise _cannot_start(python, error) from error
    if missing:
        raise RunnerError(
            "runner.packages",
            f"The runner's Python '{python}' lacks {', '.join(missing)}.",
            "Run `python3 build.py runner-env` and set the Python it names as Runner Python.",
        )
    return ".".join(map(str, version))


def _start(
    python: str, folder: DatasetFolder, site_dirs: Sequence[str], environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    # A terminal's Ctrl-C must reach Blender only, which then asks the runner to stop in good order.
    apart: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        apart = {"creationflags": flags | subprocess.BELOW_NORMAL_PRIORITY_CLASS}
    sites = [part for site in site_dirs for part in ("--site-dir", site)]
    try:
        with folder.runner_log.open("ab") as log_file:
            return subprocess.Popen(
                [python, "-I", str(BOOTSTRAP), *sites],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log_file,
                # numpy's own threads cost a start-up and gain nothing on pictures of this size.
                env={"OPENBLAS_NUM_THREADS": "1", **os.environ, **environment},
                **apart,
            )
    except (OSError, ValueError) as error:
        raise _cannot_start(python, error) from error


def _cannot_start(python: str, error: Exception) -> RunnerError:
    if isinstance(error, OSError):
        reason = error.strerror or str(error)
    elif isinstance(error, subprocess.TimeoutExpired):
        reason = "no answer in 60 seconds"
    else:
        reason = "it does not behave like Python 3"
    return RunnerError(
        "runner.cannot_start",
        f"The runner's Python '{python}' cannot be started ({reason}).",
        "Run `python3 build.py runner-env` and set the Python it names as Runner Python.",
    )


def _begin_log(path: Path, python: str) -> int:
    """Write a line that tells this run from earlier ones; return where this run begins."""
    with path.open("ab") as file:
        start = file.tell()
        now = dt.datetime.now().astimezone().isoformat(timespec="seconds")
        file.write(f"--- {now} runner started with {python}\n".encode())
    return start


def _death(status: int, log_file: Path, log_start: int) -> Error:
    how = f"exit status {status}"
    if status < 0:
        names = {number.value: number.name for number in signal.Signals}
        how = f"signal {names.get(-status, str(-status))}"
    with log_file.open("rb") as file:
        file.seek(log_start)
        tail = file.read().decode(errors="replace").splitlines()[-LOG_LINES:]
    return Error(
        "runner.died",
        f"The runner stopped unexpectedly ({how}).",
        f"What is done is kept; generate again to go on. The end of {log_file}:\n" + "\n".join(tail),
    )


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None, "Popen was asked for pipes"
    return stream
