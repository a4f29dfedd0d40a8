# SPDX-License-Identifier: GPL-3.0-or-later
"""Preferences of this machine: where models lie, where pictures are made, how much memory, the hub's token.

The runner gets them as environment variables, and variables that are set already win. The token is in no job file, no
log and no report.
"""

from __future__ import annotations

import os
from typing import Any, Final

import bpy
from bpy.props import EnumProperty, FloatProperty, IntProperty, StringProperty

from .. import __package__ as ADDON_ID  # noqa: N812  # a constant, whatever Python calls it
from ..core.hub_cache import CACHE_VARIABLE, choose_hub_cache
from ..core.machine import DEVICE_VARIABLE, MEMORY_VARIABLE, TOKEN_VARIABLE
from .model_list import models
from .panel import split_column

ALL_GPUS: Final = -1


def _on_folder(settings: Any, _context: bpy.types.Context) -> None:
    choose_hub_cache(bpy.path.abspath(settings.model_folder))
    models.refresh()


class MachinePreferences:
    """The properties; the preferences inherit them."""

    model_folder: StringProperty(
        name="Model Folder",
        description="Where models of the Hugging Face hub are kept; empty: the hub's own cache, which other programs "
        "share. The environment variable HF_HUB_CACHE wins",
        subtype="DIR_PATH",
        update=_on_folder,
    )
    device: EnumProperty(
        name="Device",
        description="Where pictures are made when a scene's Device is Automatic",
        items=[
            ("AUTO", "Automatic", "All CUDA GPUs, else Apple's, else the processor", 0),
            ("CPU", "CPU", "The processor", 1),
            ("CUDA", "CUDA", "NVIDIA, or AMD with a ROCm build of torch", 2),
            ("MPS", "Metal", "Apple's GPU", 3),
        ],
    )
    gpu: IntProperty(
        name="GPU",
        description="Which of several GPUs, from 0; -1: all of them, a job's pictures shared out",
        default=ALL_GPUS,
        min=ALL_GPUS,
        max=63,
    )
    gpu_memory: FloatProperty(
        name="GPU Memory",
        description="Largest share of a GPU's memory that pictures may take, so that Blender keeps the rest. Larger "
        "batches are then halved. On a CPU there is no limit",
        default=1.0,
        min=0.1,
        max=1.0,
        subtype="FACTOR",
    )
    hub_token: StringProperty(
        name="Token",
        description="Token of the Hugging Face hub, for models whose terms you accepted there. Blender saves it with "
        "the preferences, unencrypted; the environment variable HF_TOKEN wins",
        subtype="PASSWORD",
    )


def draw_machine(layout: bpy.types.UILayout, settings: Any) -> None:
    """Draw them."""
    box = layout.box()
    box.label(text="Models", icon="PACKAGE")
    column = split_column(box.column())
    for name, variable in (("model_folder", CACHE_VARIABLE), ("hub_token", TOKEN_VARIABLE)):
        overruled = bool(os.environ.get(variable))
        row = column.row()
        row.active = not overruled
        row.prop(settings, name)
        if overruled:
            column.label(text=f"The environment variable {variable} is used instead", icon="INFO")
    column.prop(settings, "device")
    if settings.device == "CUDA":
        column.prop(settings, "gpu")
    column.prop(settings, "gpu_memory", slider=True)


def machine_environment() -> dict[str, str]:
    """Return the variables for the runner; none that is set already, and no token where nothing may go online."""
    settings = _settings()
    if settings is None:
        return {}
    found = {CACHE_VARIABLE: bpy.path.abspath(settings.model_folder), DEVICE_VARIABLE: _device(settings)}
    if settings.gpu_memory < 1.0:
        found[MEMORY_VARIABLE] = f"{settings.gpu_memory:.3f}"
    if bpy.app.online_access:
        found[TOKEN_VARIABLE] = settings.hub_token.strip()
    return {name: value for name, value in found.items() if value and not os.environ.get(name)}


def hub_token() -> str:
    """Return the token of the preferences, to be blotted out of reports."""
    settings = _settings()
    return "" if settings is None else str(settings.hub_token).strip()


def _device(settings: Any) -> str:
    if settings.device == "AUTO":
        return ""
    number = f":{settings.gpu}" if settings.device == "CUDA" and settings.gpu != ALL_GPUS else ""
    return settings.device.lower() + number


def _settings() -> Any:
    addon = bpy.context.preferences.addons.get(ADDON_ID or "")
    return addon.preferences if addon is not None else None


def attach() -> None:
    """Look for models where the preferences say."""
    settings = _settings()
    if settings is not None:
        choose_hub_cache(bpy.path.abspath(settings.model_folder))
    models.refresh()


def detach() -> None:
    """End downloads, and forget the folder."""
    models.stop()
    choose_hub_cache("")
