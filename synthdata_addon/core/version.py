# SPDX-License-Identifier: GPL-3.0-or-later
"""The version, from its one source: ``blender_manifest.toml``."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

MANIFEST: Final = "blender_manifest.toml"


def version() -> str:
    """Return the version; the manifest lies in the package when installed, beside it in the repository."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package, package.parent):
        if (folder / MANIFEST).is_file():
            manifest = tomllib.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            return str(manifest["version"])
    return "unknown"
