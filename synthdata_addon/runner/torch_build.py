# SPDX-License-Identifier: GPL-3.0-or-later
"""Which build of torch suits this machine. Standard library only; ``build.py`` and the runner's set-up ask here.

The plain torch for Linux brings gigabytes of CUDA; where there is no NVIDIA GPU its CPU build is looked for first. On
Windows the plain one is the CPU's, on macOS it has Metal.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from .wheel_lock import Build

LINUX = "linux-x64"


def has_nvidia_gpu() -> bool:
    """Whether the NVIDIA driver is on this machine."""
    return bool(shutil.which("nvidia-smi")) or Path("/proc/driver/nvidia/version").exists()


def preferred_builds(platform_name: str) -> tuple[Build, ...]:
    """Return the builds to look for on a platform (by Blender's name of it), the best first."""
    if platform_name != LINUX:
        return ("plain",)
    return ("cuda",) if has_nvidia_gpu() else ("cpu", "cuda")
