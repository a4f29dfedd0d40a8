# SPDX-License-Identifier: GPL-3.0-or-later
"""Does a picture follow its controls? Edges and their correlation, in numpy alone. No torch here."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]
Picture = NDArray[np.uint8]
"""(H, W, 3) RGB."""
Things = NDArray[np.uint16]
"""(H, W): which thing a pixel shows."""
BLUR_PX = 1.0


def edges(picture: Picture) -> Float:
    """(H, W) gradient length of the slightly blurred grey picture."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    grey = cv2.GaussianBlur(grey, (0, 0), BLUR_PX)
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    return np.asarray(np.hypot(across, down), np.float32)


def instance_edges(things: Things) -> Float:
    """(H, W) in 0..1: where one thing ends and another begins, blurred as much as `edges` blurs."""
    lines = np.zeros(things.shape, np.float32)
    across, down = things[:, 1:] != things[:, :-1], things[1:] != things[:-1]
    for side in (slice(None, -1), slice(1, None)):
        lines[:, side] = np.maximum(lines[:, side], across)
        lines[side] = np.maximum(lines[side], down)
    return np.asarray(cv2.GaussianBlur(lines, (0, 0), BLUR_PX), np.float32)


def correlation(first: Float, second: Float) -> float:
    """Pearson's r over all pixels; 0 if one of the two is flat."""
    a, b = first.ravel() - first.mean(), second.ravel() - second.mean()
    length = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / length if length > 0 else 0.0


def edge_gap(pictures: Sequence[Sequence[Picture]], things: Sequence[Things]) -> tuple[float, float]:
    """Mean edge correlation with the own view's instance edges, and with the next view's.

    `pictures[view]` are all pictures made of that view; there must be at least two views.
    """
    lines = [instance_edges(view) for view in things]
    own = [correlation(edges(p), line) for made, line in zip(pictures, lines, strict=True) for p in made]
    turned = [*lines[1:], lines[0]]
    other = [correlation(edges(p), line) for made, line in zip(pictures, turned, strict=True) for p in made]
    return float(np.mean(own)), float(np.mean(other))
