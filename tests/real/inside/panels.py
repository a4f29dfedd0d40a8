# SPDX-License-Identifier: GPL-3.0-or-later
"""Used by real Blender in its window, for pictures of the panels: unfold all, show one at a time, fill it with life.

`window.py` runs what the test asks; the test asks for these functions.
"""

import sys

import bpy

OURS = "bl_ext.user_default.synthdata"
EVERY_VARIATION = ("lights", "world", "materials", "objects")


def panels():
    registered = sys.modules[f"{OURS}.registration"].CLASSES
    return [cls for cls in registered if getattr(cls, "bl_category", "") == "SynthData"]


def unfold():
    """Open all panels for good. Only before they are drawn for the first time: then Blender remembers."""
    bpy.context.preferences.system.use_region_overlap = False  # the viewport must not show through
    every = panels()
    for cls in reversed(every):
        bpy.utils.unregister_class(cls)
    for cls in every:
        cls.bl_options = set(getattr(cls, "bl_options", ())) - {"DEFAULT_CLOSED"}
        bpy.utils.register_class(cls)


def show(*names, without=()):
    """Show only the panels with these names, and what is in them, but for some."""
    every = panels()
    parents = {cls.bl_idname: getattr(cls, "bl_parent_id", "") for cls in every}
    for cls in reversed(every):
        if cls.is_registered:
            bpy.utils.unregister_class(cls)
    for cls in every:
        within = set(names_of(cls.bl_idname, parents))
        if within.intersection(names) and not within.intersection(without):
            bpy.utils.register_class(cls)


def names_of(name, parents):
    """A panel and all that it is in, without what all their names begin with."""
    while name:
        yield name.removeprefix("SYNTHDATA_PT_")
        name = parents[name]


def settings():
    return bpy.context.scene.synthdata


def populate():
    source = settings().populate.sources.add()
    source.collection, source.count = bpy.data.collections["Example Room"], 12
    settings().populate.primitives = 20


def classes():
    bpy.context.view_layer.objects.active = bpy.data.objects["Desk"]
    bpy.data.objects["Desk"].select_set(True)


def cameras():
    settings().sweep = "DOME"
    settings().views = 40


def variation():
    settings().beauty = True
    for name in EVERY_VARIATION:
        getattr(settings().variation, name).use = True
    camera, sensor = settings().variation.camera, settings().variation.sensor
    camera.use_lens = camera.use_exposure = sensor.use_noise = True


def own_model():
    settings().model = "CUSTOM"
    settings().control_depth.show = True


def lacks():
    settings().model = "EMBEDDED"
    settings().labels.amodal = True


def preferences():
    bpy.ops.screen.userpref_show()
    bpy.context.preferences.active_section = "ADDONS"
    bpy.context.window_manager.addon_search = "SynthData"
    bpy.ops.preferences.addon_expand(module=OURS)
