# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask a language model for places: modal from a button, so that Blender stays usable; blocking from a script."""

from __future__ import annotations

import time

import bpy
from bpy.props import IntProperty

from ...core.errors import SceneError, SpecError, SynthDataError
from ...runner.asking import PlacesQuestion
from ..preferences import RunnerSettings, language_model
from ..used_categories import count_categories
from .places import add_places

TICK = 0.2
LONGEST = 600.0
"""Seconds after which a script gives up."""


class SYNTHDATA_OT_ask_for_places(bpy.types.Operator):
    """Ask the language model of the preferences where the scene's categories are found, and add the places as styles"""

    bl_idname = "synthdata.ask_for_places"
    bl_label = "Ask a Language Model"
    bl_options = {"UNDO"}  # without REGISTER: a change of the count would ask, and wait, again

    count: IntProperty(name="Places", description="Places to add at most", default=6, min=1, max=100)

    _timer: bpy.types.Timer | None = None
    _question: PlacesQuestion | None = None

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            question = _ask(context)
            end = time.monotonic() + LONGEST
            while (found := question.poll()) is None and time.monotonic() < end:
                question.wait(1.0)
        except SynthDataError as error:
            return self._failed(str(error))
        if found is None:
            question.close()
            return self._failed(f"The language model gave no answer in {LONGEST:g} seconds")
        return self._add(context, found)

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        if bpy.app.background:
            return self.execute(context)
        try:
            self._question = _ask(context)
        except SynthDataError as error:
            return self._failed(str(error))
        self._timer = context.window_manager.event_timer_add(TICK, window=context.window)
        context.window_manager.modal_handler_add(self)
        context.workspace.status_text_set("Asking the language model; Esc cancels")
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if event.type == "ESC":
            self._quit(context)
            return {"CANCELLED"}
        if event.type != "TIMER" or self._question is None:
            return {"PASS_THROUGH"}
        try:
            found = self._question.poll()
        except SynthDataError as error:
            self._quit(context)
            return self._failed(str(error))
        if found is None:
            return {"PASS_THROUGH"}
        self._quit(context)
        return self._add(context, found)

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends the operator (it quits)."""
        self._quit(context)

    def _add(self, context: bpy.types.Context, found: dict[str, tuple[str, ...]]) -> set[str]:
        self.report({"INFO"}, add_places(context.scene.synthdata, found, self.count))
        return {"FINISHED"}

    def _failed(self, text: str) -> set[str]:
        self.report({"ERROR"}, text)
        return {"CANCELLED"}

    def _quit(self, context: bpy.types.Context) -> None:
        """The one place where a modal question ends."""
        if self._question is not None:
            self._question.close()
            self._question = None
        if self._timer is not None:
            context.window_manager.event_timer_remove(self._timer)
            self._timer = None
            context.workspace.status_text_set(None)


def _ask(context: bpy.types.Context) -> PlacesQuestion:
    """Start the question.

    Raises:
        SynthDataError: nothing is labelled, no model is set, or Blender may not go online to its address.
    """
    names = sorted(count_categories(context.scene, context.view_layer))
    if not names:
        raise SceneError(
            "scene.no_category", "No object has a category yet.", "Press Label Selected Objects."
        )
    model, address = language_model()
    if not model:
        raise SpecError(
            "spec.model", "No language model is set.", "Set one in Preferences, Add-ons, SynthData."
        )
    if address and not bpy.app.online_access:
        raise SpecError(
            "spec.model",
            f"The language model is at '{address}', and Blender may not go online.",
            "Turn on Preferences, System, Allow Online Access, or leave the address empty.",
        )
    runner = RunnerSettings.current()
    model = model if address else bpy.path.abspath(model)
    return PlacesQuestion(
        runner.python,
        names,
        model=model,
        address=address,
        site_dirs=runner.site_dirs,
        environment=runner.environment,
    )


CLASSES = (SYNTHDATA_OT_ask_for_places,)
