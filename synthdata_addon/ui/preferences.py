# SPDX-License-Identifier: GPL-3.0-or-later
"""Preferences: which Python runs the runner."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from bpy.props import StringProperty

from .. import __package__ as ADDON_ID  # noqa: N812  # a constant, whatever Python calls it
from ..core.errors import RunnerError
from ..core.machine import RUNNER_VARIABLE
from ..runner.client import SILENCE
from .doctor_panel import draw_doctor
from .machine_preferences import MachinePreferences, draw_machine, machine_environment
from .model_list_panel import draw_model_list
from .panel import split_column
from .runner_preferences import draw_runner
from .runner_setup import setup, wheel_folders

SILENCE_VARIABLE = "SYNTHDATA_RUNNER_SILENCE"
"""Minutes without a sign of life after which the runner counts as hung."""


class SynthDataPreferences(MachinePreferences, bpy.types.AddonPreferences):
    """Settings of the machine, not of the scene."""

    bl_idname = ADDON_ID

    runner_python: StringProperty(
        name="Runner Python",
        description="A Python of your own with torch and diffusers, used instead of what Set Up Runner installs",
        subtype="FILE_PATH",
    )
    torch_index: StringProperty(
        name="Torch From",
        description="Address of a package index that Set Up Runner takes torch from, such as PyTorch's own of CUDA "
        "builds for Windows; empty: the usual one. SynthData does not know its hash and cannot check it",
    )

    language_model: StringProperty(
        name="Language Model",
        description="Model that is asked where things are found: folder or hub id, or the name that the address "
        "knows it by",
    )
    language_address: StringProperty(
        name="Address",
        description="Server with OpenAI's interface that is asked instead, such as http://localhost:11434/v1. Its key "
        "is read from the environment variable SYNTHDATA_API_KEY",
    )

    def draw(self, context: bpy.types.Context) -> None:
        draw_runner(self.layout, self)
        draw_machine(self.layout, self)
        draw_model_list(self.layout.box(), context.window_manager)
        draw_doctor(self.layout)
        box = self.layout.box()
        box.label(text="Language Model: Knows Where Things Are Found", icon="COMMUNITY")
        column = split_column(box.column())
        column.prop(self, "language_model", text="Model")
        column.prop(self, "language_address")


@dataclass(frozen=True)
class RunnerSettings:
    """How to start the runner: the interpreter, folders with our wheels, extra environment variables."""

    python: str
    site_dirs: tuple[str, ...]
    environment: dict[str, str]
    silence: float = SILENCE

    @classmethod
    def current(cls) -> RunnerSettings:
        """Read them: the environment variable wins over the preference, that over what was set up in our folder.

        Without any, Blender's own Python runs with our wheels.
        """
        chosen = os.environ.get(RUNNER_VARIABLE, "") or chosen_python()
        # Without the user's consent in Blender's system preferences nothing of ours goes online.
        environment = {"HF_HUB_DISABLE_TELEMETRY": "1", **machine_environment()}
        if not bpy.app.online_access:
            environment["HF_HUB_OFFLINE"] = "1"
        silence = _silence()
        if chosen:
            return cls(bpy.path.abspath(chosen), (), environment, silence)
        if setup.environment is not None:
            return cls(sys.executable, (setup.environment.folder,), environment, silence)
        return cls(sys.executable, _wheel_folders(), environment, silence)


def _silence() -> float:
    """Return the seconds after which a silent runner is ended: :data:`SILENCE_VARIABLE`, else as the client has it."""
    text = os.environ.get(SILENCE_VARIABLE, "")
    try:
        return float(text) * 60.0 if text else SILENCE
    except ValueError as error:
        raise RunnerError(
            "runner.silence",
            f"{SILENCE_VARIABLE} is '{text}', not a number of minutes.",
            "Set 30, or nothing.",
        ) from error


def language_model() -> tuple[str, str]:
    """Return the language model and its address, both empty where none is set."""
    addon = bpy.context.preferences.addons.get(ADDON_ID or "")
    if addon is None or addon.preferences is None:
        return "", ""
    return addon.preferences.language_model.strip(), addon.preferences.language_address.strip()


def chosen_python() -> str:
    """Return the Python of the user's own, empty if none is set."""
    return _of_preferences("runner_python")


def torch_index() -> str:
    """Return where torch shall come from, empty for the usual place."""
    return _of_preferences("torch_index").strip()


def _of_preferences(name: str) -> str:
    addon = bpy.context.preferences.addons.get(ADDON_ID or "")
    known = addon.preferences if addon is not None else None
    return str(getattr(known, name)) if known is not None else ""


def _wheel_folders() -> tuple[str, ...]:
    """Return where Blender unpacks the wheels of extensions, and where its own numpy is."""
    return (*map(str, wheel_folders()), str(Path(np.__file__).parents[1]))


CLASSES = (SynthDataPreferences,)
