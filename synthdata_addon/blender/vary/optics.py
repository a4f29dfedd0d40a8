# SPDX-License-Identifier: GPL-3.0-or-later
"""How a view is taken: its camera as the journal says it, and the renders that its labels and its picture come from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...core.arrays import Matrix3, Matrix4
from ...core.camera import Lens, intrinsics, world_to_opencv
from ...core.distortion import Distortion, WiderView, source_points, wider_view
from ...core.draws import draw_camera, draw_distortion
from ...core.errors import SceneError
from ...core.records import CameraRecord, DistortionRecord
from ...core.spec import JobSpec

Size = tuple[int, int]


@dataclass(frozen=True)
class Bend:
    """What a distorting lens does to a picture of ``size`` (width, height) pixels with camera matrix ``k``, which is
    rendered without it, with ``render_k``.
    """

    distortion: Distortion
    k: Matrix3
    size: Size
    render_k: Matrix3

    def source_points(self) -> np.ndarray:
        """Return where each pixel of the picture is in its render, (H, W, 2)."""
        return source_points(self.distortion, self.k, self.size, self.render_k)


@dataclass(frozen=True)
class Shot:
    """One view's optics; sizes are (width, height) in pixels.

    ``camera`` is what the view shows, ``flat`` the camera of the label render, which has no distortion. ``bend``
    is what a distorting lens does to the finished picture; None: every pixel is in its own place.
    """

    camera: CameraRecord
    flat: CameraRecord
    lens: Lens
    size: Size
    picture_lens: Lens
    picture_size: Size
    bend: Bend | None = None


def take(spec: JobSpec, view: int, name: str, lens: Lens, pose: Matrix4) -> Shot:
    """Return the optics of a view from the lens and the pose (``matrix_world``) that its plan has.

    Raises:
        SceneError: ``scene.distortion``: the lens folds the picture, or the camera is orthographic.
    """
    drawn = draw_camera(spec.variation.camera, spec.seed, view).lens
    if drawn is not None and lens.type == "PERSP":
        lens = replace(lens, lens=drawn)
    size = (spec.width, spec.height)
    k = intrinsics(lens, *size)
    camera = camera_record(name, lens, pose, k)
    if not spec.variation.sensor.use_distortion:
        return Shot(camera, camera, lens, size, lens, size)
    if lens.type != "PERSP":
        raise SceneError(
            "scene.distortion",
            f"The camera '{name}' is orthographic, which lens distortion is not defined for.",
            "Make it perspective, or turn the distortion off.",
        )
    return _distorted(spec, view, camera, lens, k)


def _distorted(spec: JobSpec, view: int, camera: CameraRecord, lens: Lens, k: Matrix3) -> Shot:
    sensor, size = spec.variation.sensor, (spec.width, spec.height)
    distortion = Distortion(sensor.model, draw_distortion(sensor, spec.seed, view))
    labels = wider_view(distortion, k, size, sensor.precision)
    picture = wider_view(distortion, k, size, 1)
    return Shot(
        camera=replace(camera, distortion=_record(distortion, labels)),
        flat=replace(camera, k=rows(labels.k)),
        lens=labels.lens(lens),
        size=labels.size,
        picture_lens=picture.lens(lens),
        picture_size=picture.size,
        bend=Bend(distortion, k, size, picture.k),
    )


def _record(distortion: Distortion, render: WiderView) -> DistortionRecord:
    return DistortionRecord(distortion.model, distortion.coefficients, rows(render.k), render.size)


def camera_record(name: str, lens: Lens, pose: Matrix4, k: Matrix3) -> CameraRecord:
    """Return a camera without distortion as the journal says it."""
    return CameraRecord(
        name=name,
        type=lens.type,
        k=rows(k),
        world_to_camera=rows(world_to_opencv(pose)),
        cam_to_world=rows(pose),
    )


def rows(matrix: np.ndarray) -> tuple[tuple[float, ...], ...]:
    """Return a matrix as nested tuples of plain numbers."""
    return tuple(tuple(float(value) for value in row) for row in matrix)
