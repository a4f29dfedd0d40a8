# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of each instance is hidden: the pixels it would have alone in the picture. numpy only."""

from __future__ import annotations

import logging
from collections.abc import Iterable

import numpy as np

from ..core.arrays import IdMap
from .exr import MAX_ID
from .rle import Region, encode

log = logging.getLogger(__name__)


def alone(visible: IdMap, solos: Iterable[IdMap]) -> dict[int, Region]:
    """Return what each instance would show with nothing before it, by id.

    That always holds what it does show: where depth of field or motion blur draw the two renders differently, a pixel
    that is seen counts as one that can be. So no visible share is above 1, and an amodal mask never lacks a pixel.

    Args:
        visible: (H, W) uint16, the instance ids that the view shows.
        solos: maps of the same size of instances that hide nothing of each other; each instance is in one of them.
            They are taken one after the other, so that only one need be in memory.
    """
    found: dict[int, Region] = {}
    for solo in solos:
        found.update((region.id, region) for region in encode(_with_visible(solo, visible)))
    return found


def visible_share(region: Region, whole: Region | None) -> float:
    """Return the visible pixels over the pixels alone; 1 for what shows nothing alone, which only noise does."""
    return region.area / whole.area if whole is not None else 1.0


def _with_visible(solo: IdMap, visible: IdMap) -> IdMap:
    is_here = np.zeros(MAX_ID + 1, np.bool_)
    is_here[solo] = True
    is_here[0] = False
    lost = is_here[visible] & (visible != solo)
    if not lost.any():
        return solo
    log.info("%d pixels show an instance where its own render does not; they count as its own.", lost.sum())
    return np.where(lost, visible, solo)
