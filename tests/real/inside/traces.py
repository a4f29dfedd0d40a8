# SPDX-License-Identifier: GPL-3.0-or-later
"""Used by real Blender in its window: what there is of data and what is ours in Blender, to be compared with later.

`window.py` runs what the test asks; the test asks for these functions.
"""

import sys
import types

import bpy

OURS = "bl_ext.user_default.synthdata"
WATCHED = ("Scene", "Object", "Collection", "WindowManager", "Camera", "Material", "ViewLayer")
NOT_OF_THE_FILE = ("screens", "workspaces", "window_managers", "all_ids")
"""Windows' data, and what is listed once more."""
known = []
"""Functions of ours, also those of modules that a disabled extension has given up."""


def data():
    """Names of all data of the file, by kind. Render results are Blender's own."""
    kinds = {name: getattr(bpy.data, name) for name in dir(bpy.data)}
    collections = {
        name: kind for name, kind in kinds.items() if isinstance(kind, bpy.types.bpy_prop_collection)
    }
    names = {name: sorted(item.name for item in kind) for name, kind in collections.items()}
    names["images"] = [name for name in names["images"] if name not in ("Render Result", "Viewer Node")]
    return {name: found for name, found in names.items() if name not in NOT_OF_THE_FILE}


def hooks():
    """What of ours Blender calls by itself or offers: handlers, timers, properties, classes."""
    lists = {name: getattr(bpy.app.handlers, name) for name in dir(bpy.app.handlers)}
    handlers = {name: sum(map(is_ours, found)) for name, found in lists.items() if isinstance(found, list)}
    known.extend(function for function in functions() if function not in known)
    return {
        "handlers": {name: count for name, count in handlers.items() if count},
        "timers": sorted(item.__module__ for item in known if bpy.app.timers.is_registered(item)),
        "properties": [
            name for name in WATCHED for found in dir(getattr(bpy.types, name)) if "synthdata" in found
        ],
        "classes": sorted(name for name in dir(bpy.types) if "synthdata" in name.lower()),
    }


def functions():
    """All functions in modules of ours."""
    modules = [module for name, module in list(sys.modules.items()) if name.startswith(OURS)]
    found = [item for module in modules for item in vars(module).values()]
    return [item for item in found if isinstance(item, types.FunctionType) and is_ours(item)]


def is_ours(item):
    """Whether a function is defined in the extension."""
    return getattr(item, "__module__", "").startswith(OURS)
