# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's handle on a question to a language model. Standard library and core only; it never blocks Blender."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from ..core.errors import RunnerError
from .command_process import Command

LIMIT: Final = 16
"""So many categories are asked for at once."""


class PlacesQuestion:
    """A question that is being asked: poll until there is an answer.

    Raises:
        RunnerError: ``runner.cannot_start``.
    """

    def __init__(
        self,
        python: str,
        categories: Sequence[str],
        *,
        model: str,
        address: str = "",
        site_dirs: Sequence[str] = (),
        environment: Mapping[str, str] = {},
    ) -> None:
        where = ["--address", address] if address else []
        command = ["places", "--model", model, *where, "--", *categories[:LIMIT]]
        self._command = Command(python, command, site_dirs=site_dirs, environment=environment)

    def poll(self) -> dict[str, tuple[str, ...]] | None:
        """Return places by category, or None while there is no answer yet.

        Raises:
            RunnerError: ``runner.command``: there will be none; the message says why.
        """
        status = self._command.poll()
        if status is None:
            return None
        out, complaint = "\n".join(self._command.lines()), self._command.complaint()
        self.close()
        if status:
            raise RunnerError("runner.command", complaint)
        found: dict[str, list[str]] = json.loads(out)
        return {name: tuple(places) for name, places in found.items()}

    def wait(self, seconds: float) -> None:
        """Block until the process has ended, at most so long; for scripts."""
        self._command.wait(seconds)

    def close(self) -> None:
        """End the process. Safe to call twice."""
        self._command.close()
