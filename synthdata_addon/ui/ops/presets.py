# SPDX-License-Identifier: GPL-3.0-or-later
"""Presets of all job settings: JSON files where Blender keeps presets, so that choosing one runs no script."""

from __future__ import annotations

from pathlib import Path

import bpy
from bl_operators.presets import AddPresetBase
from bpy.props import StringProperty

from ...core.errors import SynthDataError
from ..job_files import save_preset, show_preset
from .preview import WithoutJob

FOLDER = "synthdata"
"""Below ``presets``, in the package as in the user's folder."""
ENDING = ".json"


class SYNTHDATA_OT_preset_apply(WithoutJob, bpy.types.Operator):
    """Set what this preset names; device and speed, the scene's objects and its frames stay as they are"""

    bl_idname = "synthdata.preset_apply"
    bl_label = "Apply Preset"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    filepath: StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE", "HIDDEN"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        path = Path(self.filepath)
        try:
            show_preset(path, context.scene)
        except SynthDataError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"Preset: {bpy.path.display_name(path.name, title_case=False)}")
        return {"FINISHED"}


class SYNTHDATA_OT_preset_add(AddPresetBase, bpy.types.Operator):
    """Add or remove a preset of all job settings"""

    bl_idname = "synthdata.preset_add"
    bl_label = "Add Job Preset"

    preset_subdir = FOLDER

    def execute(self, context: bpy.types.Context) -> set[str]:
        name = self.name.strip()
        if not name:
            return {"FINISHED"}
        done = self._remove(name) if self.remove_name or self.remove_active else self._add(context, name)
        return {"FINISHED"} if done else {"CANCELLED"}

    def _add(self, context: bpy.types.Context, name: str) -> bool:
        file_name = self.as_filename(name)
        if not file_name or _found(name) or _found(file_name):
            self.report({"WARNING"}, f'Cannot create preset "{name}", as the name already exists')
            return False
        try:
            save_preset(_user_folder() / (file_name + ENDING), context.scene)
        except SynthDataError as error:
            self.report({"ERROR"}, str(error))
            return False
        manager = context.window_manager
        if manager is not None and manager.preset_name == name:
            manager.preset_name = "New Preset"
        return True

    def _remove(self, name: str) -> bool:
        path = _found(name)
        if path is None:
            return False
        if path.parent != _user_folder():
            self.report({"WARNING"}, "Unable to remove default presets")
            return False
        try:
            path.unlink()
        except OSError as error:
            self.report({"ERROR"}, f"'{path}' cannot be removed ({error.strerror or error}).")
            return False
        return True


def _user_folder() -> Path:
    return Path(bpy.utils.user_resource("SCRIPTS", path=f"presets/{FOLDER}", create=True))


def _found(name: str) -> Path | None:
    """Return the preset of this name as it is shown, or as its file is called."""
    for folder in bpy.utils.preset_paths(FOLDER):
        for path in sorted(Path(folder).glob(f"*{ENDING}")):
            if name in (path.stem, bpy.path.display_name(path.name, title_case=False)):
                return path
    return None


def attach() -> None:
    """Have Blender find the presets that come with us."""
    bpy.utils.register_preset_path(str(Path(__file__).parents[2]))


def detach() -> None:
    """Have it forget them."""
    bpy.utils.unregister_preset_path(str(Path(__file__).parents[2]))


CLASSES = (SYNTHDATA_OT_preset_apply, SYNTHDATA_OT_preset_add)
