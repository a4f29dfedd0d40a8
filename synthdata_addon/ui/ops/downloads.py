# SPDX-License-Identifier: GPL-3.0-or-later
"""Models of the list: download, cancel, remove, use. A window stays usable meanwhile; without one, scripts wait."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import StringProperty

from ...core.errors import ModelError, SynthDataError
from ...core.model_list import by_repo, format_bytes
from ...core.model_store import remove
from ..model_list import models, title_of
from ..model_use import use_model

OFFLINE = "Downloads need Allow Online Access, in Blender's preferences under System"


class _OfModel:
    """What all of them share: the model that they are about."""

    model: StringProperty(name="Model", description="The model's name on the hub, like org/name")

    def _failed(self: Any, text: str) -> set[str]:
        self.report({"ERROR"}, text)
        return {"CANCELLED"}


class SYNTHDATA_OT_model_download(_OfModel, bpy.types.Operator):
    """Fetch this model from the Hugging Face hub; goes on where it was if it was stopped"""

    bl_idname = "synthdata.model_download"
    bl_label = "Download"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        if not bpy.app.online_access:
            cls.poll_message_set(OFFLINE)
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        listed = by_repo().get(self.model)
        if listed is None:
            return self.execute(context)
        terms = (
            ". Its makers want their terms accepted on its page first, and a token" if listed.gated else ""
        )
        return context.window_manager.invoke_confirm(
            self,
            event,
            title=f"Download {listed.title}",
            message=f"About {format_bytes(listed.size)}. License: {listed.licence}{terms}",
            confirm_text="Download",
        )

    def execute(self, _context: bpy.types.Context) -> set[str]:
        try:
            if not bpy.app.online_access:
                raise ModelError("model.offline", f"The model '{self.model}' is not fetched.", f"{OFFLINE}.")
            if not bpy.app.background:
                models.start(self.model)
                return {"FINISHED"}
            models.begin(self.model)
        except SynthDataError as error:
            return self._failed(str(error))
        while not models.step():
            if models.fetching is not None:
                models.fetching.wait(0.2)
        if models.failed:
            return self._failed(models.said)
        self.report({"INFO"}, models.said)
        return {"FINISHED"}


class SYNTHDATA_OT_model_cancel(_OfModel, bpy.types.Operator):
    """Stop this download; what came is kept, and Download goes on from there"""

    bl_idname = "synthdata.model_cancel"
    bl_label = "Cancel Download"

    def execute(self, _context: bpy.types.Context) -> set[str]:
        models.cancel(self.model)
        return {"FINISHED"}


class SYNTHDATA_OT_model_remove(_OfModel, bpy.types.Operator):
    """Delete this model from the disk; other programs that share the model folder lose it too"""

    bl_idname = "synthdata.model_remove"
    bl_label = "Remove Model"

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_confirm(
            self,
            event,
            title=f"Remove {title_of(self.model)}",
            message=f"Deletes {format_bytes(models.of(self.model).size)}. Other programs may use it too",
            confirm_text="Remove",
        )

    def execute(self, _context: bpy.types.Context) -> set[str]:
        if models.is_wanted(self.model):
            return self._failed(f"{title_of(self.model)} is being downloaded; cancel that first")
        try:
            freed = remove(self.model)
        except SynthDataError as error:
            return self._failed(str(error))
        finally:
            models.refresh()
        self.report({"INFO"}, f"{title_of(self.model)} is removed: {format_bytes(freed)} freed")
        return {"FINISHED"}


class SYNTHDATA_OT_model_use(_OfModel, bpy.types.Operator):
    """Use this model in the scene: fills in its path and ControlNets, or who looks at the pictures"""

    bl_idname = "synthdata.model_use"
    bl_label = "Use"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        listed = by_repo().get(self.model)
        if listed is None:
            return self._failed(f"'{self.model}' is not in the list of models")
        said = use_model(context.scene.synthdata, listed, lambda repo: models.of(repo).presence == "READY")
        self.report({"INFO"}, said)
        return {"FINISHED"}


class SYNTHDATA_OT_models_refresh(bpy.types.Operator):
    """Look at the model folder again"""

    bl_idname = "synthdata.models_refresh"
    bl_label = "Refresh"

    def execute(self, _context: bpy.types.Context) -> set[str]:
        models.refresh()
        return {"FINISHED"}


CLASSES = (
    SYNTHDATA_OT_model_download,
    SYNTHDATA_OT_model_cancel,
    SYNTHDATA_OT_model_remove,
    SYNTHDATA_OT_model_use,
    SYNTHDATA_OT_models_refresh,
)
