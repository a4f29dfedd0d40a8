# SPDX-License-Identifier: GPL-3.0-or-later
"""Run by real Blender in the background: a scene in which nothing has a category.

Usage: blender -b --python make_unlabelled.py -- SCENE.blend
"""

import sys

import bpy

bpy.ops.wm.read_homefile(use_factory_startup=True)
bpy.ops.wm.save_as_mainfile(filepath=sys.argv[-1])
