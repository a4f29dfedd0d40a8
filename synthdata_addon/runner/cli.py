# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m synthdata_addon runner DATASET``: labels and stylizes an existing dataset without Blender."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import IO

from ..core import protocol
from ..core.progress import format_seconds
from ..core.protocol import Cancel, Done, Error, Finish, Message, Progress, Start
from .inbox import Inbox
from .worker import Worker


def main(argv: list[str]) -> int:
    """Do what the dataset's journals lack; return the exit status (0 done, 1 an error, 130 stopped by Ctrl-C)."""
    parser = argparse.ArgumentParser(
        prog="synthdata_addon runner",
        description="Make the labels, control images, pictures, annotations and gallery that a dataset still lacks.",
    )
    parser.add_argument("dataset", type=Path, nargs="?", help="the dataset's folder (it holds job.json)")
    parser.add_argument(
        "--many",
        action="store_true",
        help="read folders from standard input, a line each, with the model kept",
    )
    parser.add_argument("--verbose", action="store_true", help="show what the libraries log")
    arguments = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO if arguments.verbose else logging.CRITICAL)
    if not arguments.verbose:
        # Both write to the terminal by themselves, and read this when they are imported, which is later.
        os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")
        os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    if arguments.many:
        from .many import many_main

        return many_main()
    if arguments.dataset is None:
        parser.error("name the dataset's folder")
    inbox = Inbox()

    def stop(_number: int, _frame: FrameType | None) -> None:
        inbox.put(Cancel())

    previous = signal.signal(signal.SIGINT, stop)
    try:
        inbox.put(Start(str(arguments.dataset.resolve())))
        inbox.put(Finish())
        terminal = Terminal(sys.stderr)
        status = Worker(inbox, terminal.show).run()
    finally:
        signal.signal(signal.SIGINT, previous)
    if inbox.cancelled:
        return 130
    return 1 if terminal.failed else status


class Terminal:
    """Shows the runner's messages as text: one line that changes for progress, lines of their own for the rest."""

    def __init__(self, stream: IO[str]) -> None:
        self.failed = False
        self._stream = stream
        self._live = stream.isatty()
        self._open = False
        self._shown: set[str] = set()

    def show(self, message: Message) -> None:
        """Show one message."""
        if isinstance(message, Progress):
            self._progress(message)
        elif isinstance(message, (Error, protocol.Warning)):
            self.failed = self.failed or isinstance(message, Error)
            self._line(f"{type(message).__name__}: {message.message} {message.hint}".rstrip())
        elif isinstance(message, Done):
            times = ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in message.seconds.items())
            self._line(
                f"{'Stopped' if message.cancelled else 'Done'}: {message.labelled} views labelled, {message.samples} "
                f"pictures, {message.annotations} annotations, {message.skipped} skipped ({times})."
            )
            if message.rejected or message.unfaithful:
                self._line(
                    f"Left out for fidelity: {message.rejected} pictures, {message.unfaithful} annotations."
                )

    def _progress(self, message: Progress) -> None:
        left = f", {format_seconds(message.eta)} left" if message.eta > 0.0 else ""
        text = f"{message.stage} {message.done}/{message.total}{left}"
        if self._live:
            self._stream.write(f"\r\x1b[K{text}")
            self._open = True
        elif message.done == message.total and text not in self._shown:
            # A log file gets a line a stage, not a line a picture.
            self._stream.write(text + "\n")
            self._shown.add(text)
        self._stream.flush()

    def _line(self, text: str) -> None:
        self._stream.write(("\r\x1b[K" if self._open else "") + text + "\n")
        self._stream.flush()
        self._open = False
