# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts the worker, or a command: run by path with ``python -I``, in an environment without this package.

It loads the package from the folder above under the name ``synthdata_addon``, whatever the folder is called (installed
as an extension, Blender names it), so that imports are the same in tests, installed and here. Standard library only.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
from pathlib import Path

PACKAGE = "synthdata_addon"


def load_package() -> None:
    """Put the package into ``sys.modules``; its ``__init__`` imports nothing."""
    root = Path(__file__).resolve().parent.parent
    spec = importlib.util.spec_from_file_location(
        PACKAGE, root / "__init__.py", submodule_search_locations=[str(root)]
    )
    if spec is None or spec.loader is None:
        sys.exit(f"The folder '{root}' is not the SynthData package.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = module
    spec.loader.exec_module(module)


def main() -> None:
    """Read the arguments, put the site folders first on the path, run the worker or the command that is named."""
    parser = argparse.ArgumentParser(description="SynthData runner (started by Blender).")
    parser.add_argument("--site-dir", action="append", default=[], help="folder with packages to use first")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="as for python -m synthdata_addon")
    arguments = parser.parse_args()
    sys.path[:0] = arguments.site_dir
    load_package()
    if arguments.command:
        sys.exit(importlib.import_module(f"{PACKAGE}.__main__").main(arguments.command))
    worker = importlib.import_module(f"{PACKAGE}.runner.worker")
    worker.serve()  # ends the process


if __name__ == "__main__":
    main()
