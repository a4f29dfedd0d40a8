# SPDX-License-Identifier: GPL-3.0-or-later
"""Saves a small scene with a job: ``python make_scene.py FILE VIEWS``, with the Python that has ``bpy``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import bpy

import synthdata_addon

FILE, VIEWS = sys.argv[1], int(sys.argv[2])
synthdata_addon.register()
bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
scene = bpy.context.scene
scene.render.engine = "CYCLES"
for number, name in enumerate(("Left", "Right", "Far")):
    bpy.ops.mesh.primitive_cube_add(location=(2.0 * number - 2.0, 0.5 * number, 0.5))
    bpy.context.object.name, bpy.context.object.synthdata.category = name, "box"
settings = scene.synthdata
settings.width, settings.height = 400, 64  # wide enough for thumbnails in the gallery
settings.views, settings.radius, settings.jitter = VIEWS, 8.0, 0.5
settings.beauty, settings.beauty_samples, settings.use_styles = True, 1, True
settings.labels.visibility = settings.labels.amodal = settings.labels.panoptic = settings.labels.captions = (
    True
)
settings.exports = {"YOLO_DETECT", "YOLO_SEGMENT", "BOP", "IMAGEFOLDER"}
style = settings.styles.add()
style.name, style.kind = "as it is", "RENDER"
bpy.ops.wm.save_as_mainfile(filepath=FILE)
synthdata_addon.unregister()
