# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels as pictures: class and instance maps in colours, a picture with its labels tinted, outlined and boxed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .palette import Colour, category_colour, instance_colour
from .records import AnnotationRecord

Picture: TypeAlias = NDArray[np.float32]
"""(H, W, 3) float32, sRGB, 0 to 1, row 0 at the top."""
Ids: TypeAlias = NDArray[np.integer]
"""(H, W) ids, 0 where nothing is labelled."""

TINT: Final = 0.42
"""How much of a thing's colour lies over the picture."""
AMBIENT: Final = 0.25


def class_picture(classes: Ids) -> Picture:
    """Return a class map in the colours of its categories; the rest is black."""
    return _painted(classes, {int(i): category_colour(int(i)) for i in np.unique(classes) if i})


def instance_picture(instances: Ids, annotations: Iterable[AnnotationRecord]) -> Picture:
    """Return an instance map in the shades that tell apart the things of a class; the rest is black."""
    return _painted(instances, _shades(annotations))


def labelled_picture(under: Picture, instances: Ids, annotations: Iterable[AnnotationRecord]) -> Picture:
    """Return a picture with its labels over it: things tinted, their outlines whole, their boxes one pixel wide."""
    annotations = tuple(annotations)
    shades = _shades(annotations)
    tint = _painted(instances, shades)
    labelled = np.isin(instances, list(shades))
    found = np.where(labelled[..., None], under * (1.0 - TINT) + tint * TINT, under).astype(np.float32)
    edge = _edges(instances) & labelled
    found[edge] = tint[edge]
    for item in annotations:
        _box(found, item.bbox, category_colour(item.category_id))
    return found


def shaded(normals: Picture) -> Picture:
    """Return grey shading, lit from the camera, from a normal image (blue is towards the camera)."""
    light = AMBIENT + (1.0 - AMBIENT) * np.clip(normals[..., 2:3] * 2.0 - 1.0, 0.0, 1.0)
    return np.repeat(light, 3, axis=2).astype(np.float32)


def _shades(annotations: Iterable[AnnotationRecord]) -> dict[int, Colour]:
    """Return the colour of each instance, by its place in the view's list, as the gallery has it."""
    return {item.instance_id: instance_colour(item.category_id, n) for n, item in enumerate(annotations)}


def _painted(ids: Ids, colours: Mapping[int, Colour]) -> Picture:
    table = np.zeros((int(ids.max(initial=0)) + 1, 3), np.float32)
    for number, colour in colours.items():
        if number < len(table):
            table[number] = colour
    return table[ids]


def _edges(ids: Ids) -> NDArray[np.bool_]:
    """Return the pixels that have another id beside, above or below them."""
    edge = np.zeros(ids.shape, bool)
    across, down = ids[:, 1:] != ids[:, :-1], ids[1:] != ids[:-1]
    edge[:, 1:] |= across
    edge[:, :-1] |= across
    edge[1:] |= down
    edge[:-1] |= down
    return edge


def _box(picture: Picture, bbox: tuple[int, int, int, int], colour: Colour) -> None:
    """Draw a COCO box ([x, y, width, height], pixels) onto a picture, just inside of its edges."""
    x, y, width, height = bbox
    if width < 1 or height < 1:
        return
    picture[[y, y + height - 1], x : x + width] = colour
    picture[y : y + height, [x, x + width - 1]] = colour
