# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens every picture that a dataset names."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.layout import DatasetFolder
from .findings import Findings


def read_picture(
    folder: DatasetFolder, file: str, size: tuple[int, int], findings: Findings
) -> NDArray[Any] | None:
    """Return a picture's pixels, or None (and a finding) when it is gone, torn or not of ``size`` (height, width)."""
    from PIL import Image

    path = folder.full(file)
    findings.checked["pictures"] += 1
    if not file or not path.is_file():
        findings.add("file.missing", file or "labels.jsonl", "The file is not there.")
        return None
    try:
        with Image.open(path) as picture:
            pixels = np.asarray(picture)
    except (OSError, SyntaxError, ValueError, zlib.error) as error:
        findings.add("file.unreadable", file, f"The picture cannot be read ({error}).")
        return None
    if pixels.shape[:2] != size:
        height, width = pixels.shape[:2]
        findings.add(
            "file.size", file, f"The picture has {width} x {height} pixels, not {size[1]} x {size[0]}."
        )
        return None
    return pixels
