# SPDX-License-Identifier: GPL-3.0-or-later
"""pip in a child process: of a Python that need not have it installed, watched, and ended at once when it must stop.

Standard library only. The user's own pip configuration (mirrors, proxies, certificates) holds.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from ..core.errors import RunnerError

POLL: Final = 0.2
TAIL: Final = 6
START: Final = (
    "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); "
    "runpy.run_module('pip', run_name='__main__', alter_sys=True)"
)
"""Runs pip out of its wheel, which is the first argument."""
QUIET: Final = ("--disable-pip-version-check", "--no-input", "--progress-bar", "off", "--no-cache-dir")


class Stopped(Exception):  # noqa: N818  # it is no error: somebody asked for it
    """The set-up shall stop."""


class Pip:
    """pip for this process's own Python. ``watch`` is called while it works, and raises :class:`Stopped` to end it."""

    def __init__(self, log_file: Path, temporary: Path, watch: Callable[[], None]) -> None:
        self._log_file = log_file
        self._temporary = temporary
        self._watch = watch
        self._start = [sys.executable, "-I", *_pip()]

    def run(self, arguments: Sequence[str]) -> None:
        """Run pip.

        Raises:
            RunnerError: ``runner.hash``: a file is not the locked one; ``runner.network``; ``runner.pip``: the rest.
            Stopped: as ``watch`` does.
        """
        begin = self._log_file.stat().st_size if self._log_file.is_file() else 0
        if (status := self._wait([*self._start, *arguments, *QUIET])) == 0:
            return
        with self._log_file.open("rb") as file:
            file.seek(begin)
            said = file.read().decode(errors="replace")
        raise _refusal(said, status, self._log_file)

    def can(self, arguments: Sequence[str]) -> bool:
        """Whether pip would do it; raises :class:`Stopped` as ``watch`` does."""
        return self._wait([*self._start, *arguments, *QUIET, "--dry-run"]) == 0

    def _wait(self, command: Sequence[str]) -> int:
        self._temporary.mkdir(parents=True, exist_ok=True)
        temporary = {name: str(self._temporary) for name in ("TMPDIR", "TEMP", "TMP")}
        with self._log_file.open("ab") as log_file:
            process = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=log_file,
                stderr=subprocess.STDOUT,
                env={**os.environ, **temporary},
            )
        try:
            while True:
                try:
                    return process.wait(POLL)
                except subprocess.TimeoutExpired:
                    self._watch()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def _pip() -> list[str]:
    """Return the arguments that start pip: the one that Python brings for ``ensurepip``, else an installed one.

    Raises:
        RunnerError: ``runner.no_pip``.
    """
    spec = importlib.util.find_spec("ensurepip")
    folders = [Path(spec.origin).parent / "_bundled"] if spec is not None and spec.origin else []
    if distribution := sysconfig.get_config_var("WHEEL_PKG_DIR"):
        folders.append(Path(distribution))
    wheels = [wheel for folder in folders for wheel in sorted(folder.glob("pip-*.whl"))]
    if wheels:
        return ["-c", START, str(wheels[-1])]
    if importlib.util.find_spec("pip") is not None:
        return ["-m", "pip"]
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    raise RunnerError(
        "runner.no_pip",
        f"Blender's Python {version} ('{sys.executable}') comes without pip.",
        f"On Debian install python{version}-venv, or choose a Python of your own that has torch and diffusers.",
    )


def _refusal(said: str, status: int, log_file: Path) -> RunnerError:
    if "DO NOT MATCH THE HASHES" in said:
        name = next(
            (
                line.split(" from ")[0].strip()
                for line in said.splitlines()
                if " from " in line and "==" in line
            ),
            "a file",
        )
        return RunnerError(
            "runner.hash",
            f"The download of {name} is not the file that SynthData knows: its hash differs.",
            "Nothing was installed. Try again later, or from another network.",
        )
    broken = re.findall(r"after connection broken by '(\w+)", said)
    if broken:
        return RunnerError(
            "runner.network",
            f"The package index cannot be reached ({broken[-1]}).",
            f"Look at the network, the proxy and certificates; pip's settings hold. What pip said: {log_file}.",
        )
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")] or lines[-TAIL:]
    last = errors[-1].removeprefix("ERROR: ") if errors else f"exit status {status}"
    return RunnerError("runner.pip", f"The packages could not be had: {last}.", f"What pip said: {log_file}.")
