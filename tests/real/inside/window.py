# SPDX-License-Identifier: GPL-3.0-or-later
"""Run by real Blender with its window: show the sidebar's SynthData tab, then tell the test what it needs to know.

Ten times a second two files are written: FOLDER/region.json, where the sidebar is (pixels from the window's top
left) and that its tab is shown; FOLDER/clipboard.txt, what was last copied. Ctrl+C over a button copies its Python
command, so that the test finds a button by what it does, without pressing it.

FOLDER/press.txt, written by the test, names an operator of ours to run as a button does, or a switch of the session to
turn on or off ("overlay=1").

Usage: blender ROOM.blend --python window.py -- FOLDER
"""

import json
import sys
from pathlib import Path

import bpy

FOLDER = Path(sys.argv[-1])
PERIOD = 0.1
TAB = "SynthData"

bpy.context.preferences.view.show_splash = False


def sidebar():
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    area.spaces.active.show_region_ui = True
    return window, area, next(region for region in area.regions if region.type == "UI")


def tell():
    window, area, region = sidebar()
    try:
        # The tab can be chosen only after the sidebar was drawn once; until then this raises.
        region.active_panel_category = TAB
    except AttributeError:
        area.tag_redraw()
        return PERIOD
    area.tag_redraw()
    place = {
        "left": region.x,
        "top": window.height - region.y - region.height,
        "width": region.width,
        "height": region.height,
        "tab": region.active_panel_category,
        "scenes": [scene.name for scene in bpy.data.scenes],
        "pass_indices": sorted({item.pass_index for item in bpy.data.objects}),
        "materials": sorted(item.name for item in bpy.data.materials if item.users),
        "windows": len(bpy.context.window_manager.windows),
        "images": {item.name: tuple(item.size) for item in bpy.data.images},
    }
    write("region.json", json.dumps(place))
    write("clipboard.txt", bpy.context.window_manager.clipboard)
    press(window, area, region)
    return PERIOD


def press(window, area, region):
    file = FOLDER / "press.txt"
    if file.is_file():
        command, _, value = file.read_text().partition("=")
        file.unlink()
        if value:
            setattr(bpy.context.window_manager.synthdata, command, value == "1")
            return
        with bpy.context.temp_override(window=window, area=area, region=region):
            getattr(bpy.ops.synthdata, command)("INVOKE_DEFAULT")


def write(name, text):
    part = FOLDER / f"{name}.part"
    part.write_text(text)
    part.replace(FOLDER / name)


bpy.app.timers.register(tell, first_interval=PERIOD, persistent=True)
