# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's handle on the runner process. Standard library and core only; nothing here ever blocks Blender.

Bytes move when somebody calls: Blender does not bear threads (see ``pipes.py``).
"""

from __future__ import annotations

import atexit
import contextlib
import datetime as dt
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

from ..core import protocol
from ..core.errors import RunnerError
from ..core.layout import DatasetFolder
from ..core.protocol import Cancel, Done, Error, Message, decode, encode
from . import pipes

log = logging.getLogger(__name__)
BOOTSTRAP: Final = Path(__file__).with_name("bootstrap.py")
LOG_LINES: Final = 20
SILENCE: Final = 1800.0
"""Seconds without a sign of life after which a runner counts as hung; a model's download and load are silent."""
LONGEST_LOOK: Final = 5.0
LINE_LIMIT: Final = 1 << 20
BLOCK: Final = 1 << 16
GARBAGE: Final = 10
"""So many lines that are no messages are shown; the log has them all."""
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
        silence: float = SILENCE,
    ) -> None:
        self.done: Done | None = None
        self._silence = silence
        self._silent = 0.0
        self._looked = time.monotonic()
        self._log_file = folder.runner_log
        self._log_start = _begin_log(folder.runner_log, python)
        self._process = _start(python, folder, site_dirs, environment)
        self._stdin = _stream(self._process.stdin)
        self._stdout = _stream(self._process.stdout)
        for stream in (self._stdin, self._stdout):
            pipes.unblock(stream.fileno())
        self._outgoing = bytearray()
        self._line = bytearray()
        self._incoming: list[Message] = []
        self._garbage = 0
        self._at_end = False
        self._ended = False
        self._closing = False
        atexit.register(self.close)

    @property
    def finished(self) -> bool:
        """Whether the process has ended and every message of it was polled."""
        return self._ended and not self._incoming

    def send(self, message: Message) -> None:
        """Queue a message; it is dropped when the process is gone (poll then tells why)."""
        if not self._stdin.closed:
            self._outgoing += encode(message)
            self._write()

    def poll(self) -> list[Message]:
        """Return what has come since the last call, at once.

        A process that ends without ``done`` gives one last ``error`` with the code ``runner.died``; one that gives no
        sign of life for too long is ended, with the code ``runner.hung``.
        """
        self._exchange()
        self._watch()
        messages, self._incoming = self._incoming, []
        return messages

    def wait(self, timeout: float) -> bool:
        """Block until there is something to poll or the runner has ended; False after ``timeout`` seconds."""
        end = time.monotonic() + timeout
        while True:
            self._exchange()
            left = end - time.monotonic()
            if self._incoming or self._ended or left <= 0.0:
                return bool(self._incoming) or self._ended
            if self._at_end:
                time.sleep(min(left, 0.01))  # it said its last word and is about to end
            else:
                pipes.wait(self._stdout.fileno(), self._stdin.fileno() if self._outgoing else None, left)

    def close(self, grace: float = GRACE) -> None:
        """End the process: ask, wait ``grace`` seconds, terminate, kill. Safe to call twice."""
        self._closing = True
        self.send(Cancel())
        if not self._exited_within(grace):
            self._process.terminate()
            if not self._exited_within(3.0):
                self._process.kill()
                self._process.wait()
        self._exchange()
        self._close_stdin()
        self._stdout.close()
        self._ended = True
        atexit.unregister(self.close)

    def _exited_within(self, seconds: float) -> bool:
        """Listen on: a runner that nobody hears comes to a stop."""
        end = time.monotonic() + seconds
        while self._process.poll() is None:
            left = end - time.monotonic()
            if left <= 0.0:
                return False
            self._exchange()
            if not self._outgoing:
                self._close_stdin()
            time.sleep(min(left, 0.01))
        return True

    def _watch(self) -> None:
        """End a runner that is silent for too long.

        Only time in which somebody looks counts, a few seconds a look: a machine that slept is no fault of the runner.
        """
        now = time.monotonic()
        self._silent += min(now - self._looked, LONGEST_LOOK)
        self._looked = now
        if self._silent < self._silence or self._ended or self._closing:
            return
        self._closing = True
        self._process.kill()
        self._incoming.append(
            Error(
                "runner.hung",
                f"The runner gave no sign of life for {self._silent / 60:.2g} minutes and was ended.",
                f"What is done is kept; generate again to go on. See {self._log_file}.",
            )
        )

    def _exchange(self) -> None:
        """Write what there is room for, read what is there, and notice the end."""
        self._write()
        while not self._at_end and (data := pipes.read(self._stdout.fileno())) != b"":
            if data is None:
                self._at_end = True
                self._take(b"\n" if self._line else b"")
            else:
                self._take(data)
        if self._at_end and not self._ended and (status := self._process.poll()) is not None:
            self._ended = True
            if self.done is None and not self._closing:
                self._incoming.append(_death(status, self._log_file, self._log_start))

    def _take(self, data: bytes) -> None:
        self._line += data
        *lines, rest = self._line.split(b"\n")
        self._line = bytearray() if len(rest) > LINE_LIMIT else rest
        for line in lines:
            self._take_line(bytes(line))

    def _take_line(self, line: bytes) -> None:
        try:
            message = decode(line)
        except RunnerError as error:
            self._garbage += 1
            log.warning("%s", error)
            if self._garbage <= GARBAGE:
                self._incoming.append(protocol.Warning(error.code, error.message, error.hint))
            return
        self._silent = 0.0
        if isinstance(message, Done):
            self.done = message
        if not isinstance(message, protocol.Alive):
            self._incoming.append(message)

    def _write(self) -> None:
        # The process may end at any time; the end of its output tells that, so a broken pipe is no news here.
        try:
            while self._outgoing and (
                count := pipes.write(self._stdin.fileno(), bytes(self._outgoing[:BLOCK]))
            ):
                del self._outgoing[:count]
        except (OSError, ValueError):
            self._outgoing.clear()

    def _close_stdin(self) -> None:
        self._outgoing.clear()
        with contextlib.suppress(OSError):
            self._stdin.close()


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
            "Set up the runner in the preferences, or name a Python that has torch and diffusers there.",
        )
    return ".".join(map(str, version))


def run_command(
    python: str, command: Sequence[str], site_dirs: Sequence[str] = (), environment: Mapping[str, str] = {}
) -> int:
    """Run a command of ``python -m synthdata_addon`` in the runner's Python, on this terminal; return its exit status.

    It waits for the end, so that it is for the command line only.

    Raises:
        RunnerError: ``runner.cannot_start``.
    """
    line = [python, "-I", str(BOOTSTRAP), *_site_arguments(site_dirs), *command]
    try:
        return subprocess.run(line, env={**os.environ, **environment}, check=False).returncode
    except (OSError, ValueError) as error:
        raise _cannot_start(python, error) from error


def _site_arguments(site_dirs: Sequence[str]) -> list[str]:
    return [part for site in site_dirs for part in ("--site-dir", site)]


def _start(
    python: str, folder: DatasetFolder, site_dirs: Sequence[str], environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    try:
        with folder.runner_log.open("ab") as log_file:
            return subprocess.Popen(
                [python, "-I", str(BOOTSTRAP), *_site_arguments(site_dirs)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log_file,
                bufsize=0,
                # numpy's own threads cost a start-up and gain nothing on pictures of this size.
                env={"OPENBLAS_NUM_THREADS": "1", **os.environ, **environment},
                **_apart(),
            )
    except (OSError, ValueError) as error:
        raise _cannot_start(python, error) from error


def start_command(
    python: str,
    command: Sequence[str],
    site_dirs: Sequence[str],
    environment: Mapping[str, str],
    out: IO[bytes],
    log_file: IO[bytes],
    stdin: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start a command of ``python -m synthdata_addon`` in the runner's Python, which writes into two files.

    Raises:
        RunnerError: ``runner.cannot_start``.
    """
    line = [python, "-I", str(BOOTSTRAP), *_site_arguments(site_dirs), *command]
    try:
        return subprocess.Popen(
            line,
            stdin=stdin,
            stdout=out,
            stderr=log_file,
            env={**os.environ, **environment},
            **_apart(),
        )
    except (OSError, ValueError) as error:
        raise _cannot_start(python, error) from error


def _apart() -> dict[str, Any]:
    """Return the options that keep a terminal's Ctrl-C from the process: Blender then asks it to stop in good order."""
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        return {"creationflags": flags | subprocess.BELOW_NORMAL_PRIORITY_CLASS}
    return {"start_new_session": True}


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
        "Set up the runner in the preferences, or name a Python that has torch and diffusers there.",
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
    tail: list[str] = []
    with contextlib.suppress(OSError), log_file.open("rb") as file:
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
