# SPDX-License-Identifier: GPL-3.0-or-later
"""Run by Blender's Python in a process of its own: install the zip, set up the runner by its button, remove it.

Usage: setup_inside_blender.py ZIP RESULT.json
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import bpy  # first: it brings the others

# isort: split
import addon_utils

MODULE = "bl_ext.user_default.synthdata"


def refusal(operator: Any) -> str:
    """What the operator says when it fails; empty when it does not."""
    try:
        operator()
    except RuntimeError as error:
        return str(error)
    return ""


def main(zip_path: str, result_path: str) -> None:
    """Press the buttons in turn and write what was seen."""
    addon_utils.enable("bl_pkg")
    bpy.ops.extensions.package_install_files(filepath=zip_path, repo="user_default", enable_on_install=True)
    state = importlib.import_module(f"{MODULE}.ui.runner_setup").setup
    settings = importlib.import_module(f"{MODULE}.ui.preferences").RunnerSettings
    seen: dict[str, Any] = {"before": state.status}
    bpy.context.preferences.system.use_online_access = False
    seen["offline"] = refusal(bpy.ops.synthdata.setup_runner)
    bpy.context.preferences.system.use_online_access = True
    seen["set_up"] = refusal(bpy.ops.synthdata.setup_runner)
    seen["said"], seen["after"], seen["site_dirs"] = state.said, state.status, settings.current().site_dirs
    seen["has_package"] = all((Path(place) / "mdurl").is_dir() for place in settings.current().site_dirs)
    addon_utils.disable(MODULE)
    locks = Path(sys.modules[MODULE].__file__ or "").parent / "locks"
    for lock in locks.glob("*.txt"):
        lock.write_text(lock.read_text() + "# a later version\n")
    addon_utils.enable(MODULE)
    state = importlib.import_module(f"{MODULE}.ui.runner_setup").setup
    seen["older"] = state.status
    bpy.ops.synthdata.remove_runner()
    seen["removed"] = state.status
    seen["left"] = [str(path) for path in Path(bpy.utils.extension_path_user(MODULE)).rglob("*")]
    addon_utils.disable(MODULE, default_set=True)
    Path(result_path).write_text(json.dumps(seen))


main(*sys.argv[-2:])
