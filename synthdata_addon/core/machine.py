# SPDX-License-Identifier: GPL-3.0-or-later
"""What the preferences say of this machine, on its way to the runner: environment variables, so that no job holds it.

``SYNTHDATA_DEVICE`` is where pictures are made when a job leaves it open ("cpu", "cuda", "cuda:1", "mps");
``SYNTHDATA_GPU_MEMORY`` is the largest share of a GPU's memory that the runner may take, above 0 and up to 1.
"""

from __future__ import annotations

import os
import re
from typing import Final

from .errors import SpecError

RUNNER_VARIABLE: Final = "SYNTHDATA_RUNNER_PYTHON"
"""Names the Python that runs the runner, whatever the preferences say."""
THREADS_VARIABLE: Final = "SYNTHDATA_THREADS"
"""Names how many threads a render may use, where several share a machine; pictures do not depend on it."""
DEVICE_VARIABLE: Final = "SYNTHDATA_DEVICE"
MEMORY_VARIABLE: Final = "SYNTHDATA_GPU_MEMORY"
TOKEN_VARIABLE: Final = "HF_TOKEN"  # the variable's name, as huggingface_hub reads it
DEVICE: Final = re.compile(r"cpu|mps|cuda(:\d{1,2})?")


def default_device() -> str:
    """Return the device of a job that says "auto": that of the environment, else "auto" again.

    Raises:
        SpecError: ``spec.device``.
    """
    named = os.environ.get(DEVICE_VARIABLE, "")
    if named in ("", "auto"):
        return "auto"
    if not DEVICE.fullmatch(named):
        raise SpecError(
            "spec.device",
            f"{DEVICE_VARIABLE} is '{named}', which is no device.",
            "Set cpu, cuda, cuda:1 or mps.",
        )
    return named


def memory_share() -> float:
    """Return the share of a GPU's memory that may be taken; 1 is all of it.

    Raises:
        SpecError: ``spec.range``.
    """
    text = os.environ.get(MEMORY_VARIABLE, "") or "1"
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0.0 < share <= 1.0:
        raise SpecError(
            "spec.range", f"{MEMORY_VARIABLE} is '{text}', not a share.", "Set a number above 0 and up to 1."
        )
    return share
