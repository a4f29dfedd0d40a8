# SPDX-License-Identifier: GPL-3.0-or-later
"""Run by real Blender in the background: a labelled cube in a file whose script and driver leave files behind.

Usage: blender -b --python make_scripted.py -- SCENE.blend TRACES
"""

import sys
from pathlib import Path

import bpy

path, traces = sys.argv[-2:]
bpy.ops.wm.read_homefile(use_factory_startup=True)
cube = bpy.data.objects["Cube"]
cube.synthdata.category = "box"
settings = bpy.context.scene.synthdata
settings.width, settings.height, settings.views, settings.use_styles = 64, 48, 1, False
text = bpy.data.texts.new("start.py")
text.use_module = True
text.write(f"open({str(Path(traces) / 'script')!r}, 'w').close()")
driver = cube.driver_add("location", 2).driver
driver.expression = f"open({str(Path(traces) / 'driver')!r}, 'w').close() or 0.25"
bpy.ops.wm.save_as_mainfile(filepath=path)
