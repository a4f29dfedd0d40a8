# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a pose is new: no earlier camera stands near it and looks the same way."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .arrays import Matrix4


class SeenPoses:
    """Poses that are taken."""

    def __init__(self, distance: float, angle: float) -> None:
        """Call poses alike that are nearer than ``distance``, scene units, and less than ``angle`` degrees apart."""
        self._distance, self._cosine = distance, math.cos(math.radians(angle))
        self._count = 0
        self._eyes: NDArray[np.float64] = np.empty((64, 3))
        self._sights: NDArray[np.float64] = np.empty((64, 3))

    def is_new(self, pose: Matrix4) -> bool:
        """Tell whether a pose (Blender's ``matrix_world``) is like none that is taken."""
        away = self._eyes[: self._count] - pose[:3, 3]
        near = np.einsum("ij,ij->i", away, away) < self._distance**2
        same_way = self._sights[: self._count] @ -pose[:3, 2] > self._cosine - 1e-12
        return not bool(np.any(near & same_way))

    def take(self, pose: Matrix4) -> None:
        """Add a pose."""
        if self._count == len(self._eyes):
            self._eyes = np.concatenate([self._eyes, np.empty_like(self._eyes)])
            self._sights = np.concatenate([self._sights, np.empty_like(self._sights)])
        self._eyes[self._count], self._sights[self._count] = pose[:3, 3], -pose[:3, 2]
        self._count += 1
