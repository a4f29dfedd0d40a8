# SPDX-License-Identifier: GPL-3.0-or-later
"""The exposure of a view's finished picture: on Cycles' film, else in colour management."""

from __future__ import annotations

import math

import bpy

MAX_FILM = 10.0
"""Cycles takes no larger factor."""
STEP = 0.25
"""Stops that colour management is set in: it keeps tables of megabytes for every exposure that it ever had."""


def expose(scene: bpy.types.Scene, source: bpy.types.Scene, stops: float) -> float:
    """Expose a scene of ours by some stops more than the user's scene; return how many it became.

    Cycles takes any number of stops on its film, up to a factor of ten; other engines whole quarters.
    """
    rest = stops
    if scene.render.engine == "CYCLES":
        factor = source.cycles.film_exposure * 2.0**stops
        scene.cycles.film_exposure = min(factor, MAX_FILM)
        rest = math.log2(factor / MAX_FILM) if factor > MAX_FILM else 0.0
    steps = round(rest / STEP) * STEP
    scene.view_settings.exposure = source.view_settings.exposure + steps
    return stops - rest + steps
