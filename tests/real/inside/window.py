# SPDX-License-Identifier: GPL-3.0-or-later
"""Run by real Blender with its window: show the sidebar's SynthData tab, then tell the test what it needs to know.

Ten times a second two files are written: FOLDER/region.json, where the sidebar is (pixels from the window's top
left), that its tab is shown, and how much of each kind of data there is; FOLDER/clipboard.txt, what was last copied.
Ctrl+C over a button copies its Python command, so that the test finds a button by what it does, without pressing it.

FOLDER/ask.json, written by the test, holds Python to run in the window, as a button's operator would run: "code" are
statements, "value" an expression whose value, or the complaint, goes to FOLDER/answer.json under the number "id".

Usage: blender ROOM.blend --python window.py -- FOLDER
"""

import json
import sys
import traceback
from pathlib import Path

import bpy

FOLDER = Path(sys.argv[-1])
PERIOD = 0.1
TAB = "SynthData"

bpy.context.preferences.view.show_splash = False


def sidebar():
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    if not area.spaces.active.show_region_ui:  # setting it draws the viewport anew, which takes time here
        area.spaces.active.show_region_ui = True
    return window, area, next(region for region in area.regions if region.type == "UI")


def tell():
    window, area, region = sidebar()
    answer(window, area)
    # What was asked may have loaded another file or opened a window.
    window, area, region = sidebar()
    tab = ""
    if hasattr(bpy.types.WindowManager, "synthdata"):  # a tab of a disabled extension cannot be chosen
        try:
            # The tab can be chosen only after the sidebar was drawn with it; until then this raises.
            if region.active_panel_category != TAB:
                region.active_panel_category = TAB
                area.tag_redraw()
        except (AttributeError, TypeError):
            area.tag_redraw()
            return PERIOD
        tab = region.active_panel_category
    place = {
        "left": region.x,
        "top": window.height - region.y - region.height,
        "width": region.width,
        "height": region.height,
        "tab": tab,
        "scenes": [scene.name for scene in bpy.data.scenes],
        "pass_indices": sorted({item.pass_index for item in bpy.data.objects}),
        "materials": sorted(item.name for item in bpy.data.materials if item.users),
        "windows": len(bpy.context.window_manager.windows),
        "images": {item.name: tuple(item.size) for item in bpy.data.images},
    }
    write("region.json", json.dumps(place))
    write("clipboard.txt", bpy.context.window_manager.clipboard)
    return PERIOD


def answer(window, area):
    file = FOLDER / "ask.json"
    if not file.is_file():
        return
    asked = json.loads(file.read_text())
    file.unlink()
    region = next(region for region in area.regions if region.type == "WINDOW")
    names = {"bpy": bpy}
    said = {"id": asked["id"], "value": None, "complaint": ""}
    try:
        with bpy.context.temp_override(window=window, area=area, region=region):
            exec(asked["code"], names)  # the test's own words
        said["value"] = eval(asked["value"], names)
    except Exception:  # noqa: BLE001  # the test hears of it
        said["complaint"] = traceback.format_exc()
    write("answer.json", json.dumps(said))
    sidebar()[1].tag_redraw()


def write(name, text):
    part = FOLDER / f"{name}.part"
    part.write_text(text)
    part.replace(FOLDER / name)


bpy.app.timers.register(tell, first_interval=PERIOD, persistent=True)
