# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in the zip, read with the standard library."""

from __future__ import annotations

import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_is_flat_and_holds_the_whole_package(extension_zip: Path) -> None:
    """`__init__.py` lies beside the manifest, and each module of the package is there."""
    names = set(zipfile.ZipFile(extension_zip).namelist())
    assert {"__init__.py", "blender_manifest.toml", "LICENSE"} <= names
    package = ROOT / "synthdata_addon"
    assert {str(path.relative_to(package)) for path in package.rglob("*.py")} <= names


def test_holds_no_caches_no_tests_no_dot_files(extension_zip: Path) -> None:
    names = zipfile.ZipFile(extension_zip).namelist()
    unwanted = [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".blend1"))]
    unwanted += [
        name for name in names if any(part.startswith(".") or part == "tests" for part in Path(name).parts)
    ]
    assert unwanted == []


def test_manifest_names_the_locked_wheels_of_every_python(extension_zip: Path) -> None:
    """One wheel for each lock line and Python, each present; everything else as in the manifest in git."""
    with zipfile.ZipFile(extension_zip) as archive:
        shipped = tomllib.loads(archive.read("blender_manifest.toml").decode())
        names = set(archive.namelist())
    wheels = shipped.pop("wheels")
    assert {wheel.removeprefix("./") for wheel in wheels} <= names
    lines = (ROOT / "requirements/wheels.txt").read_text().splitlines()
    pins = [line.split()[0] for line in lines if line and not line.startswith("#")]
    for pin in pins:
        mine = [wheel for wheel in wheels if f"/{pin.replace('==', '-')}-" in wheel]
        assert sorted(wheel.split("-")[2] for wheel in mine) == ["cp311", "cp313", "cp314"]
    assert len(wheels) == 3 * len(pins)
    for generated in ("platforms", "build"):
        shipped.pop(generated, None)
    assert shipped == tomllib.loads((ROOT / "blender_manifest.toml").read_text())
