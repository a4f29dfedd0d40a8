# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures from a folder, one after the other in the same image datablock, so that memory does not grow."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import bpy

from ...core.errors import SceneError

HDRI = (".hdr", ".exr", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp")
PURPOSE = "synthdata_picture"
"""Custom property of images that are ours."""
TEXTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".exr", ".bmp", ".tga")


def pictures_in(folder: str, endings: Collection[str]) -> tuple[str, ...]:
    """Return the names of a folder's pictures, sorted, so that a draw picks the same on every machine.

    Raises:
        SceneError: ``scene.no_pictures``: the folder is not there, or has none.
    """
    path = Path(bpy.path.abspath(folder))
    try:
        names = sorted(file.name for file in path.iterdir() if file.suffix.lower() in endings)
    except OSError as error:
        raise SceneError(
            "scene.no_pictures",
            f"The folder '{path}' cannot be read ({error.strerror or error}).",
            "Choose another folder.",
        ) from error
    if not names:
        raise SceneError(
            "scene.no_pictures",
            f"The folder '{path}' has no picture ({', '.join(endings)}).",
            "Choose another folder.",
        )
    return tuple(names)


def show_picture(purpose: str, folder: str, file: str) -> bpy.types.Image:
    """Return the image of ours for a purpose, which shows a file of a folder from now on.

    Raises:
        SceneError: ``scene.no_pictures``: the file cannot be loaded.
    """
    path = str(Path(bpy.path.abspath(folder)) / file)
    image = _found(purpose)
    try:
        if image is None:
            image = bpy.data.images.load(path)
            image.name = f"SynthData {purpose}"
            image[PURPOSE] = purpose
        elif image.filepath != path:
            image.filepath = path
            image.reload()
    except RuntimeError as error:
        raise _unreadable(path) from error
    if image.size[0] == 0:
        raise _unreadable(path)
    return image


def remove_picture(purpose: str) -> None:
    """Take the image of ours for a purpose out of the file. Safe to call at any time, twice."""
    image = _found(purpose)
    if image is not None:
        bpy.data.images.remove(image)


def _found(purpose: str) -> bpy.types.Image | None:
    # Not by its name, which an image of the user's may have.
    return next((image for image in bpy.data.images if image.get(PURPOSE) == purpose), None)


def _unreadable(path: str) -> SceneError:
    return SceneError(
        "scene.no_pictures",
        f"The picture '{path}' cannot be loaded.",
        "Replace it or take it out of the folder.",
    )
