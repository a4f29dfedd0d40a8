# SPDX-License-Identifier: GPL-3.0-or-later
"""Set Up Runner in the installed extension, for real but for the lock, which is cut down to one package.

Blender's Python gets torch from the runner's environment, so that the last stage, trying it out, has something to try.
"""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from builder.locks import TARGETS
from synthdata_addon.runner.wheel_lock import read_lock, this_lock
from tests.package.conftest import run_inside

INSIDE = Path(__file__).with_name("setup_inside_blender.py")
LIMIT_SECONDS = 300


@pytest.fixture(scope="module")
def both_in_one(blender_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has Blender and, after that, what this one has."""
    (blender,) = blender_python.parents[1].glob("lib/python*/site-packages")
    mine = Path(sys.executable).parents[1] / "lib" / blender.parent.name / "site-packages"
    if not mine.is_dir():
        pytest.skip("the runner's environment has another Python than Blender's")
    folder = tmp_path_factory.mktemp("both")
    subprocess.run([str(blender_python), "-m", "venv", "--without-pip", str(folder)], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "both.pth").write_text(f"{blender}\n{mine}\n")
    return folder / "bin" / "python"


@pytest.fixture(scope="module")
def cut_down_zip(extension_zip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip with one package in its locks, and torch's name, which says that there is something to set up."""
    path = tmp_path_factory.mktemp("zip") / extension_zip.name
    (kept,) = (wheel for wheel in read_lock(this_lock()).wheels if wheel.name == "mdurl")
    other = dataclasses.replace(kept, name="torch", group="plain")  # a build that Linux does not take
    with zipfile.ZipFile(extension_zip) as old, zipfile.ZipFile(path, "w") as new:
        for item in old.infolist():
            data = old.read(item)
            if item.filename.startswith("locks/"):
                data = f"{kept.line}\n{other.line}\n".encode()
            new.writestr(item, data)
    return path


@pytest.fixture(scope="module")
def seen(both_in_one: Path, cut_down_zip: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("installed")
    forget = ("PYTHON", "SYNTHDATA")
    found, _ = run_inside(both_in_one, INSIDE, [cut_down_zip], folder, limit=LIMIT_SECONDS, forget=forget)
    return found


def test_is_refused_without_online_access(seen: dict[str, Any]) -> None:
    assert seen["before"].startswith("Not set up")
    assert "Blender may not go online. Turn on Preferences, System, Allow Online Access" in seen["offline"]


def test_is_ready_afterwards_and_the_runner_uses_it(seen: dict[str, Any]) -> None:
    assert seen["set_up"] == ""
    assert seen["said"].startswith("Ready: Python 3.")
    assert seen["after"].startswith("Ready: torch 2.")
    (place,) = seen["site_dirs"]
    assert "/.user/user_default/synthdata/runner/cp3" in Path(place).as_posix()
    assert seen["has_package"]


def test_says_that_it_is_older_when_the_extension_has_another_lock(seen: dict[str, Any]) -> None:
    assert seen["older"].endswith("The runner is older than the extension: Set Up again")


def test_leaves_nothing_when_it_is_removed(seen: dict[str, Any]) -> None:
    assert seen["removed"].startswith("Not set up")
    assert [path for path in seen["left"] if "runner" in path] == []


def test_the_zip_has_the_locks_of_its_platform(extension_zip: Path) -> None:
    names = {
        name.removeprefix("locks/")
        for name in zipfile.ZipFile(extension_zip).namelist()
        if name.startswith("locks/")
    }
    platform = this_lock().name.rpartition("-")[0]
    assert names == {target.path.name for target in TARGETS if target.platform.name == platform}
