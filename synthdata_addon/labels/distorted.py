# SPDX-License-Identifier: GPL-3.0-or-later
"""Passes through a distorting lens: each pixel of a view takes the pixel of the undistorted render that is nearest.

Ids, depths and normals must not be mixed. The render is several times as fine as the view, so that "nearest" is exact
but for outlines, which are off by less than half of its pixels.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..core.distortion import Distortion, source_points
from ..core.records import CameraRecord, DistortionRecord
from .exr import Passes

Pixels = TypeVar("Pixels", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Lookup:
    """Which pixel of the render each pixel of a view shows: ``rows`` and ``columns``, both (H, W)."""

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]

    def image(self, pixels: NDArray[Pixels]) -> NDArray[Pixels]:
        """Return the view's (H, W, ...) pixels from those of the render."""
        return pixels[self.rows, self.columns]

    def passes(self, passes: Passes) -> Passes:
        """Return the passes as the view shows them."""
        return replace(
            passes,
            depth=self.image(passes.depth),
            normal=self.image(passes.normal),
            index=self.image(passes.index),
            random=None if passes.random is None else self.image(passes.random),
            random_layers=tuple(self.image(layer) for layer in passes.random_layers),
            solid_random=None if passes.solid_random is None else self.image(passes.solid_random),
            material=None if passes.material is None else self.image(passes.material),
        )


def lookup_of(camera: CameraRecord | None, size: tuple[int, int]) -> Lookup | None:
    """Return the lookup of a view of ``size`` (width, height), None for a lens that does not distort.

    Raises:
        SceneError: ``scene.distortion``: the lens folds the picture.
    """
    if camera is None or camera.distortion is None:
        return None
    return _lookup(camera.distortion, camera.k, size)


@functools.lru_cache(maxsize=2)
def _lookup(distortion: DistortionRecord, k: tuple[tuple[float, ...], ...], size: tuple[int, int]) -> Lookup:
    lens = Distortion(distortion.model, distortion.coefficients)
    points = source_points(lens, np.array(k), size, np.array(distortion.render_k))
    nearest = np.rint(points).astype(np.intp)
    return Lookup(rows=nearest[..., 1], columns=nearest[..., 0])
