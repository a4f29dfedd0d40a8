# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenCV as an independent judge: it is in the runner's Python, not in Blender's, so that it is asked in a process."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from synthdata_addon.core.machine import RUNNER_VARIABLE

BEFORE = "import sys, cv2, numpy as np\ndata = dict(np.load(sys.argv[1]))\nglobals().update(data)\n"
AFTER = "\nnp.savez(sys.argv[2], result=result)\n"


def by_opencv(code: str, **arrays: Any) -> np.ndarray:
    """Run code that sees the arrays, ``cv2`` and ``np``; return what it calls ``result``."""
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder) / "given.npz", Path(folder) / "found.npz"
        np.savez(given, **arrays)
        command = [os.environ[RUNNER_VARIABLE], "-c", BEFORE + code + AFTER, str(given), str(found)]
        subprocess.run(command, check=True)
        with np.load(found) as data:
            return data["result"]


def read_picture(path: Path) -> np.ndarray:
    """Read a picture as it is stored, three channels as RGB."""
    picture = by_opencv(f"result = cv2.imread({str(path)!r}, cv2.IMREAD_UNCHANGED)")
    return picture[..., ::-1] if picture.ndim == 3 else picture
