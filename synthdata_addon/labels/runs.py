# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of equal pixels: a picture has a hundred times fewer of them than pixels. numpy only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def run_starts(*channels: NDArray[np.generic]) -> NDArray[np.int64]:
    """Return where the runs begin in which no channel changes.

    Args:
        channels: one or more arrays of one dimension and one size N.

    Returns:
        (R,) int64, ascending; the first is 0. Empty for N = 0.
    """
    size = channels[0].size
    if size == 0:
        return np.zeros(0, np.int64)
    changes = np.empty(size, np.bool_)
    changes[0] = True
    np.not_equal(channels[0][1:], channels[0][:-1], out=changes[1:])
    for channel in channels[1:]:
        changes[1:] |= channel[1:] != channel[:-1]
    return np.flatnonzero(changes)
