# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things lie. Paths and names only."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "synthdata_addon"
MANIFEST = ROOT / "blender_manifest.toml"
REQUIREMENTS = ROOT / "requirements"
WHEELS = ROOT / "wheels"
TESTS = ROOT / "tests"

# What build.py makes; `clean` removes all of it.
ENVS = ROOT / ".envs"
LOGS = ROOT / ".logs"
DEMO = ROOT / "demo"
DIST = ROOT / "dist"
