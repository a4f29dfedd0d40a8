# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that the scene needs and that are not there: Blender renders on without them, and says so to nobody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import bpy

SHOWN = 5


def missing_files() -> list[str]:
    """Return what is missing, each as "texture '//wood.png'", in the order of the file's lists."""
    return [
        f"{kind} '{path}'" for kind, path, library in _needed() if not Path(_absolute(path, library)).exists()
    ]


def warning_of_missing_files() -> str:
    """Return one sentence that names what is missing and says what to do; empty if all is there."""
    missing = missing_files()
    if not missing:
        return ""
    shown = ", ".join(missing[:SHOWN]) + (f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else "")
    return (
        f"The scene lacks {shown}, and renders without what they hold. "
        "Use File > External Data > Find Missing Files, or remove what needs them."
    )


def _needed() -> Iterator[tuple[str, str, bpy.types.Library | None]]:
    """Yield kind, path as the file says it, and the library it is relative to, of every file that is in use."""
    for library in bpy.data.libraries:
        if library.packed_file is None:
            # Its path is relative to this file, whatever library links it in turn.
            yield "library", library.filepath, None
    for image in _outside(bpy.data.images):
        if image.source == "TILED":
            for tile in image.tiles:
                yield "texture", image.filepath.replace("<UDIM>", str(tile.number)), image.library
        elif image.source in {"FILE", "SEQUENCE", "MOVIE"}:
            yield "texture", image.filepath, image.library
    for font in _outside(bpy.data.fonts):
        if font.filepath not in {"", "<builtin>"}:
            yield "font", font.filepath, font.library
    for kind, blocks in (("volume", bpy.data.volumes), ("cache", bpy.data.cache_files)):
        for block in _outside(blocks):
            if not block.is_sequence:
                yield kind, block.filepath, block.library


def _outside(blocks: Iterable[bpy.types.ID]) -> Iterator[Any]:
    """Yield the data-blocks that are in use and not packed into a .blend."""
    return (block for block in blocks if block.users and getattr(block, "packed_file", None) is None)


def _absolute(path: str, library: bpy.types.Library | None) -> str:
    return str(bpy.path.abspath(path, library=library))
