# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pose must fulfil before a render is spent on it, one question after the other, the cheapest first."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
from mathutils import Vector

from ..core.arrays import Matrix4
from ..core.camera import Lens
from ..core.sweep_spec import LimitsSpec
from ..core.sweeps.facts import Subject
from .checks import blocking_object
from .expected import LIMIT_SAMPLES, SIGHT_SAMPLES, Boxes, Expectation
from .rays import Rays


def refusal(
    rays: Rays,
    boxes: Callable[[], Boxes],
    pose: Matrix4,
    lens: Lens,
    subject: Subject,
    limits: LimitsSpec,
    size: tuple[int, int],
) -> str | None:
    """Return why a view from a pose is not worth a render, to be read after "the camera ", or None.

    Args:
        rays: the scene.
        boxes: gives what is labelled in it; asked only if a limit wants to know.
        pose: (4, 4) camera ``matrix_world``.
        lens: the camera's settings.
        subject: what the view looks at.
        limits: what it must fulfil.
        size: width and height of the picture, pixels.
    """
    eye = Vector(pose[:3, 3])
    if (name := blocking_object(rays, eye, Vector(subject.centre), subject.number)) is not None:
        return f"is inside '{name}'"
    if limits.clearance > 0.0 and (name := rays.nearest(eye, limits.clearance)) is not None:
        return f"is nearer to '{name}' than {limits.clearance:g}"
    must_see = limits.visible and not _meets(rays, pose, lens, subject, size)
    if not must_see and not limits.min_instances:
        return None
    view = Expectation(rays, boxes(), pose, lens, size)
    if must_see and not _is_in_sight(view, subject):
        return f"does not see '{subject.name}'" if subject.name else "sees nothing that is labelled"
    if limits.min_instances:
        enough = (pixels >= limits.min_pixels for _, pixels in view.areas(LIMIT_SAMPLES))
        seen = sum(itertools.islice(filter(None, enough), limits.min_instances))
        if seen < limits.min_instances:
            return f"sees {seen} of at least {limits.min_instances} things"
    return None


def _meets(rays: Rays, pose: Matrix4, lens: Lens, subject: Subject, size: tuple[int, int]) -> bool:
    """Tell by one ray whether the middle of a thing is in the picture with nothing in front of the thing.

    It mostly is, and this takes a tenth of the time of looking for the whole thing. A camera that is not plain is left
    to that.
    """
    if (
        subject.number < 0
        or lens.type != "PERSP"
        or lens.sensor_fit != "AUTO"
        or lens.shift_x
        or lens.shift_y
    ):
        return False
    way = Vector(subject.centre) - Vector(pose[:3, 3])
    right, up, back = (way.dot(Vector(pose[:3, axis])) for axis in range(3))
    half = -back * 0.5 * lens.sensor_width / lens.lens / max(size)
    if not (abs(right) < half * size[0] and abs(up) < half * size[1]):
        return False
    hit = rays.cast(Vector(pose[:3, 3]), way.normalized())
    return hit is not None and hit.thing == subject.number and hit.distance > lens.clip_start


def _is_in_sight(view: Expectation, subject: Subject) -> bool:
    """Tell whether the picture shows the thing, the place, or anything that is labelled if it is neither."""
    if subject.number >= 0:
        return view.shows(subject.number)
    if subject.name:
        return view.sees(np.array(subject.centre), subject.name)
    return next(view.areas(SIGHT_SAMPLES), None) is not None
