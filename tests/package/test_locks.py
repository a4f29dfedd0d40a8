# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock files say what the requirements say, and no zip carries what Blender ships."""

from __future__ import annotations

import re
from importlib.metadata import distributions
from pathlib import Path

import pytest

from builder.console import BuildError
from builder.locks import TARGETS, Target, pinned_names, pins
from builder.platforms import PLATFORMS
from builder.shipped import SHIPPED, refuse_shipped
from builder.wheels import bundled_wheels, slim_wheels
from synthdata_addon.core.errors import RunnerError
from synthdata_addon.runner.wheel_lock import WheelLock, canonical, read_lock, write_lock


def versions(lock: WheelLock, *groups: str) -> dict[str, str]:
    return {wheel.name: wheel.version for wheel in lock.wheels if wheel.group in groups}


def pinned(name: str, *, windows: bool) -> dict[str, str]:
    """Name and version of each line that holds for the platform."""
    lines = [pin.partition(";")[0] for pin in pins(name) if windows or "win32" not in pin]
    return {canonical(line.split("==")[0]): line.split("==")[1].strip() for line in lines}


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.path.stem)
def test_a_lock_is_made_from_the_requirements_as_they_are(target: Target) -> None:
    lock = read_lock(target.path)
    found = versions(lock, "all", "setup")
    if not target.platform.has_torch:
        assert found == pinned("wheels.txt", windows=False)
        return
    assert found == pinned("runner.txt", windows=target.platform.name.startswith("windows"))
    assert versions(lock, "bundled") == pinned(f"bundled-{target.python}.txt", windows=False)
    linux = target.platform.name.startswith("linux")
    wanted = pinned("torch.txt", windows=False) | (pinned("torch-cuda.txt", windows=False) if linux else {})
    assert versions(lock, "cuda" if linux else "plain") == wanted
    assert set(lock.builds) <= ({"cpu", "cuda"} if linux else {"plain"})


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.path.stem)
def test_no_zip_has_what_blender_ships(target: Target) -> None:
    assert {wheel.name for wheel in slim_wheels(target)} == pinned_names("wheels.txt")
    if target.platform.has_torch:
        bundle = [wheel.name for wheel in bundled_wheels(target, with_torch=False)]
        assert not set(bundle) & SHIPPED[target.python]
        assert len(bundle) == len(set(bundle))
        assert {"diffusers", "opencv-python-headless", "pillow", "openexr"} <= set(bundle)


def test_a_wheel_that_blender_ships_is_refused_by_name() -> None:
    with pytest.raises(BuildError, match=r"Blender on Python 3\.11 ships Charset_Normalizer, numpy itself"):
        refuse_shipped(["diffusers", "numpy", "Charset_Normalizer"], "3.11")
    with pytest.raises(BuildError, match="ships typing_extensions itself"):
        refuse_shipped(["typing_extensions"], "3.13")
    refuse_shipped(["typing_extensions"], "3.11")


def test_what_blender_ships_is_what_its_module_asks_for(blender_python: Path) -> None:
    """From the metadata of the installed `bpy`, not from our list: it, and what that needs in turn."""
    (site,) = blender_python.parents[1].glob("lib/python*/site-packages")
    needs = {
        canonical(item.metadata["Name"]): item.requires or [] for item in distributions(path=[str(site)])
    }
    found, waiting = set(), ["bpy"]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            plain = [line for line in needs.get(name, []) if "extra ==" not in line]
            waiting += [canonical(re.split(r"[ ;<>=!~\[(]", line, maxsplit=1)[0]) for line in plain]
    python = site.parent.name.removeprefix("python")
    installed = found & set(needs)
    assert installed == SHIPPED[python] & set(needs)
    assert {"numpy", "requests", "certifi", "zstandard"} <= installed


def test_there_is_nothing_to_bundle_where_torch_is_not_made() -> None:
    with pytest.raises(BuildError, match="torch is not made for macos-x64 any more"):
        bundled_wheels(Target(PLATFORMS["macos-x64"], "3.11"), with_torch=True)


def test_a_line_that_is_no_wheel_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    write_lock(path, read_lock(TARGETS[0].path).wheels)
    assert read_lock(path).wheels == read_lock(TARGETS[0].path).wheels
    path.write_text("torch==2.13.0\n")
    with pytest.raises(RunnerError, match="no wheel: 'torch==2"):
        read_lock(path)
    with pytest.raises(RunnerError, match="no list of the runner's packages"):
        read_lock(tmp_path / "absent.txt")
