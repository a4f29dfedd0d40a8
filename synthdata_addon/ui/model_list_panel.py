# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of models: in 3D View > N > SynthData > Styles, and in the preferences. Draws only."""

from __future__ import annotations

import bpy
from bpy.props import EnumProperty

from ..core.doctor import from_home
from ..core.families import FACTS
from ..core.hub_cache import hub_cache
from ..core.model_list import ListedModel, format_bytes, listed_models
from .model_list import models
from .ops.downloads import (
    OFFLINE,
    SYNTHDATA_OT_model_cancel,
    SYNTHDATA_OT_model_download,
    SYNTHDATA_OT_model_remove,
    SYNTHDATA_OT_model_use,
    SYNTHDATA_OT_models_refresh,
)
from .panel import SidebarPanel, paragraph

JUDGES = "judges"
ICONS = {"READY": "CHECKMARK", "PARTLY": "PAUSE", "MISSING": "IMPORT"}
_OWN = {family for model in listed_models() for family in model.families}
_GROUPS = [
    *(
        (name, facts.label, "", number)
        for number, (name, facts) in enumerate(FACTS.items())
        if name in _OWN and name != "sdxl_union"
    ),
    (JUDGES, "Fidelity", "Models that look at the pictures", 100),
]


class SYNTHDATA_PT_model_list(SidebarPanel):
    """Models to download."""

    bl_label = "Models"
    bl_idname = "SYNTHDATA_PT_model_list"
    bl_parent_id = "SYNTHDATA_PT_styles"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        draw_model_list(self.layout, context.window_manager)


def draw_model_list(layout: bpy.types.UILayout, manager: bpy.types.WindowManager) -> None:
    """Draw the models of the chosen family, each with its state and what can be done with it."""
    row = layout.row(align=True)
    row.prop(manager, "synthdata_models", text="")
    row.operator(SYNTHDATA_OT_models_refresh.bl_idname, text="", icon="FILE_REFRESH")
    for model in listed_models():
        if _is_shown(model, manager.synthdata_models):
            _draw_model(layout.box().column(align=True), model)
    if models.said:
        paragraph(layout, models.said, "ERROR" if models.failed else "INFO")
    if not bpy.app.online_access:
        paragraph(layout, OFFLINE, "INFO")
    layout.label(text=f"In {from_home(str(hub_cache()))}", icon="FILE_FOLDER")


def _is_shown(model: ListedModel, group: str) -> bool:
    if group == JUDGES:
        return not model.families
    return group in model.families or (group == "sdxl" and "sdxl_union" in model.families)


def _draw_model(column: bpy.types.UILayout, model: ListedModel) -> None:
    state = models.of(model.repo)
    size = state.size if state.presence == "READY" else model.size
    column.label(text=f"{model.title}, {format_bytes(size)}", icon=ICONS[state.presence])
    column.label(text=model.licence, icon="LOCKED" if model.gated else "BLANK1")
    if model.about:
        column.label(text=model.about, icon="BLANK1")
    row = column.row(align=True)
    if models.fetching is not None and models.fetching.repo == model.repo:
        row.progress(text=models.working, factor=models.share)
        row.operator(SYNTHDATA_OT_model_cancel.bl_idname, text="", icon="X").model = model.repo
    elif models.is_wanted(model.repo):
        row.label(text="Waits for the other download", icon="SORTTIME")
        row.operator(SYNTHDATA_OT_model_cancel.bl_idname, text="", icon="X").model = model.repo
    else:
        _draw_buttons(row, model)


def _draw_buttons(row: bpy.types.UILayout, model: ListedModel) -> None:
    state = models.of(model.repo)
    if state.presence == "READY":
        row.operator(SYNTHDATA_OT_model_use.bl_idname).model = model.repo
    else:
        there = f"Resume: {format_bytes(state.size)} There" if state.presence == "PARTLY" else "Download"
        row.operator(SYNTHDATA_OT_model_download.bl_idname, text=there, icon="IMPORT").model = model.repo
    if state.presence != "MISSING":
        row.operator(SYNTHDATA_OT_model_remove.bl_idname, text="", icon="TRASH").model = model.repo


def attach() -> None:
    """Give windows the choice of the family that is shown."""
    bpy.types.WindowManager.synthdata_models = EnumProperty(
        name="Models", description="Which models are shown", items=_GROUPS
    )


def detach() -> None:
    """Take it back."""
    del bpy.types.WindowManager.synthdata_models


CLASSES = (SYNTHDATA_PT_model_list,)
