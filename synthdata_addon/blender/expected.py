# SPDX-License-Identifier: GPL-3.0-or-later
"""What a view will show, before it is rendered: pixels of each labelled thing, by ray casts through pixel centres."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from mathutils import Vector
from numpy.typing import NDArray

from ..core.arrays import Matrix4
from ..core.camera import BLENDER_TO_OPENCV, Lens, intrinsics, rigid, world_to_opencv
from .labelling import own_box
from .rays import Numbered, Rays

SIGHT_SAMPLES = 25
"""Rays to a thing that tell whether it is in sight; one that is in sight in part shows in some of them."""
LIMIT_SAMPLES = 100
"""Rays to a thing that tell whether enough of it is in sight."""
SHOWN_SAMPLES = 256
"""Rays to a thing for the coverage, where its size matters."""
POINT_SHARE = 1e-4
"""How far in front of a point, as a share of the way, a surface may be and not hide it."""

_intrinsics = lru_cache(maxsize=8)(intrinsics)
"""A sweep's own cameras have one lens."""


@dataclass(frozen=True, eq=False)
class Boxes:
    """Corners of the boxes of labelled things: (T, 8, 3) float64, world space. ``ids`` are their instance ids."""

    ids: tuple[int, ...]
    corners: NDArray[np.float64]

    @classmethod
    def of(cls, things: Numbered) -> Boxes:
        """Take the boxes of the things that have an extent."""
        ids, corners = [], []
        picks = np.array([[(i >> axis) & 1 for axis in range(3)] for i in range(8)])
        for number, thing in things:
            box, matrix = own_box(thing), thing.matrix_world
            if box:
                ids.append(number)
                corners.append(np.where(picks, box[3:], box[:3]) @ matrix[:3, :3].T + matrix[:3, 3])
        return cls(tuple(ids), np.array(corners).reshape(-1, 8, 3))

    def of_thing(self, number: int) -> NDArray[np.float64] | None:
        """Return the (8, 3) corners of a thing, None if it is not there."""
        return self.corners[self.ids.index(number)] if number in self.ids else None


class Expectation:
    """One view's camera over the labelled things of a frame."""

    def __init__(self, rays: Rays, boxes: Boxes, pose: Matrix4, lens: Lens, size: tuple[int, int]) -> None:
        """Look from a camera.

        Args:
            rays: the scene.
            boxes: its labelled things.
            pose: (4, 4) camera ``matrix_world``.
            lens: the camera's settings.
            size: width and height of the picture, pixels.
        """
        self._rays, self._boxes, self._lens, self._size = rays, boxes, lens, size
        self._k = _intrinsics(lens, *size)
        self._extrinsic = world_to_opencv(pose)
        self._to_world = rigid(pose) @ BLENDER_TO_OPENCV

    def areas(self, samples: int) -> Iterator[tuple[int, float]]:
        """Yield id and expected pixels of the things in sight, those with the largest boxes first."""
        rectangles = self._rectangles(np.arange(len(self._boxes.corners)))
        sizes = np.prod(rectangles[:, 2:] - rectangles[:, :2], axis=1)
        for row in np.argsort(-sizes, kind="stable").tolist():
            if sizes[row] <= 0:
                return
            number = self._boxes.ids[row]
            pixels = self._pixels(number, rectangles[row], samples)
            if pixels:
                yield number, pixels

    def shows(self, number: int) -> bool:
        """Tell whether a thing is in sight."""
        if number not in self._boxes.ids:
            return False
        rectangle = self._rectangles(np.array([self._boxes.ids.index(number)]))[0]
        return any(hit == number for hit in self._met(rectangle, SIGHT_SAMPLES)[0])

    def sees(self, point: NDArray[np.float64], name: str) -> bool:
        """Tell whether a point is in the picture with nothing in front of it but the object of that name."""
        place = self._extrinsic[:3, :3] @ point + self._extrinsic[:3, 3]
        if place[2] < self._lens.clip_start:
            return False
        x, y = place[:2] if self._lens.type == "ORTHO" else place[:2] / place[2]
        pixel = np.array([self._k[0, 0] * x + self._k[0, 2], self._k[1, 1] * y + self._k[1, 2]])
        if not all(-0.5 <= value < side - 0.5 for value, side in zip(pixel, self._size, strict=True)):
            return False
        (origin,), _ = self._through(pixel[:1], pixel[1:])
        way = Vector(point) - Vector(origin)
        hit = self._rays.cast(Vector(origin), way.normalized(), way.length * (1.0 - POINT_SHARE))
        return hit is None or hit.name == name

    def _rectangles(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return (N, 4): first column and row and the ones behind the last, of the pixels that things may cover."""
        camera = self._boxes.corners[rows] @ self._extrinsic[:3, :3].T + self._extrinsic[:3, 3]
        depth = camera[..., 2]
        near = max(self._lens.clip_start, 1e-6)
        plane = camera[..., :2]
        if self._lens.type != "ORTHO":
            plane = plane / np.maximum(depth, near)[..., None]
        pixels = plane * [self._k[0, 0], self._k[1, 1]] + self._k[:2, 2]
        low, high = np.ceil(pixels.min(axis=1)), np.floor(pixels.max(axis=1)) + 1
        # A box that reaches behind the camera may be anywhere in the picture.
        around = depth.min(axis=1) < near
        low[around], high[around] = 0, self._size
        gone = (depth.max(axis=1) < near) | (depth.min(axis=1) > self._lens.clip_end)
        low[gone], high[gone] = 0, 0
        bounds = np.clip(np.concatenate([low, high], axis=1), 0, [*self._size, *self._size])
        bounds[:, 2:] = np.maximum(bounds[:, 2:], bounds[:, :2])
        return bounds.astype(np.int64)

    def _pixels(self, number: int, rectangle: NDArray[np.int64], samples: int) -> float:
        """Return how many pixels a thing shows, from rays through every n-th pixel of its box."""
        met, count = self._met(rectangle, samples)
        left, top, right, bottom = rectangle.tolist()
        return sum(hit == number for hit in met) * (right - left) * (bottom - top) / max(count, 1)

    def _met(self, rectangle: NDArray[np.int64], samples: int) -> tuple[Iterator[int], int]:
        """Return the numbers of what the rays through every n-th pixel meet, and how many rays there are."""
        left, top, right, bottom = rectangle.tolist()
        step = max(1, math.ceil(math.sqrt((right - left) * (bottom - top) / samples)))
        x, y = np.meshgrid(_middles(left, right, step), _middles(top, bottom, step))
        rays = zip(*self._through(x.ravel(), y.ravel()), strict=True)
        met = (self._rays.cast(Vector(origin), Vector(direction)) for origin, direction in rays)
        return (-1 if hit is None else hit.thing for hit in met), x.size

    def _through(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[list[list[float]], list[list[float]]]:
        """Return origins on the near clipping plane and directions of length 1 of the rays through pixels."""
        plane = np.stack([(x - self._k[0, 2]) / self._k[0, 0], (y - self._k[1, 2]) / self._k[1, 1]], axis=1)
        ones = np.ones((len(plane), 1))
        if self._lens.type == "ORTHO":
            origins, ahead = np.hstack([plane, ones * self._lens.clip_start]), np.hstack([plane * 0.0, ones])
        else:
            ahead = np.hstack([plane, ones])
            origins = ahead * self._lens.clip_start
        rotated = ahead @ self._to_world[:3, :3].T
        rotated /= np.linalg.norm(rotated, axis=1, keepdims=True)
        return (origins @ self._to_world[:3, :3].T + self._to_world[:3, 3]).tolist(), rotated.tolist()


def _middles(first: int, end: int, step: int) -> NDArray[np.float64]:
    """Return pixels of a run, one in each of equal parts about ``step`` long."""
    count = math.ceil((end - first) / step)
    return np.floor(first + (np.arange(count) + 0.5) * (end - first) / max(count, 1))
