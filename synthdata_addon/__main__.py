# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m synthdata_addon``: what can be done with an existing dataset, or a job with the ``bpy`` module."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

AUTOEXEC = "--enable-autoexec"
USAGE = """usage: python -m synthdata_addon runner DATASET        label and picture an existing dataset
       python -m synthdata_addon validate DATASET       check a dataset: files, masks, boxes, ids
       python -m synthdata_addon export DATASET KIND... write yolo_detect, yolo_segment, bop or imagefolder
       python -m synthdata_addon merge DATASET [SHARD...]   join the shards of a job; see merge --help
       python -m synthdata_addon places THING... --model MODEL [--address URL]   ask where things are found
       python -m synthdata_addon models COMMAND         list, download or remove models of the hub
       python -m synthdata_addon doctor [--json]        what this machine has, and what is amiss
       python -m synthdata_addon setup-runner FOLDER    install torch and diffusers for this Python into a folder
       python -m synthdata_addon check-python PYTHON    can that Python make pictures?
       python -m synthdata_addon example FILE.blend     save the example room (needs the bpy module)
       python -m synthdata_addon generate FILE.blend [options]   see generate --help (needs the bpy module)
       python -m synthdata_addon generate --cluster ADDRESS FILE.blend --output DATASET [options]   on Ray

Scripts and drivers in FILE.blend do not run, as in Blender itself; --enable-autoexec before FILE.blend lets them.
"""

OF_RUNNER = {
    "runner": ("cli", "main"),
    "validate": ("commands", "validate_main"),
    "export": ("commands", "export_main"),
    "merge": ("merge_command", "merge_main"),
    "places": ("places", "places_main"),
    "models": ("model_commands", "models_main"),
    "doctor": ("doctor", "doctor_main"),
    "setup-runner": ("environment_setup", "setup_main"),
    "check-python": ("python_check", "check_main"),
}
"""What needs no Blender: the module of ``runner/`` and its function."""


def main(argv: list[str]) -> int:
    """Dispatch to the runner's or to Blender's command line; return the exit status."""
    if argv and argv[0] in OF_RUNNER:
        room, name = OF_RUNNER[argv[0]]
        return int(getattr(import_module(f".runner.{room}", __package__), name)(argv[1:]))
    if argv[:1] == ["example"] and len(argv) == 2:
        return _in_blender(["example", "--save", argv[1]], None)
    if argv[:1] == ["generate"] and any(word.partition("=")[0] == "--cluster" for word in argv):
        from .farm.command import cluster_main

        return cluster_main(argv[1:])
    if argv[:1] == ["generate"] and len(argv) >= 2:
        trusted = argv[1] == AUTOEXEC
        rest = argv[1 + trusted :]
        file = None if not rest or rest[0].startswith("-") else rest.pop(0)
        return _in_blender(["generate", *rest], file, trusted=trusted)
    sys.stderr.write(USAGE)
    return 0 if argv[:1] in (["-h"], ["--help"]) else 2


def _in_blender(argv: list[str], file: str | None, *, trusted: bool = False) -> int:
    try:
        import bpy
    except ImportError:
        sys.stderr.write("Error: This needs the bpy module. Install it, or run the command in Blender.\n")
        return 1
    from . import register, unregister
    from .ui.command import main as command_main

    register()
    try:
        if file is not None:
            if not Path(file).is_file():
                sys.stderr.write(f"Error: There is no file '{file}'.\n")
                return 1
            bpy.ops.wm.open_mainfile(filepath=str(Path(file).resolve()), use_scripts=trusted)
        return command_main(argv)
    finally:
        # Drivers of a file that is still open when Python ends hang Blender's module.
        bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
        unregister()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
