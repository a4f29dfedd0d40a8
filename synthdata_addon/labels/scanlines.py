# SPDX-License-Identifier: GPL-3.0-or-later
"""Maps the channels of unpacked scan-line EXR files, which labels are read from, without reading what is not used.

Such a file is a header and then its rows at equal distances (OpenEXR file layout, openexr.com), so that every channel
is a strided view of the file. Packed, tiled and deep files are left to the OpenEXR library. No bpy here.
"""

from __future__ import annotations

import errno
import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..core.unpacked_exr import FLOAT, LONG_NAMES, MAGIC, MULTI_PART, UNPACKED

Channels = dict[str, NDArray[np.generic]]
TYPES: Final[dict[int, np.dtype[np.generic]]] = {
    0: np.dtype("<u4"),
    1: np.dtype("<f2"),
    FLOAT: np.dtype("<f4"),
}


@dataclass(frozen=True)
class _Part:
    name: str
    channels: dict[str, np.dtype[np.generic]]
    width: int
    height: int
    first_row: int


def map_channels(path: Path) -> Channels | None:
    """Return the channels of an unpacked file by part and name, or None when it is not plainly one.

    Args:
        path: the file.

    Returns:
        ``part.channel`` (or ``channel`` in a file of one unnamed part) to a read-only (H, W) view of the file, row 0 at
        the top; the file stays mapped as long as a view lives. None for anything that is packed, tiled, torn, deep, or
        laid out in another way.

    Raises:
        MemoryError: there is no room to map it.
        OSError: the file cannot be opened.
    """
    with path.open("rb") as file:
        try:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:  # an empty file
            return None
        except OSError as error:
            if error.errno == errno.ENOMEM:
                raise MemoryError(f"'{path.name}' cannot be mapped") from error
            raise
    try:
        return _Reader(data).channels()
    except (_OtherLayoutError, struct.error, ValueError, LookupError):
        return None


def full_name(part: str, channel: str) -> str:
    """Give a channel its layer and pass when the file leaves these to the name of the part."""
    return channel if "." in channel or not part else f"{part}.{channel}"


class _OtherLayoutError(Exception):
    """The file is not a plain unpacked one."""


class _Reader:
    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._at = 0

    def channels(self) -> Channels:
        magic, version = self._take("<ii")
        self._multi = bool(version & MULTI_PART)
        if magic != MAGIC or version & ~(0xFF | LONG_NAMES | MULTI_PART):
            raise _OtherLayoutError
        parts = [self._part()]
        while self._multi and self._data[self._at] != 0:
            parts.append(self._part())
        self._at += self._multi  # the empty header that ends them
        found: Channels = {}
        for number, part in enumerate(parts):
            rows = self._rows(number, part)
            for name, (start, dtype) in _columns(part).items():
                row = rows[:, start : start + part.width * dtype.itemsize]
                found[full_name(part.name, name)] = row.view(dtype)
        return found

    def _rows(self, number: int, part: _Part) -> NDArray[np.uint8]:
        """Return the (H, bytes a row) pixels, after the row numbers and sizes have been found as they should be."""
        offsets = np.frombuffer(self._data, "<u8", part.height, self._at)
        self._at += 8 * part.height
        size = part.width * sum(dtype.itemsize for dtype in part.channels.values())
        header = 12 if self._multi else 8
        first, step = int(offsets[0]), header + size
        if first + step * part.height > len(self._data):
            raise _OtherLayoutError
        if not np.array_equal(offsets.astype(np.int64), first + step * np.arange(part.height)):
            raise _OtherLayoutError
        chunks = np.frombuffer(self._data, np.uint8, step * part.height, first).reshape(part.height, step)
        heads = np.ascontiguousarray(chunks[:, :header]).view("<i4")
        rows = np.arange(part.first_row, part.first_row + part.height)
        is_ours = np.array_equal(heads[:, -2], rows) and bool(np.all(heads[:, -1] == size))
        if not is_ours or (self._multi and bool(np.any(heads[:, 0] != number))):
            raise _OtherLayoutError
        return chunks[:, header:]

    def _part(self) -> _Part:
        attributes: dict[str, bytes] = {}
        while name := self._text():
            self._text()  # its type, which its name implies
            (size,) = self._take("<i")
            if size < 0:
                raise _OtherLayoutError
            attributes[name] = self._data[self._at : self._at + size]
            self._at += size
        kind = attributes.get("type", b"scanlineimage")
        if attributes["compression"][0] != UNPACKED or kind != b"scanlineimage":
            raise _OtherLayoutError
        left, top, right, bottom = struct.unpack("<4i", attributes["dataWindow"])
        if right < left or bottom < top:
            raise _OtherLayoutError
        return _Part(
            name=attributes.get("name", b"").decode(),
            channels=_channel_types(attributes["channels"]),
            width=right - left + 1,
            height=bottom - top + 1,
            first_row=top,
        )

    def _take(self, form: str) -> tuple[int, ...]:
        values = struct.unpack_from(form, self._data, self._at)
        self._at += struct.calcsize(form)
        return values

    def _text(self) -> str:
        end = self._data.find(b"\0", self._at)
        if end < 0:
            raise _OtherLayoutError
        text = self._data[self._at : end].decode()
        self._at = end + 1
        return text


def _channel_types(data: bytes) -> dict[str, np.dtype[np.generic]]:
    """Return the channels of a ``chlist`` attribute in their order in a row."""
    channels: dict[str, np.dtype[np.generic]] = {}
    at = 0
    while data[at : at + 1] not in (b"\0", b""):
        end = data.index(b"\0", at)
        kind, _, x_step, y_step = struct.unpack_from("<iiii", data, end + 1)
        if (x_step, y_step) != (1, 1):
            raise _OtherLayoutError
        channels[data[at:end].decode()] = TYPES[kind]
        at = end + 17
    return channels


def _columns(part: _Part) -> dict[str, tuple[int, np.dtype[np.generic]]]:
    """Return where in a row each channel begins, in bytes."""
    columns: dict[str, tuple[int, np.dtype[np.generic]]] = {}
    at = 0
    for name, dtype in part.channels.items():
        columns[name] = (at, dtype)
        at += part.width * dtype.itemsize
    return columns
