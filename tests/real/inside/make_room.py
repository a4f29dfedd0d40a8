# SPDX-License-Identifier: GPL-3.0-or-later
"""Run by real Blender in the background: the example room, with a small job in the file's settings.

Usage: blender -b --python make_room.py -- ROOM.blend [VIEWS [beauty]]

With "beauty" views have finished pictures, visible shares, and a material that is see-through: all renders there are.
"""

import sys

import bpy

bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
bpy.ops.synthdata.add_example_room()
settings = bpy.context.scene.synthdata
settings.width, settings.height = 256, 192
path, *rest = sys.argv[sys.argv.index("--") + 1 :]
settings.views = int(rest[0]) if rest else 3  # the jobs say 2: an argument wins over the file
settings.styles.clear()
style = settings.styles.add()
style.name, style.prompt = "Morning", "a bright room in the morning"
if rest[1:] == ["beauty"]:
    bpy.context.scene.render.engine = "CYCLES"
    settings.beauty, settings.beauty_samples, settings.use_styles = True, 4, False
    settings.labels.visibility = True
    material = next(item for item in bpy.data.materials if item.node_tree)
    principled = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    principled.inputs["Alpha"].default_value = 0.4
bpy.ops.wm.save_as_mainfile(filepath=path)
