# SPDX-License-Identifier: GPL-3.0-or-later
"""How many samples share a batch: as many as memory seems to hold, halved when it does not, and remembered."""

from __future__ import annotations

import logging
from typing import Final

log = logging.getLogger(__name__)
NOMINAL: Final = 512 * 512
AT_NOMINAL: Final = 16
"""Pictures of 512 x 512 to begin with on a GPU. More at once no longer make a GPU faster; too many are halved."""
WORDS: Final = ("out of memory", "can't allocate memory", "not enough memory")


class BatchSizes:
    """The batch size of each picture size; ``wanted`` is what the job asks for, 0 leaves it to the device."""

    def __init__(self, wanted: int, device: str) -> None:
        self._wanted = wanted
        self._device = device
        self._limits: dict[tuple[int, int], int] = {}

    def of(self, size: tuple[int, int]) -> int:
        """Return how many pictures of a size (width, height) are made at once."""
        if size not in self._limits:
            self._limits[size] = self._first(size)
        return self._limits[size]

    def halve(self, size: tuple[int, int], tried: int) -> int:
        """Note that so many pictures at once were too many; return how many to try next, 0 if one was too much."""
        self._limits[size] = max(1, tried // 2)
        log.warning("Memory ran out with %d pictures at once; %d from now on.", tried, self._limits[size])
        return self._limits[size] if tried > 1 else 0

    def _first(self, size: tuple[int, int]) -> int:
        if self._device == "cpu":
            return 1  # a processor gains nothing, and its last bits depend on the batch
        return self._wanted or max(1, AT_NOMINAL * NOMINAL // (size[0] * size[1]))


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error says that memory ran out; torch has no one class for it on all devices."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(words in text for words in WORDS)
