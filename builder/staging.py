# SPDX-License-Identifier: GPL-3.0-or-later
"""The extension laid out as Blender wants it: manifest beside `__init__.py`, wheels, lock files, licence.

The repository wants a package with a name, so it is staged flat in a temporary folder.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from synthdata_addon.runner.wheel_lock import FOLDER

from .locks import LOCKS
from .places import MANIFEST, PACKAGE, ROOT
from .platforms import NEWER_BLENDER, Platform

NEVER_SHIPPED = shutil.ignore_patterns("__pycache__", "*.py[cod]", ".*", "tests", "*.blend1", "*.tmp")


def stage(source: Path, wheels: Sequence[Path], platform: Platform, only_python: str = "") -> None:
    """Lay the extension out flat in the new folder `source`; for Blenders of one Python if that is named."""
    shutil.copytree(PACKAGE, source, ignore=NEVER_SHIPPED)
    for name in ("LICENSE", "README.md"):
        if (ROOT / name).is_file():
            shutil.copyfile(ROOT / name, source / name)
    (source / "wheels").mkdir()
    (source / FOLDER).mkdir()
    for lock in LOCKS.glob(f"{platform.name}-*.txt"):
        shutil.copyfile(lock, source / FOLDER / lock.name)
    for wheel in wheels:
        shutil.copyfile(wheel, source / "wheels" / wheel.name)
    names = sorted(f"./wheels/{wheel.name}" for wheel in wheels)
    (source / MANIFEST.name).write_text(_manifest(names, platform, only_python), encoding="utf-8")


def _manifest(wheels: list[str], platform: Platform, only_python: str) -> str:
    """The manifest with what is generated, which must come before its first table."""
    head, table, rest = MANIFEST.read_text(encoding="utf-8").partition("\n[")
    generated: dict[str, object] = {"platforms": [platform.name], "wheels": wheels}
    if only_python:
        oldest, too_new = NEWER_BLENDER[only_python]
        lines = [line for line in head.splitlines() if not line.startswith("blender_version_m")]
        head = "\n".join(lines) + "\n"
        generated = {"blender_version_min": oldest, **generated}
        if too_new:
            generated["blender_version_max"] = too_new
    lists = "".join(f"{key} = {json.dumps(value, indent=2)}\n" for key, value in generated.items())
    return f"{head}\n{lists}{table}{rest}"
