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
from ..runner.client import SILENCE

RUNNER_VARIABLE = "SYNTHDATA_RUNNER_PYTHON"
SILENCE_VARIABLE = "SYNTHDATA_RUNNER_SILENCE"
"""Minutes without a sign of life after which the runner counts as hung."""


class SynthDataPreferences(bpy.types.AddonPreferences):
    """Settings of the machine, not of the scene."""

    bl_idname = ADDON_ID

    runner_python: StringProperty(
        name="Runner Python",
        description="Python with torch and diffusers, for pictures; empty: Blender's own, for labels only",
        subtype="FILE_PATH",
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

    def draw(self, _context: bpy.types.Context) -> None:
        column = self.layout.column()
        column.prop(self, "runner_python")
        column.label(text="Labels and control images need nothing more than SynthData itself.", icon="INFO")
        column.label(
            text="For pictures, choose a Python that has torch and diffusers (see the README).", icon="BLANK1"
        )
        column.prop(self, "language_model")
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
        """Read them: the environment variable wins over the preference; else Blender's own Python with our wheels."""
        chosen = os.environ.get(RUNNER_VARIABLE, "") or _preference()
        # Without the user's consent in Blender's system preferences nothing of ours goes online.
        environment = {"HF_HUB_DISABLE_TELEMETRY": "1"}
        if not bpy.app.online_access:
            environment["HF_HUB_OFFLINE"] = "1"
        silence = _silence()
        if chosen:
            return cls(bpy.path.abspath(chosen), (), environment, silence)
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


def _preference() -> str:
    addon = bpy.context.preferences.addons.get(ADDON_ID or "")
    return str(addon.preferences.runner_python) if addon is not None and addon.preferences is not None else ""


def _wheel_folders() -> tuple[str, ...]:
    """Return where Blender unpacks the wheels of extensions, and where its own numpy is."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    wheels = Path(bpy.utils.user_resource("EXTENSIONS")) / ".local" / "lib" / version / "site-packages"
    own = [str(Path(np.__file__).parents[1])]
    return tuple([str(wheels)] * wheels.is_dir() + own)


CLASSES = (SynthDataPreferences,)
