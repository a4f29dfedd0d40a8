# SPDX-License-Identifier: GPL-3.0-or-later
"""Where every random draw comes from: (job seed, view, purpose), so that a view is the same in any order."""

from __future__ import annotations

import enum
import math
import zlib

import numpy as np


class Purpose(enum.IntEnum):
    """What a draw is for. Numbers are part of the dataset's identity: append only, never renumber."""

    POSE = 0
    SPLIT = 1
    DIFFUSION = 2
    PROMPT = 3
    BACKGROUND = 4
    VARIATION = 8
    LOOK = 16
    STRAY = 17
    POPULATE = 24


def generator(seed: int, view: int, purpose: Purpose, *more: int) -> np.random.Generator:
    """Return the generator of one purpose of one view; ``more`` tells apart attempts, styles and the like."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(view, int(purpose), *more)))


def sample_seed(seed: int, view: int, style: str, number: int = 0, attempt: int = 0) -> int:
    """Return the diffusion seed of one sample, in 0 .. 2**63 - 1.

    The style enters by its name, so that adding or reordering styles changes no other picture. ``number`` counts the
    pictures of a view in a style, ``attempt`` the tries of one of them.
    """
    more = (number, attempt) if number or attempt else ()
    rng = generator(seed, view, Purpose.DIFFUSION, zlib.crc32(style.encode()), *more)
    return int(rng.integers(0, 2**63 - 1, endpoint=True))


def is_validation(seed: int, view: int, fraction: float) -> bool:
    """Tell whether a view belongs to the validation split.

    One view is drawn from every run of ``1 / fraction`` views, so that the share is exact at any length, the choice
    is random within a run, and a dataset that is made longer keeps the split of its first views.

    Args:
        seed: the job's seed.
        view: the view's index, from 0.
        fraction: share of validation views, 0 to 0.5.
    """
    if fraction <= 0.0:
        return False
    run = math.floor(view * fraction)
    first, end = math.ceil(run / fraction), math.ceil((run + 1) / fraction)
    return view == int(generator(seed, run, Purpose.SPLIT).integers(first, end))
