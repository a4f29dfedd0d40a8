# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m synthdata_addon check-python``: can a Python run the runner? Standard library and core only.

It is asked in a process of its own. The answer is a line of JSON: ``ready`` with what it has, or ``error``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from ..core.errors import RunnerError, SynthDataError
from .client import check_python

OLDEST: Final = (3, 11)
LIMIT: Final = 600.0
"""Seconds for a first import of torch and diffusers, from a slow disk."""
PROBE: Final = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
try:
    import torch
    from diffusers import StableDiffusionControlNetPipeline
    import transformers
except Exception as error:
    print(json.dumps({"error": f"{type(error).__name__}: {error}"}))
else:
    device = "CPU"
    if torch.cuda.is_available():
        device = f"ROCm {torch.version.hip}" if torch.version.hip else f"CUDA {torch.version.cuda}"
    elif torch.backends.mps.is_available():
        device = "Metal"
    print(json.dumps({"torch": torch.__version__, "device": device}))
"""


@dataclass(frozen=True)
class PythonFacts:
    """What a Python can do: versions of it and of torch, and what torch computes on."""

    python: str
    torch: str
    device: str


def examine(python: str, site_dirs: Sequence[str] = ()) -> PythonFacts:
    """Prove that a Python can label and make pictures.

    Raises:
        RunnerError: ``runner.cannot_start``, ``runner.version``, ``runner.packages``.
    """
    if not site_dirs and not Path(python).is_file():
        raise RunnerError(
            "runner.cannot_start",
            f"There is no Python '{python}'.",
            "Choose the program itself, such as python3 or python.exe.",
        )
    version = check_python(python, site_dirs)
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        raise RunnerError(
            "runner.version",
            f"'{python}' is Python {version}; the runner needs {OLDEST[0]}.{OLDEST[1]} or newer.",
            "Choose another one.",
        )
    found = _ask(python, site_dirs)
    if "error" in found:
        raise RunnerError(
            "runner.packages",
            f"The runner's Python '{python}' cannot load torch and diffusers ({found['error']}).",
            "Set up the runner in the preferences, or choose a Python that has both.",
        )
    return PythonFacts(version, found["torch"], found["device"])


def _ask(python: str, site_dirs: Sequence[str]) -> dict[str, str]:
    command = [python, "-I", "-c", PROBE, json.dumps(list(site_dirs))]
    try:
        done = subprocess.run(
            command, capture_output=True, check=False, timeout=LIMIT, stdin=subprocess.DEVNULL
        )
        found: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        return {"error": f"no answer in {LIMIT:g} seconds"}
    except (OSError, ValueError, IndexError):
        return {"error": "Python ended while it loaded them"}
    return found


def check_main(argv: list[str]) -> int:
    """Check a Python and say what it has; return 0 when it can make pictures, else 1."""
    parser = argparse.ArgumentParser(
        prog="synthdata_addon check-python", description="Prove that a Python can label and make pictures."
    )
    parser.add_argument("python", help="the program")
    try:
        facts = examine(parser.parse_args(argv).python)
    except SynthDataError as error:
        sys.stdout.write(error_line(error))
        return 1
    sys.stdout.write(json.dumps({"ready": asdict(facts)}) + "\n")
    return 0


def error_line(error: SynthDataError) -> str:
    """Return what is told of an error."""
    return json.dumps({"error": {"code": error.code, "message": error.message, "hint": error.hint}}) + "\n"
