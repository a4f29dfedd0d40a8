# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the passes that labels need from the multilayer EXR files that Blender writes. No bpy here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import Float32Image, IdMap, NormalImage
from ..core.errors import DatasetError
from .scanlines import Channels, full_name, map_channels

MAX_ID: Final = 65535
DEPTH: Final = ("Depth.Z", "Z")
INDEX: Final = ("IndexOB.X", "Object Index.X")
"""Blender 4.x calls the pass IndexOB, 5.x calls it Object Index."""
NORMAL: Final = ("Normal.X", "Normal.Y", "Normal.Z")


@dataclass(frozen=True)
class Passes:
    """The passes of one view, row 0 at the top.

    ``depth`` is the distance along the camera axis in scene units (1e10 where nothing is), ``normal`` is in world
    space ((0, 0, 0) where nothing is), ``index`` is the Object Index (0 where nothing is labelled).
    """

    depth: Float32Image
    normal: NormalImage
    index: IdMap


def read_passes(path: Path) -> Passes:
    """Read Depth, Normal and Object Index of the first render layer that has all three.

    Channels are found by the ends of their names, so that any layer name does, also one with dots in it. One part
    for all passes (Blender 4.x) and one part a pass (Blender 5.x) read alike.

    Raises:
        DatasetError: ``dataset.bad_exr`` (unreadable), ``dataset.pass_missing`` (a pass is not in it).
    """
    channels = _read_channels(path)
    depth, index, normal = _find(channels, path)
    return Passes(
        depth=_float32(channels[depth]),
        # Kept channel by channel in memory, as it is read and as it is used.
        normal=np.moveaxis(
            np.stack([channels[name] for name in normal]).astype(np.float32, copy=False), 0, 2
        ),
        index=_ids(channels[index], path),
    )


def _read_channels(path: Path) -> Channels:
    """Return every channel by its full name; those of an unpacked file are views of the file."""
    if not path.is_file():
        raise DatasetError(
            "dataset.bad_exr", f"The pass file '{path.name}' is missing.", "Render the view again."
        )
    channels = map_channels(path)
    if channels is None:
        channels = _unpack_channels(path)
    shapes = {pixels.shape for pixels in channels.values()}
    if len(shapes) != 1:
        raise DatasetError(
            "dataset.bad_exr",
            f"The passes in '{path.name}' differ in size ({sorted(shapes)}).",
            "Render it again.",
        )
    return channels


def _unpack_channels(path: Path) -> Channels:
    # Not at the top: a job whose files are not packed never needs the library.
    import OpenEXR

    try:
        with OpenEXR.File(str(path), separate_channels=True) as file:
            return {
                full_name(part.name(), name): channel.pixels
                for part in file.parts
                for name, channel in part.channels.items()
            }
    # The library's own errors derive from nothing narrower, and a torn file can make it raise several of them.
    except (RuntimeError, OSError, ValueError, TypeError, KeyError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise DatasetError(
            "dataset.bad_exr",
            f"The pass file '{path.name}' cannot be read ({reason}).",
            "Render the view again.",
        ) from error


def _find(channels: Channels, path: Path) -> tuple[str, str, tuple[str, str, str]]:
    """Return the names of the depth, index and normal channels."""
    layers = list(dict.fromkeys(layer for name in channels if (layer := _layer(name)) is not None))
    missing: list[str] = []
    for layer in layers or [""]:
        depth = _first(channels, layer, DEPTH)
        index = _first(channels, layer, INDEX)
        x, y, z = (_first(channels, layer, (name,)) for name in NORMAL)
        if depth and index and x and y and z:
            return depth, index, (x, y, z)
        found = {"Depth": depth, "Object Index": index, "Normal": x and y and z}
        missing = missing or [name for name, channel in found.items() if not channel]
    words = " or ".join(missing)
    raise DatasetError(
        "dataset.pass_missing",
        f"'{path.name}' has no {words} pass; it has {', '.join(sorted(channels)) or 'nothing'}.",
        "Render with Cycles, which writes all three.",
    )


def _layer(name: str) -> str | None:
    """Return the layer a channel of ours belongs to ("" without one), or None for other channels."""
    for suffix in (*NORMAL, *INDEX, DEPTH[0]):
        if name == suffix:
            return ""
        if name.endswith(f".{suffix}"):
            return name[: -len(suffix) - 1]
    return None


def _first(channels: Channels, layer: str, suffixes: tuple[str, ...]) -> str:
    names = [f"{layer}.{suffix}" if layer else suffix for suffix in suffixes]
    return next((name for name in names if name in channels), "")


def _float32(pixels: NDArray[np.generic]) -> Float32Image:
    # A copy, so that the file can be deleted while its pixels are in use.
    return np.array(pixels, dtype=np.float32, order="C")


def _ids(pixels: NDArray[np.generic], path: Path) -> IdMap:
    values = _float32(pixels)
    # Written so that a NaN, which compares as false, fails too.
    if not bool(values.min(initial=0.0) >= 0.0 and values.max(initial=0.0) <= MAX_ID):
        raise DatasetError(
            "dataset.bad_exr",
            f"The Object Index pass of '{path.name}' holds values outside 0 to {MAX_ID}.",
            "Render the view again.",
        )
    values += 0.5
    return values.astype(np.uint16)
