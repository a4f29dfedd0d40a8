# SPDX-License-Identifier: GPL-3.0-or-later
"""Where in a picture boxes in space can be seen.

The centre of the top-left pixel is (0, 0), as everywhere. A box in the picture is x0, y0, x1, y1 in pixels.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .distortion import shown_at
from .records import CameraRecord

Box2D = tuple[float, float, float, float]
Points = NDArray[np.float64]
NEAREST: Final = 1e-6
"""What is nearer to the camera's plane, scene units, is not seen; a camera cannot begin to see nearer."""


def reaches_outside(corners: Points, camera: CameraRecord, size: tuple[int, int]) -> bool:
    """Tell whether a thing is not wholly inside of the picture.

    Args:
        corners: (N, 3) world space, eight for each box of it.
        camera: a view's camera.
        size: width and height of its picture, pixels.
    """
    if len(corners) == 0:
        return True
    if camera.distortion is not None:
        corners = _with_middles(corners)  # straight edges bend
    points = _in_camera(corners, camera)
    if camera.type != "ORTHO" and points[:, 2].min() <= NEAREST:
        return True
    x0, y0, x1, y1 = _bounds(points, camera)
    return x0 < -0.5 or y0 < -0.5 or x1 > size[0] - 0.5 or y1 > size[1] - 0.5


def room_in_picture(corners: Points, camera: CameraRecord, size: tuple[int, int]) -> Box2D | None:
    """Return a box that surely holds what is shown of a thing, with a pixel to spare on every side; None: nothing is.

    A box that reaches behind the camera is cut at its plane: what is left of it is spanned by its corners in front and
    by where lines between corners meet that plane.

    Args:
        corners: (N, 3) world space, eight for each box of it; none where they are not known.
        camera: a view's camera, whose lens does not distort.
        size: width and height of its picture, pixels.
    """
    whole = (0.0, 0.0, float(size[0]), float(size[1]))
    if len(corners) == 0:
        return whole
    points = _in_camera(corners, camera)
    if camera.type != "ORTHO":
        points = _in_front(points)
        if len(points) == 0:
            return None
    x0, y0, x1, y1 = _bounds(points, camera)
    box = x0 - 1.0, y0 - 1.0, x1 + 2.0, y1 + 2.0
    return box if meet(box, whole) else None


def meet(one: Box2D, other: Box2D) -> bool:
    """Tell whether two boxes have room in common."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _in_camera(corners: Points, camera: CameraRecord) -> Points:
    """Return points in the camera's OpenCV axes: X right, Y down, Z forward."""
    to_camera = np.array(camera.world_to_camera)
    points: Points = corners @ to_camera[:3, :3].T + to_camera[:3, 3]
    return points


def _in_front(points: Points) -> Points:
    """Return points that span what is in front of the camera of boxes with such corners."""
    depth = points[:, 2]
    boxes = points.reshape(-1, 8, 3)
    front, back = np.broadcast_arrays(boxes[:, :, None], boxes[:, None])
    is_cut = (front[..., 2] > NEAREST) & (back[..., 2] < NEAREST)
    near, far = back[is_cut], front[is_cut]
    share = (NEAREST - near[:, 2:]) / (far[:, 2:] - near[:, 2:])
    on_plane = near + share * (far - near)
    on_plane[:, 2] = NEAREST
    return np.concatenate([points[depth > NEAREST], on_plane])


def _bounds(points: Points, camera: CameraRecord) -> Box2D:
    """Return the box round points in the camera's axes."""
    flat = points.copy() if camera.type == "ORTHO" else points / points[:, 2:]
    flat[:, 2] = 1.0
    pixels = shown_at((flat @ np.array(camera.k).T)[:, :2], camera)
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _with_middles(corners: Points) -> Points:
    """Return the corners of boxes, eight by eight, and the points halfway between any two of a box."""
    boxes = corners.reshape(-1, 8, 3)
    middles: Points = (boxes[:, :, None] + boxes[:, None]) / 2.0
    return middles.reshape(-1, 3)
