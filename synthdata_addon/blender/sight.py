# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a camera sees a point: ray casts from the camera, through what does not render, to what is in front.

Every surface counts as solid, glass and alpha-cut leaves too. Objects that are hidden in the viewport are not met: ray
casts do not know them.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable
from typing import Protocol

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ..core.camera import project
from ..core.distortion import shown_at
from ..core.records import CameraRecord
from .facts import object_by_full_name

TOLERANCE = 1e-4
"""How far in front of a point, as a share of its distance, a surface may be and still be the point's own."""
FLESH = 3.0
"""How much thicker the flesh in front of a joint may be than the flesh round it at its thinnest, for it to be seen.

Annotators mark a joint when they see the part of the body that it is in, not when it is behind the body. A joint in the
middle of a limb that is seen from the side has once that thickness in front of it; looking along the limb, or through
the chest to the other shoulder, it is many times. A point on the surface has none, so that the body's own front hides
its back.
"""
MOST_LAYERS = 64


class Part(Protocol):
    """A rendered thing: an object by its full name, and where it or a copy of it stands in the world (4 x 4 rows)."""

    @property
    def name(self) -> str:
        """Full name of the object."""

    @property
    def matrix_world(self) -> tuple[tuple[float, ...], ...]:
        """Axes to world, row-major."""


class Sight:
    """What one camera sees of one evaluated frame."""

    def __init__(
        self,
        scene: bpy.types.Scene,
        depsgraph: bpy.types.Depsgraph,
        camera: CameraRecord,
        size: tuple[int, int],
        clip: tuple[float, float] = (0.0, math.inf),
        rendered: Container[str] | None = None,
    ) -> None:
        """Look from a camera.

        Args:
            scene: whose objects the rays meet.
            depsgraph: the scene, evaluated.
            camera: of the view.
            size: width and height of the picture, pixels.
            clip: the camera's clipping distances along its axis, scene units.
            rendered: full names of the objects that render; None: all that are not hidden in renders themselves.
        """
        self.depsgraph = depsgraph
        self._scene, self._rendered = scene, rendered
        self._camera, self._size, self._clip = camera, size, clip
        to_world = np.linalg.inv(np.array(camera.world_to_camera))
        self._eye, self._forward = Vector(to_world[:3, 3]), Vector(to_world[:3, 2])

    def pixel(self, point: Vector) -> tuple[float, float] | None:
        """Return where a point of the world is in the picture, None for outside of it or of the clipping distances."""
        if not self._clip[0] < (point - self._eye).dot(self._forward) < self._clip[1]:
            return None
        k, extrinsics = np.array(self._camera.k), np.array(self._camera.world_to_camera)
        pinhole = project(np.array([point]), k, extrinsics, self._camera.type)[:, :2]
        x, y = map(float, shown_at(pinhole, self._camera)[0])
        inside = -0.5 <= x < self._size[0] - 0.5 and -0.5 <= y < self._size[1] - 0.5
        return (x, y) if inside else None

    def sees(self, point: Vector, body: Iterable[Part]) -> bool:
        """Tell whether nothing is in front of a point of a body (the parts of one instance), world space.

        A surface of anything else hides it; the body's own as :data:`FLESH` says.
        """
        parts = list(body)
        origin, direction, distance = self._ray(point)
        slack = TOLERANCE * distance
        flesh: float | None = None
        for met, obj, matrix in self._hits(origin, direction, distance - slack):
            if not _is_of(obj, matrix, parts):
                return False
            if flesh is None:
                flesh = FLESH * min((self._thickness(part, point) for part in parts), default=0.0)
            if distance - met > flesh + slack:
                return False
        return True

    def _ray(self, point: Vector) -> tuple[Vector, Vector, float]:
        """Return where the ray to a point starts (on the near clipping plane), its direction and length."""
        depth = (point - self._eye).dot(self._forward)
        if self._camera.type == "ORTHO":
            start = point - self._forward * (depth - self._clip[0])
        else:
            start = self._eye + (point - self._eye) * (self._clip[0] / depth)
        way = point - start
        return start, way.normalized(), way.length

    def _hits(
        self, origin: Vector, direction: Vector, length: float
    ) -> Iterable[tuple[float, bpy.types.Object, Matrix]]:
        """Yield distance, object and matrix of the rendered surfaces along a ray, near to far."""
        step = max(TOLERANCE * 0.1 * length, 1e-7)
        gone = 0.0
        for _ in range(MOST_LAYERS):
            if gone >= length:
                return
            hit, place, _, _, obj, matrix = self._scene.ray_cast(
                self.depsgraph, origin + direction * gone, direction, distance=length - gone
            )
            if not hit:
                return
            met = (place - origin).length
            if self._is_rendered(obj):
                yield met, obj, matrix
            gone = max(met, gone) + step

    def _is_rendered(self, obj: bpy.types.Object) -> bool:
        if not obj.visible_camera:
            return False
        return not obj.hide_render if self._rendered is None else obj.name_full in self._rendered

    def _thickness(self, part: Part, point: Vector) -> float:
        """Return how far a point is from the surface of a part; infinite where that has no surface."""
        evaluated = object_by_full_name(part.name).evaluated_get(self.depsgraph)
        matrix = Matrix(part.matrix_world)
        try:
            found, place, *_ = evaluated.closest_point_on_mesh(matrix.inverted_safe() @ point)
        except RuntimeError:  # no mesh: an armature, an empty
            return math.inf
        return (matrix @ place - point).length if found else math.inf


def _is_of(obj: bpy.types.Object, matrix: Matrix, parts: Iterable[Part]) -> bool:
    """Tell whether what a ray met is one of the parts, and not another copy of the same object."""
    return any(part.name == obj.name_full and _are_equal(matrix, part.matrix_world) for part in parts)


def _are_equal(matrix: Matrix, rows: tuple[tuple[float, ...], ...]) -> bool:
    other = np.array(rows)
    return bool(np.allclose(np.array(matrix), other, rtol=1e-4, atol=1e-5 * (1.0 + np.abs(other).max())))
