# SPDX-License-Identifier: GPL-3.0-or-later
"""An object's matrix to a rotation, a translation and a stretch: a pose has no scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .arrays import Matrix3, Matrix4


@dataclass(frozen=True)
class Pose:
    """A rigid motion: ``rotation`` (..., 3, 3), determinant 1, then ``translation`` (..., 3)."""

    rotation: Matrix3
    translation: NDArray[np.float64]

    def after(self, first: Pose) -> Pose:
        """Return the motion that does ``first``, then this."""
        moved = (self.rotation @ first.translation[..., None])[..., 0]
        return Pose(self.rotation @ first.rotation, moved + self.translation)


def split_matrix(matrix: Matrix4) -> tuple[Pose, Matrix3]:
    """Split an object's matrix into its pose and the stretch that comes before it.

    By the polar decomposition M = R S: R is the nearest rotation, S is symmetric. For an object that is moved, turned
    and scaled, S is the diagonal matrix of its scale, and for a mirrored one all of S is negative, as Blender's
    ``Matrix.decompose`` has it; shear, which parents bring, puts numbers beside the diagonal.

    Args:
        matrix: (..., 4, 4), object to world.

    Returns:
        The pose, and S (..., 3, 3): a point p of the object is at ``rotation @ (S @ p) + translation``.
    """
    u, sizes, v = np.linalg.svd(matrix[..., :3, :3])
    rotation = u @ v
    stretch = np.swapaxes(v, -1, -2) @ (sizes[..., None] * v)
    sign = np.where(np.linalg.det(rotation) < 0.0, -1.0, 1.0)[..., None, None]
    return Pose(sign * rotation, matrix[..., :3, 3].copy()), sign * stretch
