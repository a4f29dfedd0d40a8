# SPDX-License-Identifier: GPL-3.0-or-later
"""Run by real Blender in the background: the example room, with a small job in the file's settings.

Usage: blender -b --python make_room.py -- ROOM.blend [VIEWS]
"""

import sys

import bpy

bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
bpy.ops.synthdata.add_example_room()
settings = bpy.context.scene.synthdata
settings.width, settings.height = 256, 192
path, *views = sys.argv[sys.argv.index("--") + 1 :]
settings.views = int(views[0]) if views else 3  # the jobs say 2: an argument wins over the file
settings.styles.clear()
style = settings.styles.add()
style.name, style.prompt = "Morning", "a bright room in the morning"
bpy.ops.wm.save_as_mainfile(filepath=path)
