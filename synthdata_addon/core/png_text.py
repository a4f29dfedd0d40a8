# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes out of a PNG what tells when, where and how fast it was made, so that equal pictures are equal files."""

from __future__ import annotations

import struct
from typing import Final

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
DROPPED: Final = frozenset({b"tEXt", b"zTXt", b"iTXt", b"tIME"})


def without_text(data: bytes) -> bytes:
    """Return a PNG file without its chunks of text and time; bytes that are no whole PNG come back as they are.

    Chunks are as the PNG specification (section 5.3) has them: length, type, data, CRC.
    """
    if not data.startswith(SIGNATURE):
        return data
    kept, place = [SIGNATURE], len(SIGNATURE)
    while place + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, place)
        end = place + 12 + length
        if end > len(data):
            return data
        if data[place + 4 : place + 8] not in DROPPED:
            kept.append(data[place:end])
        place = end
    return b"".join(kept) if place == len(data) else data
