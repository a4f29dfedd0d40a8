# SPDX-License-Identifier: GPL-3.0-or-later
"""Every error the user can meet.

::

    SynthDataError          a stable code, one sentence with the offending value, and a hint
    ├── SpecError           the request is wrong: a setting out of range, an unknown key (code ``spec.*``)
    ├── SceneError          the scene cannot give what is asked: no camera, no category (code ``scene.*``)
    ├── DatasetError        the dataset folder: not writable, another job's, unreadable files (code ``dataset.*``)
    ├── ModelError          the diffusion model: missing, not a pipeline, no torch (code ``model.*``)
    └── RunnerError         the runner process: cannot start, died, broke the protocol (code ``runner.*``)

Errors are raised where the fact is known and reported only by ``ui/`` and the command line.
"""

from __future__ import annotations

from typing import Final

LONGEST: Final = 600


class SynthDataError(Exception):
    """An error with a stable ``code``, a ``message`` (one sentence) and a ``hint`` (what the user can do)."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        self.message = _one_line(message)
        super().__init__(self.message)
        self.code = code
        self.hint = hint

    def __reduce__(self) -> tuple[type[SynthDataError], tuple[str, str, str]]:
        # An exception is otherwise pickled as its class and message alone, and cannot come from another process.
        return type(self), (self.code, self.message, self.hint)

    def __str__(self) -> str:
        return in_full(self.code, self.message, self.hint)


def in_full(code: str, message: str, hint: str) -> str:
    """Return an error or a warning as the user reads it: what is wrong, what to do, and the code to look it up by."""
    return " ".join(part for part in (message, hint, f"[{code}]" if code else "") if part)


def cause(error: Exception) -> str:
    """Return what an error says, to stand inside of another error's sentence: without a code of its own."""
    return in_full("", error.message, error.hint) if isinstance(error, SynthDataError) else str(error)


def _one_line(message: str) -> str:
    """Show what a name or a file put into a sentence without breaking the sentence: escaped, and not endless."""
    shown = "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in message
    )
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST // 2]} ... {shown[-LONGEST // 2 :]}"


class SpecError(SynthDataError):
    """The request is wrong."""


class SceneError(SynthDataError):
    """The scene cannot give what is asked."""


class DatasetError(SynthDataError):
    """The dataset folder cannot be used."""


class ModelError(SynthDataError):
    """The diffusion model cannot be used."""


class RunnerError(SynthDataError):
    """The runner process failed."""
