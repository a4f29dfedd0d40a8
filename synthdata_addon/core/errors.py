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


class SynthDataError(Exception):
    """An error with a stable ``code``, a ``message`` (one sentence) and a ``hint`` (what the user can do)."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


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
