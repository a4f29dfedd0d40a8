# SPDX-License-Identifier: GPL-3.0-or-later
"""One source for the version; the changelog's newest entry is it."""

from __future__ import annotations

import re
from pathlib import Path

from synthdata_addon.core.version import version

ROOT = Path(__file__).parents[2]


def test_the_changelog_begins_with_the_manifests_version():
    entries = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert entries[0] == version()
