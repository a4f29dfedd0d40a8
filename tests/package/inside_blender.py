# SPDX-License-Identifier: GPL-3.0-or-later
"""Run by Blender's Python in a process of its own: install the zip, use it, take it out again.

The `bpy` module does not restrict `bpy.context` and `bpy.data` while an extension registers, as Blender does: its
restricting code holds another `bpy` than the one that is imported. It is given the right one here, so that a
`register()` that touches the scene fails here as it would for a user.

Usage: inside_blender.py ZIP RESULT.json
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import bpy  # first: it brings the others

# isort: split
import addon_utils

MODULE = "bl_ext.user_default.synthdata"
WATCHED_TYPES = ("Scene", "Object", "Collection", "WindowManager", "Camera", "Material", "ViewLayer")


def restrict_as_blender_does() -> None:
    """Let `RestrictBlend` act on the `bpy` that everybody imports."""
    name = "bpy_restrict_state" if bpy.app.version < (5, 0, 0) else "_bpy_restrict_state"
    restriction = importlib.import_module(name)
    restriction._bpy = bpy
    with restriction.RestrictBlend():
        assert not hasattr(bpy.context, "scene"), (
            "the restriction has no effect: these tests would prove nothing"
        )


def traces() -> dict[str, Any]:
    """Everything an extension can leave behind: handlers, properties, classes, modules."""
    lists = {name: getattr(bpy.app.handlers, name) for name in dir(bpy.app.handlers)}
    handlers = {name: len(value) for name, value in lists.items() if isinstance(value, list)}
    properties = {name: sorted(dir(getattr(bpy.types, name))) for name in WATCHED_TYPES}
    classes = sorted(name for name in dir(bpy.types) if "synthdata" in name.lower())
    operators = dir(bpy.ops.synthdata)
    return {"handlers": handlers, "properties": properties, "classes": classes, "operators": operators}


def imported_wheels() -> dict[str, str]:
    """Import what the zip carries from where Blender unpacked it, and tell where it came from.

    That folder goes first here: this environment may have the same libraries for other tests.
    """
    unpacked = Path(bpy.utils.user_resource("EXTENSIONS")) / ".local"
    sys.path[:0] = [str(path) for path in unpacked.glob("**/site-packages")]
    return {name: importlib.import_module(name).__file__ or "" for name in ("OpenEXR", "PIL.Image")}


def main(zip_path: str, result_path: str) -> None:
    """Install, enable, look, disable and enable again, disable; write what was seen."""
    restrict_as_blender_does()
    addon_utils.enable("bl_pkg")
    before = traces()
    bpy.ops.extensions.package_install_files(filepath=zip_path, repo="user_default", enable_on_install=True)
    enabled = MODULE in bpy.context.preferences.addons
    during = traces()
    wheels = imported_wheels()
    addon_utils.disable(MODULE, default_set=True)
    after_first = traces()
    addon_utils.enable(MODULE, default_set=True)
    again = traces()
    addon_utils.disable(MODULE, default_set=True)
    result = {
        "enabled": enabled,
        "wheels": wheels,
        "operators": during["operators"],
        "before": before,
        "during": during,
        "after": after_first,
        "again": again,
        "finally": traces(),
    }
    Path(result_path).write_text(json.dumps(result))


main(*sys.argv[-2:])
