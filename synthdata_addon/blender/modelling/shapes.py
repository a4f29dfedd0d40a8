# SPDX-License-Identifier: GPL-3.0-or-later
"""Closed mesh primitives as plain arrays: box, lathe, sweep, extrusion, football.

No bpy here. Lengths in metres, angles in degrees, Z up, faces counter-clockwise seen from outside.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product
from math import cos, pi, radians, sin

import numpy as np
from numpy.typing import ArrayLike, NDArray

Points = NDArray[np.float64]
Face = tuple[int, ...]


@dataclass(frozen=True)
class Part:
    """One closed surface: ``vertices`` (N, 3) float64 in metres and ``faces`` as vertex indices."""

    vertices: Points
    faces: tuple[Face, ...]
    smooth: bool = False

    def at(self, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Part:
        """Return the part moved by (x, y, z)."""
        return replace(self, vertices=self.vertices + np.array((x, y, z)))

    def turned(self, axis: str, degrees: float) -> Part:
        """Return the part turned about the X, Y or Z axis through the origin, right-handed."""
        return replace(self, vertices=self.vertices @ rotation(axis, degrees).T)

    def scaled(self, x: float, y: float, z: float) -> Part:
        """Return the part scaled about the origin; one negative factor mirrors it."""
        flip = x * y * z < 0
        faces = tuple(face[::-1] for face in self.faces) if flip else self.faces
        return replace(self, vertices=self.vertices * np.array((x, y, z)), faces=faces)


def rotation(axis: str, degrees: float) -> Points:
    """Return the (3, 3) right-handed rotation about the axis "X", "Y" or "Z"."""
    first, second = {"X": (1, 2), "Y": (2, 0), "Z": (0, 1)}[axis]
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = cos(radians(degrees))
    matrix[second, first] = sin(radians(degrees))
    matrix[first, second] = -sin(radians(degrees))
    return matrix


def box(size: tuple[float, float, float], bevel: float = 0.0) -> Part:
    """Return a box standing on the origin, centred in X and Y, its edges chamfered by ``bevel``."""
    half = np.array(size) / 2
    lift = np.array((0.0, 0.0, half[2]))
    if bevel <= 0.0:
        corners = np.array(list(product((-1.0, 1.0), repeat=3)))
        sides = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
        return Part(corners * half + lift, sides)
    vertices, faces = _chamfered_box(half, min(bevel, 0.98 * float(half.min())))
    return Part(vertices + lift, faces)


def _chamfered_box(half: Points, bevel: float) -> tuple[Points, tuple[Face, ...]]:
    """Three vertices a corner, one on each face that meets there."""
    signs = list(product((-1, 1), repeat=3))
    index = {(corner, axis): 3 * i + axis for i, corner in enumerate(signs) for axis in range(3)}
    vertices = np.array([np.array(c) * (half - bevel * (1 - np.eye(3)[a])) for c, a in index])
    faces: list[Face] = [tuple(index[corner, axis] for axis in range(3)) for corner in signs]
    for axis, sign in product(range(3), (-1, 1)):
        ring = sorted((c for c in signs if c[axis] == sign), key=lambda c: _quadrant(c, axis))
        faces.append(tuple(index[corner, axis] for corner in ring))
    for along in range(3):
        one, two = (axis for axis in range(3) if axis != along)
        for sign_one, sign_two in product((-1, 1), repeat=2):
            low, high = (c for c in signs if c[one] == sign_one and c[two] == sign_two)
            faces.append((index[low, one], index[high, one], index[high, two], index[low, two]))
    return vertices, tuple(_outward(vertices, face) for face in faces)


def _quadrant(corner: tuple[int, ...], axis: int) -> int:
    one, two = (sign for other, sign in enumerate(corner) if other != axis)
    return [(-1, -1), (1, -1), (1, 1), (-1, 1)].index((one, two))


def _outward(vertices: Points, face: Face) -> Face:
    """Turn a face of a convex body about the origin so that it looks away from it."""
    a, b, c = vertices[list(face[:3])]
    return face if float(np.cross(b - a, c - a) @ a) > 0 else face[::-1]


def lathe(profile: Sequence[tuple[float, float]], segments: int = 32, *, smooth: bool = True) -> Part:
    """Turn a profile of (radius, z) about Z. It runs up the outside; a closed one starts and ends at radius 0."""
    vertices: list[tuple[float, float, float]] = []
    rings: list[list[int]] = []
    for radius, z in profile:
        steps = range(1 if radius == 0.0 else segments)
        rings.append([len(vertices) + step for step in steps])
        angles = [2 * pi * step / segments for step in steps]
        vertices += [(radius * cos(angle), radius * sin(angle), z) for angle in angles]
    faces: list[Face] = []
    for low, high in pairwise(rings):
        for i in range(segments):
            quad = (
                low[i % len(low)],
                low[(i + 1) % len(low)],
                high[(i + 1) % len(high)],
                high[i % len(high)],
            )
            corners = tuple(dict.fromkeys(quad))
            if len(corners) > 2:
                faces.append(corners)
    return Part(np.array(vertices), tuple(faces), smooth)


def cylinder(radius: float, height: float, bevel: float = 0.0, segments: int = 32) -> Part:
    """Return a cylinder standing on the origin, its rims chamfered by ``bevel``."""
    return frustum(radius, radius, height, bevel, segments)


def frustum(bottom: float, top: float, height: float, bevel: float = 0.0, segments: int = 32) -> Part:
    """Return a truncated cone standing on the origin; four segments make a tapered leg."""
    inset = min(bevel, 0.45 * height)
    rims = [(bottom - inset, 0.0), (bottom, inset), (top, height - inset), (top - inset, height)]
    profile = rims if inset > 0.0 else [(bottom, 0.0), (top, height)]
    return lathe([(0.0, 0.0), *profile, (0.0, height)], segments, smooth=segments > 8)


def sphere(radius: float, segments: int = 32, rings: int = 16) -> Part:
    """Return a ball standing on the origin."""
    angles = [pi * ring / rings for ring in range(1, rings)]
    belt = [(radius * sin(angle), radius * (1 - cos(angle))) for angle in angles]
    return lathe([(0.0, 0.0), *belt, (0.0, 2 * radius)], segments)


def ellipse(width: float, height: float, segments: int = 12) -> Points:
    """Return a counter-clockwise (segments, 2) ellipse about the origin, by its two diameters."""
    angles = np.arange(segments) * 2 * pi / segments
    return np.column_stack((np.cos(angles) * width / 2, np.sin(angles) * height / 2))


def rounded_rectangle(width: float, depth: float, radius: float, steps: int = 5) -> Points:
    """Return a counter-clockwise rectangle about the origin with round corners."""
    centres = [(1, 1, 0), (-1, 1, 90), (-1, -1, 180), (1, -1, 270)]
    return np.array(
        [
            (
                sx * (width / 2 - radius) + radius * cos(radians(start + 90 * step / steps)),
                sy * (depth / 2 - radius) + radius * sin(radians(start + 90 * step / steps)),
            )
            for sx, sy, start in centres
            for step in range(steps + 1)
        ]
    )


def extrude(outline: ArrayLike, height: float, bevel: float = 0.0, *, smooth: bool = True) -> Part:
    """Raise a counter-clockwise (M, 2) outline from z = 0 to ``height``; ``bevel`` chamfers both rims."""
    ring = np.asarray(outline, dtype=np.float64)
    inner = _inset(ring, bevel)
    levels = [(inner, 0.0), (ring, bevel), (ring, height - bevel), (inner, height)]
    if bevel <= 0.0:
        levels = [(ring, 0.0), (ring, height)]
    rings = [np.column_stack((flat, np.full(len(flat), z))) for flat, z in levels]
    return _skin(rings, smooth=smooth)


def _inset(outline: Points, distance: float) -> Points:
    before, after = np.roll(outline, 1, axis=0), np.roll(outline, -1, axis=0)
    tangent = after - before
    inward: Points = np.column_stack((-tangent[:, 1], tangent[:, 0]))
    inward /= np.linalg.norm(inward, axis=1, keepdims=True)
    return outline + distance * inward


def sweep(
    path: ArrayLike,
    section: ArrayLike,
    scales: ArrayLike | None = None,
    *,
    normal: tuple[float, float, float] = (0.0, 0.0, 1.0),
    closed: bool = False,
) -> Part:
    """Carry a section along a path.

    ``path`` (K, 3); ``section`` (M, 2), counter-clockwise: its second axis starts out along ``normal`` and
    is carried on without twist. ``scales`` (K, 2) widens the section along the way. ``closed`` joins the end
    of the path to its start.
    """
    points = np.asarray(path, dtype=np.float64)
    flat = np.asarray(section, dtype=np.float64)
    widths = np.ones((len(points), 2)) if scales is None else np.asarray(scales, dtype=np.float64)
    frames = _frames(points, np.array(normal), closed=closed)
    rings = [
        point + np.outer(flat[:, 0] * wide, side) + np.outer(flat[:, 1] * high, up)
        for point, (side, up), (wide, high) in zip(points, frames, widths, strict=True)
    ]
    return _skin(rings, smooth=True, closed=closed)


def _frames(points: Points, normal: Points, *, closed: bool) -> list[tuple[Points, Points]]:
    """Return (side, up) at each point; side, up and the tangent are right-handed in this order."""
    around = np.roll(points, -1, axis=0) - np.roll(points, 1, axis=0)
    tangents = around if closed else np.gradient(points, axis=0)
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
    frames: list[tuple[Points, Points]] = []
    up = normal
    for tangent in tangents:
        up = up - (up @ tangent) * tangent
        up = up / np.linalg.norm(up)
        frames.append((np.cross(up, tangent), up))
    return frames


def _skin(rings: Sequence[Points], *, smooth: bool, closed: bool = False) -> Part:
    """Join rings of equal length by quads; open ends get a flat cap."""
    count = len(rings[0])
    pairs = list(pairwise(range(len(rings)))) + ([(len(rings) - 1, 0)] if closed else [])
    faces: list[Face] = [
        (low * count + i, low * count + (i + 1) % count, high * count + (i + 1) % count, high * count + i)
        for low, high in pairs
        for i in range(count)
    ]
    if not closed:
        faces.append(tuple(reversed(range(count))))
        faces.append(tuple((len(rings) - 1) * count + i for i in range(count)))
    return Part(np.vstack(rings), tuple(faces), smooth)


def rod(path: ArrayLike, radius: float, segments: int = 12, *, closed: bool = False) -> Part:
    """Return a round rod along a path (K, 3)."""
    points = np.asarray(path, dtype=np.float64)
    first = points[1] - points[0]
    normal = np.eye(3)[int(np.argmin(np.abs(first)))]
    section = ellipse(2 * radius, 2 * radius, segments)
    return sweep(points, section, normal=(normal[0], normal[1], normal[2]), closed=closed)


def curve(points: Iterable[ArrayLike], steps: int = 16) -> Points:
    """Return the Bezier curve of the control points, sampled at ``steps`` + 1 places: (steps + 1, 3)."""
    level = np.array([np.asarray(point, dtype=np.float64) for point in points])
    at = np.linspace(0.0, 1.0, steps + 1)[:, None]
    layers = [np.repeat(point[None, :], steps + 1, axis=0) for point in level]
    while len(layers) > 1:
        layers = [a * (1 - at) + b * at for a, b in pairwise(layers)]
    return layers[0]
