# SPDX-License-Identifier: GPL-3.0-or-later
"""Every difference between Blender 4.2 and 5.2 that we meet. The only file that may look at the version."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import bpy

PATH_OPTIONS: Final = {"PATH_SUPPORTS_BLEND_RELATIVE"} if bpy.app.version >= (4, 5, 0) else set()
"""Options of a path property that takes ``//``; without them 5.x shows such a path in red, and 4.4 has none."""

COLOR_TEMPERATURE: Final = {"unit": "COLOR_TEMPERATURE"} if bpy.app.version >= (4, 5, 0) else {}
"""What makes a number show kelvin; before 4.5 lights had no temperature, and Blender no unit for it."""

EEVEE: Final = "BLENDER_EEVEE" if bpy.app.version >= (5, 0, 0) else "BLENDER_EEVEE_NEXT"
"""The engine's name."""

SKY: Final = "SINGLE_SCATTERING" if bpy.app.version >= (5, 0, 0) else "NISHITA"
"""The sky texture's type with a sun that may stand anywhere: 5.0 gave Nishita's another name."""


def set_multilayer_exr(settings: Any) -> None:
    """Make image settings write 32-bit multilayer EXR, all layers in one part, unpacked.

    To pack it takes Blender a sixth of a label render, while nothing renders. Most files are deleted as soon as they
    are labelled; those that are kept the runner packs beside the next render.
    """
    if hasattr(settings, "media_type"):  # 5.0 split the choice in two
        settings.media_type = "MULTI_LAYER_IMAGE"
        settings.use_exr_interleave = True
    else:
        settings.file_format = "OPEN_EXR_MULTILAYER"
    settings.color_depth = "32"
    settings.exr_codec = "NONE"


def set_png(settings: Any) -> None:
    """Make image settings write 8-bit RGB PNG."""
    if hasattr(settings, "media_type"):
        settings.media_type = "IMAGE"
    settings.file_format = "PNG"
    settings.color_mode = "RGB"
    settings.color_depth = "8"
    settings.compression = 15


def cycles_engine() -> Any:
    """Return the class by which Blender calls Cycles: ``update``, ``render`` (a layer), ``render_frame_finish``."""
    return importlib.import_module("cycles").CyclesRender


@contextmanager
def cycles_calls(**functions: Callable[..., None]) -> Iterator[None]:
    """Have Blender call these functions instead of Cycles' own of the same names.

    Blender counts a callback's named parameters, and writes past its arguments where there are fewer than it passes:
    each function has to name all of them. What a function raises, Blender prints and forgets.
    """
    engine = cycles_engine()
    own = {name: getattr(engine, name) for name in functions}
    for name, function in functions.items():
        setattr(engine, name, function)
    try:
        yield
    finally:
        for name, function in own.items():
            setattr(engine, name, function)


def has_denoiser() -> bool:
    """Tell whether this build of Cycles can denoise; Debian's 4.3 raises an error when asked to."""
    try:
        cycles = importlib.import_module("_cycles")
    except ImportError:
        return False
    return bool(getattr(cycles, "with_openimagedenoise", False))


def animated_paths(owner: Any) -> set[str]:
    """Return the data paths of an ID (or node tree) that its action animates."""
    animation = getattr(owner, "animation_data", None)
    action = animation.action if animation is not None else None
    if action is None:
        return set()
    if hasattr(action, "fcurves"):
        return {curve.data_path for curve in action.fcurves}
    # 5.0 took the flat list away: curves lie in the channel bag of the owner's slot.
    bags = (strip.channelbag(animation.action_slot) for layer in action.layers for strip in layer.strips)
    return {curve.data_path for bag in bags if bag is not None for curve in bag.fcurves}


def software() -> dict[str, str]:
    """Return the versions that a dataset's journal records."""
    return {"blender": bpy.app.version_string, "blender_hash": bpy.app.build_hash.decode(errors="replace")}
