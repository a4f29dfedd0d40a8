# SPDX-License-Identifier: GPL-3.0-or-later
"""The shared libraries Blender takes from the system: which are missing, and the one command that brings them."""

from __future__ import annotations

import ctypes
import sys

from .console import BuildError

# From `ldd` on the module's own library, less what every Linux with a C++ runtime has; libEGL is opened by EEVEE later,
# and ends the process if it is missing.
PACKAGES = {
    "libX11.so.6": "libx11-6",
    "libXfixes.so.3": "libxfixes3",
    "libXi.so.6": "libxi6",
    "libXrender.so.1": "libxrender1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libSM.so.6": "libsm6",
    "libICE.so.6": "libice6",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
}


def check_system_libraries() -> None:
    """Raise BuildError naming every library that does not load, with the packages to install (Debian's names)."""
    if not sys.platform.startswith("linux"):
        return
    missing = [name for name in PACKAGES if not _loads(name)]
    if missing:
        packages = " ".join(PACKAGES[name] for name in missing)
        raise BuildError(
            f"Blender needs {', '.join(missing)}, missing on this system.", f"sudo apt install {packages}"
        )


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True
