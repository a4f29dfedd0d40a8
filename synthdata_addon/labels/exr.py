# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the passes that labels need from the multilayer EXR files that Blender writes. No bpy here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..core import aov
from ..core.arrays import Float32Image, IdMap, NormalImage
from ..core.errors import DatasetError
from .scanlines import Channels, full_name, map_channels

MAX_ID: Final = 65535
DEPTH: Final = ("Depth.Z", "Z")
INDEX: Final = ("IndexOB.X", "Object Index.X")
"""Blender 4.x calls the pass IndexOB, 5.x calls it Object Index."""
MATERIAL: Final = ("IndexMA.X", "Material Index.X")
NORMAL: Final = ("Normal.X", "Normal.Y", "Normal.Z")
RANDOM: Final = (f"{aov.RANDOM}.X", f"{aov.RANDOM}.V")
MAX_RANKS: Final = 16
"""Blender's highest Cryptomatte depth."""

Ranks = tuple[tuple[Float32Image, Float32Image], ...]
"""Cryptomatte's ranks of each pixel, largest share first: ids (hashes of names, as the bits of floats) and shares."""


@dataclass(frozen=True)
class Passes:
    """The passes of one view, row 0 at the top.

    ``depth`` is the distance along the camera axis in scene units (1e10 where nothing is), ``normal`` is in world
    space ((0, 0, 0) where nothing is), ``index`` is the Object Index (0 where nothing is labelled).

    What follows is None or empty where the file has none of it, and a view of the file, read only when it is used:
    ``random`` (:data:`aov.RANDOM`), the twelve ``random_layers`` (:data:`aov.RANDOM_LAYERS`), ``solid_random`` (what
    :data:`aov.SOLID_LAYER` has), ``material`` (Material Index).
    """

    depth: Float32Image
    normal: NormalImage
    index: IdMap
    random: Float32Image | None = None
    random_layers: tuple[Float32Image, ...] = ()
    solid_random: Float32Image | None = None
    material: Float32Image | None = None


def read_passes(path: Path) -> Passes:
    """Read Depth, Normal, Object Index and what may be beside them of the first render layer that has all three.

    Channels are found by the ends of their names, so that any layer name does, also one with dots in it. One part
    for all passes (Blender 4.x) and one part a pass (Blender 5.x) read alike.

    Raises:
        DatasetError: ``dataset.bad_exr`` (unreadable), ``dataset.pass_missing`` (a pass is not in it).
    """
    channels = _read_channels(path)
    layer = _find_layer(channels, path)
    random = _first(channels, layer, RANDOM)
    solid = _first(channels, aov.SOLID_LAYER, RANDOM)
    material = _first(channels, layer, MATERIAL)
    return Passes(
        depth=_float32(channels[_first(channels, layer, DEPTH)]),
        # Kept channel by channel in memory, as it is read and as it is used.
        normal=np.moveaxis(
            np.stack([channels[_named(layer, axis)] for axis in NORMAL]).astype(np.float32, copy=False), 0, 2
        ),
        index=_ids(channels[_first(channels, layer, INDEX)], path),
        random=_mapped(channels[random]) if random else None,
        random_layers=_random_layers(channels, layer),
        solid_random=_mapped(channels[solid]) if solid and solid != random else None,
        material=_mapped(channels[material]) if material else None,
    )


def read_ids(path: Path) -> IdMap:
    """Read the Object Index alone, of a file that may have no other pass.

    Raises:
        DatasetError: as :func:`read_passes`.
    """
    channels = _read_channels(path)
    endings = tuple(f".{name}" for name in INDEX)
    index = next((name for name in channels if name in INDEX or name.endswith(endings)), "")
    if not index:
        raise _missing(channels, path, ["Object Index"])
    return _ids(channels[index], path)


def read_ranks(path: Path) -> Ranks:
    """Read Cryptomatte Object of the first render layer that has it, as views of the file.

    Raises:
        DatasetError: as :func:`read_passes`.
    """
    channels = _read_channels(path)
    first = next((name for name in channels if name.lower().endswith("cryptoobject00.r")), "")
    ranks = tuple(_ranks(channels, first[: -len(".CryptoObject00.r")]))
    if not ranks:
        raise _missing(channels, path, ["Cryptomatte Object"])
    return ranks


def _read_channels(path: Path) -> Channels:
    """Return every channel by its full name; those of an unpacked file are views of the file."""
    if not path.is_file():
        raise DatasetError(
            "dataset.bad_exr", f"The pass file '{path.name}' is missing.", "Render the view again."
        )
    channels = map_channels(path)
    if channels is None:
        channels = _unpack_channels(path)
    if not channels:
        # The library prints why, raises nothing and gives no channel.
        raise DatasetError(
            "dataset.bad_exr",
            f"The pass file '{path.name}' cannot be read: it is torn, or there was not enough memory.",
            "Close other programs or make smaller pictures, and render the view again.",
        )
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


def _find_layer(channels: Channels, path: Path) -> str:
    """Return the layer that has the passes, "" where channels have no layer."""
    layers = dict.fromkeys(layer for name in channels if (layer := _layer(name)) is not None)
    missing: list[str] = []
    # The solid layer holds passes of the same names, of surfaces that are not there.
    for layer in [name for name in layers if name != aov.SOLID_LAYER] or [""]:
        found = {
            "Depth": bool(_first(channels, layer, DEPTH)),
            "Object Index": bool(_first(channels, layer, INDEX)),
            "Normal": all(_named(layer, axis) in channels for axis in NORMAL),
        }
        if all(found.values()):
            return layer
        missing = missing or [name for name, is_there in found.items() if not is_there]
    raise _missing(channels, path, missing)


def _missing(channels: Channels, path: Path, passes: list[str]) -> DatasetError:
    return DatasetError(
        "dataset.pass_missing",
        f"'{path.name}' has no {' or '.join(passes)} pass; it has {', '.join(sorted(channels)) or 'nothing'}.",
        "Render the view again.",
    )


def _layer(name: str) -> str | None:
    """Return the layer a channel of ours belongs to ("" without one), or None for other channels."""
    for suffix in (*NORMAL, *INDEX, DEPTH[0]):
        if name == suffix:
            return ""
        if name.endswith(f".{suffix}"):
            return name[: -len(suffix) - 1]
    return None


def _named(layer: str, suffix: str) -> str:
    return f"{layer}.{suffix}" if layer else suffix


def _first(channels: Channels, layer: str, suffixes: tuple[str, ...]) -> str:
    return next((name for name in (_named(layer, suffix) for suffix in suffixes) if name in channels), "")


def _random_layers(channels: Channels, layer: str) -> tuple[Float32Image, ...]:
    names = [_named(layer, f"{name}.{channel}") for name in aov.RANDOM_LAYERS for channel in "RGB"]
    return tuple(_mapped(channels[name]) for name in names if name in channels)


def _ranks(channels: Channels, layer: str) -> Iterator[tuple[Float32Image, Float32Image]]:
    """Yield the ranks in order; each picture of four channels holds two of them."""
    for number in range(MAX_RANKS // 2):
        for pair in ("rg", "ba"):
            names = [_named(layer, f"CryptoObject{number:02d}.{channel}") for channel in pair]
            # Blender writes small letters; files that went through other programs have capitals.
            names = [name if name in channels else name[:-1] + name[-1].upper() for name in names]
            if not all(name in channels for name in names):
                return
            yield _mapped(channels[names[0]]), _mapped(channels[names[1]])


def _mapped(pixels: NDArray[np.generic]) -> Float32Image:
    return pixels.astype(np.float32, copy=False)


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
