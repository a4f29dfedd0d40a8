# SPDX-License-Identifier: GPL-3.0-or-later
"""A bundled zip makes pictures with Blender's own Python, which has no torch otherwise.

The zip is some 300 MB and is not made for this test: it is read if `build.py package --bundled` has made one.
"""

from __future__ import annotations

import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from builder.locks import pinned_names
from builder.shipped import SHIPPED
from synthdata_addon.runner.wheel_lock import canonical, this_platform
from tests.package.conftest import run_inside

ROOT = Path(__file__).resolve().parents[2]
INSIDE = Path(__file__).with_name("bundled_inside_blender.py")
LIMIT_SECONDS = 600
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bundled_zip(blender_python: Path) -> Path:
    (site,) = blender_python.parents[1].glob("lib/python*/site-packages")
    python = site.parent.name.removeprefix("python").replace(".", "")
    name = this_platform().replace("-", "_")
    found = sorted((ROOT / "dist").glob(f"synthdata-*-{name}-bundled-cp{python}.zip"))
    if not found:
        pytest.skip("no bundled zip for this platform and Python: run build.py package --bundled")
    return found[-1]


@pytest.fixture(scope="module")
def seen(bundled_zip: Path, blender_python: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("bundled")
    result, _said = run_inside(
        blender_python,
        INSIDE,
        [bundled_zip, folder / "dataset"],
        folder,
        limit=LIMIT_SECONDS,
        forget=("PYTHON", "SYNTHDATA"),
    )
    return {"folder": folder, **result}


def test_makes_a_picture_with_blenders_own_python(seen: dict[str, Any]) -> None:
    assert seen["status"] == "Ready: torch came with the extension"
    assert seen["python"][0] == seen["python"][1]
    assert "/user/extensions/.local/" in Path(seen["site_dirs"][0]).as_posix()
    (picture,) = (seen["folder"] / "dataset" / "images").glob("*.png")
    with Image.open(picture) as image:
        assert image.size == (128, 128)
        assert len(image.getcolors(1 << 16) or []) > 1000


def test_is_for_the_blenders_of_its_python_and_has_nothing_that_they_ship(bundled_zip: Path) -> None:
    with zipfile.ZipFile(bundled_zip) as archive:
        manifest = tomllib.loads(archive.read("blender_manifest.toml").decode())
    names = {canonical(Path(wheel).name.split("-")[0]) for wheel in manifest["wheels"]}
    python = bundled_zip.stem[-3:]
    assert not names & SHIPPED[f"{python[0]}.{python[1:]}"]
    assert {"torch", "diffusers", "transformers"} | pinned_names("wheels.txt") <= names
    if python == "311":
        assert (manifest["blender_version_min"], manifest["blender_version_max"]) == ("4.2.0", "5.1.0")
