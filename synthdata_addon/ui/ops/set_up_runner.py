# SPDX-License-Identifier: GPL-3.0-or-later
"""Set up the runner, check a Python, cancel, remove. A window stays usable meanwhile; without one, scripts wait."""

from __future__ import annotations

import os
import time

import bpy

from ...core.errors import RunnerError, SynthDataError
from ...core.machine import RUNNER_VARIABLE
from ...runner import own_environment
from ...runner.setting_up import SetupProcess
from .. import preferences
from ..runner_setup import download_size, needed_base, setup
from ..state import state


class _Working:
    """What all of them share: one process at a time, and how it is followed."""

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        if setup.process is not None:
            cls.poll_message_set("The runner is being set up or checked")
            return False
        if state.job is not None:
            cls.poll_message_set("A dataset is being generated")
            return False
        return True

    def _follow(self, process: SetupProcess) -> set[str]:
        if not bpy.app.background:
            setup.start(process)
            return {"FINISHED"}
        setup.begin(process)
        while not setup.step():
            time.sleep(0.1)
        if setup.failed:
            return self._failed(setup.said)
        self.report({"INFO"}, setup.said)
        return {"FINISHED"}

    def _failed(self, text: str) -> set[str]:
        self.report({"ERROR"}, text)
        return {"CANCELLED"}


class SYNTHDATA_OT_setup_runner(_Working, bpy.types.Operator):
    """Download torch and diffusers for Blender's own Python into the extension's folder, to make pictures"""

    bl_idname = "synthdata.setup_runner"
    bl_label = "Set Up Runner"

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        try:
            needed_base()
            _refuse_offline()
            message = f"Download torch, diffusers and what they need: {download_size()}?"
        except SynthDataError as error:
            return self._failed(str(error))
        return context.window_manager.invoke_confirm(
            self, event, title="Set Up Runner", message=message, confirm_text="Download"
        )

    def execute(self, _context: bpy.types.Context) -> set[str]:
        try:
            _refuse_offline()
            download_size()
            return self._follow(SetupProcess.set_up(needed_base(), preferences.torch_index()))
        except SynthDataError as error:
            return self._failed(str(error))


class SYNTHDATA_OT_check_runner(_Working, bpy.types.Operator):
    """Start the Python above and see whether it can label and make pictures"""

    bl_idname = "synthdata.check_runner"
    bl_label = "Check"

    def execute(self, _context: bpy.types.Context) -> set[str]:
        try:
            return self._follow(SetupProcess.check(_own_python()))
        except SynthDataError as error:
            return self._failed(str(error))


class SYNTHDATA_OT_cancel_runner_setup(bpy.types.Operator):
    """Stop, and remove what was downloaded"""

    bl_idname = "synthdata.cancel_runner_setup"
    bl_label = "Cancel"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return setup.process is not None and not setup.process.cancelled

    def execute(self, _context: bpy.types.Context) -> set[str]:
        if setup.process is not None:
            setup.process.cancel()
        return {"FINISHED"}


class SYNTHDATA_OT_remove_runner(_Working, bpy.types.Operator):
    """Remove the runner's packages from the extension's folder; they can be set up again"""

    bl_idname = "synthdata.remove_runner"
    bl_label = "Remove Runner"

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, _context: bpy.types.Context) -> set[str]:
        try:
            own_environment.remove(needed_base())
        except SynthDataError as error:
            return self._failed(str(error))
        except OSError as error:
            return self._failed(f"'{error.filename}' cannot be removed: {error.strerror}")
        finally:
            setup.refresh()
        setup.say("")
        return {"FINISHED"}


def _refuse_offline() -> None:
    if not bpy.app.online_access:
        raise RunnerError(
            "runner.offline",
            "Setting up the runner downloads packages, and Blender may not go online.",
            "Turn on Preferences, System, Allow Online Access, or install the bundled SynthData.",
        )


def _own_python() -> str:
    python = os.environ.get(RUNNER_VARIABLE, "") or preferences.chosen_python()
    if not python:
        raise RunnerError("runner.no_python", "No Python is chosen.", "Choose one as Runner Python.")
    return str(bpy.path.abspath(python))


CLASSES = (
    SYNTHDATA_OT_setup_runner,
    SYNTHDATA_OT_check_runner,
    SYNTHDATA_OT_cancel_runner_setup,
    SYNTHDATA_OT_remove_runner,
)
