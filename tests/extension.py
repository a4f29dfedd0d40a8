# SPDX-License-Identifier: GPL-3.0-or-later
"""The Python with Blender and the built zip: what users get is what is tested."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def blender_python() -> Path:
    """The Python that has Blender as a module."""
    named = os.environ.get("SYNTHDATA_TEST_BLENDER_PYTHON")
    places = [Path(named)] if named else sorted((ROOT / ".envs").glob("blender-*/bin/python"))
    if not places:
        pytest.skip("no environment with Blender: run build.py test --lane package")
    return places[0]


@pytest.fixture(scope="session")
def extension_zip(blender_python: Path) -> Path:
    """The zip for this platform, fresh from `build.py package`."""
    version = blender_python.parents[1].name.removeprefix("blender-")
    done = subprocess.run(
        [sys.executable, str(ROOT / "build.py"), "package", "--blender", version],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    zips = [line.split(" (")[0] for line in done.stdout.splitlines() if ".zip (" in line]
    assert len(zips) == 1
    return Path(zips[0])
