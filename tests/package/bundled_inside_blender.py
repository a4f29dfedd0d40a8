# SPDX-License-Identifier: GPL-3.0-or-later
"""Run by Blender's Python in a process of its own: install a bundled zip, and make a picture with nothing else.

Usage: bundled_inside_blender.py ZIP DATASET RESULT.json
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import bpy  # first: it brings the others

# isort: split
import addon_utils

MODULE = "bl_ext.user_default.synthdata"


def main(zip_path: str, dataset: str, result_path: str) -> None:
    """One view of a cube, in one style, by the embedded model."""
    addon_utils.enable("bl_pkg")
    bpy.ops.extensions.package_install_files(filepath=zip_path, repo="user_default", enable_on_install=True)
    runner = importlib.import_module(f"{MODULE}.ui.preferences").RunnerSettings.current()
    state = importlib.import_module(f"{MODULE}.ui.runner_setup").setup
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    scene = bpy.context.scene
    bpy.data.objects["Cube"].select_set(True)
    bpy.ops.synthdata.assign_category(category="box")
    settings = scene.synthdata
    settings.width, settings.height, settings.views = 128, 128, 1
    settings.output = dataset
    style = settings.styles.add()
    style.name, style.prompt = "office", "a tidy office"
    print(bpy.ops.synthdata.generate())
    seen = {
        "status": state.status,
        "python": [runner.python, sys.executable],
        "site_dirs": runner.site_dirs,
    }
    Path(result_path).write_text(json.dumps(seen))
    addon_utils.disable(MODULE, default_set=True)


main(*sys.argv[-3:])
