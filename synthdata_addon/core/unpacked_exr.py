# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the passes of a render as an unpacked scan-line EXR file of one part (OpenEXR file layout, openexr.com).

No library for it comes with Blender's Python, and none is needed: a header, then the rows at equal distances. Files
that are packed are the OpenEXR library's.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import numpy as np

from .arrays import Float32Image

MAGIC: Final = 20000630
VERSION: Final = 2
LONG_NAMES: Final = 0x400
MULTI_PART: Final = 0x1000
UNPACKED: Final = 0
FLOAT: Final = 2
"""The number of 32-bit floats among the types of channels."""
ROW_HEAD: Final = 2
"""Before a row stand its number and its size in bytes, of 32 bits each."""
SHORT_NAME: Final = 31
HEADER_BYTES: Final = 1 << 14
"""Within so many bytes a header names its codec."""
BLOCK_BYTES: Final = 1 << 21
"""So much is put together at a time: small enough for a processor's cache."""
LAYERS: Final = ("BlenderMultiChannel", "Blender V2.55.1 and newer")
"""The attribute by which Blender knows a file of layers and passes, and what is in it."""


def write_unpacked(path: Path, channels: Mapping[str, Float32Image]) -> None:
    """Write channels of one size as 32-bit floats, bit for bit.

    Args:
        path: the file.
        channels: ``layer.pass.channel`` to (H, W) float32, row 0 at the top; views do.

    Raises:
        OSError: the file cannot be written.
        ValueError: there is no channel, or they differ in size.
    """
    names = sorted(channels, key=str.encode)
    if len({channels[name].shape for name in names}) != 1:
        raise ValueError(f"The channels {', '.join(names)} are not of one size.")
    height, width = channels[names[0]].shape
    size = 4 * width * len(names)
    header = _header(names, width, height)
    first, step = len(header) + 8 * height, 4 * ROW_HEAD + size
    with path.open("wb") as file:
        file.write(header)
        file.write((first + step * np.arange(height, dtype="<u8")).data)
        block = np.empty((min(height, max(1, BLOCK_BYTES // step)), step // 4), "<f4")
        block[:, :ROW_HEAD].view("<i4")[:, 1] = size
        for top in range(0, height, len(block)):
            rows = block[: height - top]
            rows[:, :ROW_HEAD].view("<i4")[:, 0] = np.arange(top, top + len(rows))
            for number, name in enumerate(names):
                start = ROW_HEAD + number * width
                rows[:, start : start + width] = channels[name][top : top + len(rows)]
            file.write(rows.data)


def is_packed(path: Path) -> bool:
    """Tell whether a file is an EXR file whose first part is packed; what is torn or something else is not.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        data = file.read(HEADER_BYTES)
    mark = b"compression\0compression\0" + struct.pack("<i", 1)
    at = data.find(mark)
    return at >= 0 and data[at + len(mark) :][:1] > bytes([UNPACKED])


def _header(names: list[str], width: int, height: int) -> bytes:
    is_long = any(len(name.encode()) > SHORT_NAME for name in names)
    window = struct.pack("<4i", 0, 0, width - 1, height - 1)
    attributes = (
        (LAYERS[0], "string", LAYERS[1].encode()),
        ("channels", "chlist", b"".join(_channel(name) for name in names) + b"\0"),
        ("compression", "compression", bytes([UNPACKED])),
        ("dataWindow", "box2i", window),
        ("displayWindow", "box2i", window),
        ("lineOrder", "lineOrder", b"\0"),  # increasing
        ("pixelAspectRatio", "float", struct.pack("<f", 1.0)),
        ("screenWindowCenter", "v2f", struct.pack("<2f", 0.0, 0.0)),
        ("screenWindowWidth", "float", struct.pack("<f", 1.0)),
    )
    return b"".join(
        [
            struct.pack("<ii", MAGIC, VERSION | (LONG_NAMES if is_long else 0)),
            *(part for attribute in attributes for part in _attribute(*attribute)),
            b"\0",
        ]
    )


def _attribute(name: str, kind: str, value: bytes) -> Iterator[bytes]:
    yield name.encode() + b"\0" + kind.encode() + b"\0"
    yield struct.pack("<i", len(value)) + value


def _channel(name: str) -> bytes:
    """Return a channel's entry: its type, that its values are linear, and that every pixel has one."""
    return name.encode() + b"\0" + struct.pack("<iB3xii", FLOAT, 0, 1, 1)
