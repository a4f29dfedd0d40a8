# SPDX-License-Identifier: GPL-3.0-or-later
"""Packs the EXR files that Blender wrote unpacked, for jobs that keep them. No bpy here.

Blender packs a file while nothing renders, on its own time; the runner does it beside the next render.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..core.layout import replacing, sync_names
from .scanlines import Channels, full_name, map_channels

KEPT: Final = (
    "BlenderMultiChannel",  # by which Blender knows the file as one with layers
    "dataWindow",
    "displayWindow",
    "name",
    "pixelAspectRatio",
    "screenWindowCenter",
    "screenWindowWidth",
    "type",
)
CRYPTOMATTE: Final = "cryptomatte/"
MOST_THREADS: Final = 4
"""With as many, packing takes no longer than the labels."""


def pack(path: Path) -> None:
    """Replace an unpacked multilayer EXR file by a packed one (ZIP, without loss) with the same passes, bit for bit.

    What Blender notes in the header beside the passes (the file's path, the date, how long it took) is left out, so
    that equal passes are equal files. A file that is packed already stays as it is.

    Args:
        path: the file; it shows the one or the other whole at any time, and the packed one is on disk at the end.

    Raises:
        MemoryError: there is too little for the file's pixels.
        OSError: a file cannot be read or written.
    """
    # Copies: Windows lets nobody replace a file that is mapped.
    channels = {name: np.array(pixels, order="C") for name, pixels in (map_channels(path) or {}).items()}
    if channels:
        with replacing(path) as part:
            _write(part, list(_headers(path)), channels)
        sync_names(path.parent)


def _headers(path: Path) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """Yield what is kept of each part's header, and the names of its channels."""
    # Not at the top: a job that keeps no files never needs the library.
    import OpenEXR

    with OpenEXR.File(str(path), header_only=True) as file:
        for part in file.parts:
            kept = {
                name: value
                for name, value in part.header.items()
                if name in KEPT or name.startswith(CRYPTOMATTE)
            }
            kept["compression"] = OpenEXR.ZIP_COMPRESSION
            yield kept, [channel.name for channel in part.header["channels"]]


def _write(path: Path, headers: list[tuple[dict[str, Any], list[str]]], channels: Channels) -> None:
    import OpenEXR

    OpenEXR.set_global_thread_count(min(MOST_THREADS, (os.cpu_count() or 1) // 2))
    parts = []
    for header, names in headers:
        part = header.get("name", "")
        own = {name: channels[full_name(part, name)] for name in names}
        parts.append(OpenEXR.Part(header, own, name=part))
    try:
        with OpenEXR.File(parts) as file:
            file.write(str(path))
    except RuntimeError as error:  # all that the library raises, for a full disk too
        raise OSError(str(error)) from error
