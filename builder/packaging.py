# SPDX-License-Identifier: GPL-3.0-or-later
"""`build.py package`: the extension's zip, one a platform, built and validated by Blender's own tool.

Blender wants the manifest beside `__init__.py`, the repository wants a package with a name: so the extension is staged
flat in a temporary folder, with its wheels.
"""

from __future__ import annotations

import json
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .console import BuildError, run_logged, say
from .environments import Environment, blender_environment
from .places import DIST, MANIFEST, PACKAGE, REQUIREMENTS, ROOT, WHEELS
from .system_libraries import check_system_libraries

# Blender 4.2 to 5.0 run on 3.11, 5.1 on 3.13; Debian's Blenders on the system's own, 3.13 and 3.14.
PYTHONS = ("3.11", "3.13", "3.14")
NEVER_SHIPPED = shutil.ignore_patterns("__pycache__", "*.py[cod]", ".*", "tests", "*.blend1", "*.tmp")


@dataclass(frozen=True)
class Platform:
    """A platform by Blender's name, and what its wheels are tagged with (for pip, and as their names end)."""

    name: str
    tags: tuple[str, ...]
    ending: tuple[str, str]

    def fits(self, wheel: Path) -> bool:
        """Whether the wheel is for this platform."""
        tag = wheel.stem.rsplit("-", 1)[-1]
        return tag.startswith(self.ending[0]) and tag.endswith(self.ending[1])


PLATFORMS = {
    item.name: item
    for item in (
        Platform(
            "linux-x64",
            (
                "manylinux_2_28_x86_64",
                "manylinux_2_27_x86_64",
                "manylinux_2_17_x86_64",
                "manylinux2014_x86_64",
            ),
            ("manylinux", "x86_64"),
        ),
        Platform("windows-x64", ("win_amd64",), ("win", "amd64")),
        Platform("macos-arm64", ("macosx_11_0_arm64",), ("macosx", "arm64")),
        Platform("macos-x64", ("macosx_10_15_x86_64",), ("macosx", "x86_64")),
    )
}


def package(platform_name: str | None, blender: str | None) -> list[Path]:
    """Build and validate the zip for one platform (by default this machine's) or "all".

    Returns:
        The zips, in `dist/`.

    Raises:
        BuildError: an unknown platform, a wheel that is not to be had, or what Blender's tool refused.
    """
    platforms = _platforms(platform_name)
    check_system_libraries()
    environment = blender_environment(blender)
    wheels = fill_wheels(environment, platforms)
    tool = _blender_tool(environment)
    DIST.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        source, built = Path(folder) / "source", Path(folder) / "built"
        built.mkdir()
        stage(source, wheels, platforms)
        build = [*tool, "build", "--source-dir", source, "--output-dir", built, "--split-platforms"]
        run_logged("building the extension", build, "package-build")
        zips = [_keep(path) for path in sorted(built.glob("*.zip"))]
    for path in zips:
        run_logged(f"validating {path.name}", [*tool, "validate", path], "package-validate")
    for path in zips:
        say(f"{path} ({path.stat().st_size / 1e6:.1f} MB)")
    return zips


def fill_wheels(environment: Environment, platforms: Sequence[Platform]) -> list[Path]:
    """Bring the locked wheels of every shipped Python into `wheels/`, drop others, and return those of `platforms`."""
    WHEELS.mkdir(exist_ok=True)
    pins = _pins()
    for path in WHEELS.glob("*.whl"):
        if not any(_is_wheel_of(path, pin) for pin in pins):
            path.unlink()
    return [
        _wheel(environment, item, python, pin) for item in platforms for python in PYTHONS for pin in pins
    ]


def stage(source: Path, wheels: Iterable[Path], platforms: Iterable[Platform]) -> None:
    """Lay the extension out flat in the new folder `source`: package, manifest, wheels, licence, README."""
    shutil.copytree(PACKAGE, source, ignore=NEVER_SHIPPED)
    for name in ("LICENSE", "README.md"):
        if (ROOT / name).is_file():
            shutil.copyfile(ROOT / name, source / name)
    (source / "wheels").mkdir()
    names = []
    for wheel in wheels:
        shutil.copyfile(wheel, source / "wheels" / wheel.name)
        names.append(f"./wheels/{wheel.name}")
    (source / MANIFEST.name).write_text(_manifest(sorted(names), platforms), encoding="utf-8")


def _manifest(wheels: list[str], platforms: Iterable[Platform]) -> str:
    """The manifest with the two generated lists, which must come before its first table."""
    head, table, rest = MANIFEST.read_text(encoding="utf-8").partition("\n[")
    generated = {"platforms": [item.name for item in platforms], "wheels": wheels}
    lists = "".join(f"{key} = {json.dumps(value, indent=2)}\n" for key, value in generated.items())
    return f"{head}\n{lists}{table}{rest}"


def _wheel(environment: Environment, target: Platform, python: str, pin: str) -> Path:
    def present() -> Path | None:
        tag = f"-cp{python.replace('.', '')}-"
        fitting = (
            p
            for p in sorted(WHEELS.glob("*.whl"))
            if tag in p.name and _is_wheel_of(p, pin) and target.fits(p)
        )
        return next(fitting, None)

    if not present():
        command = [environment.python, "-m", "pip", "download", "--disable-pip-version-check", "--no-deps"]
        command += [
            "--only-binary=:all:",
            "--implementation",
            "cp",
            "--python-version",
            python,
            "--dest",
            WHEELS,
        ]
        command += [part for tag in target.tags for part in ("--platform", tag)]
        run_logged(f"wheel {pin} for Python {python}, {target.name}", [*command, pin], "package-wheels")
    found = present()
    if not found:
        raise BuildError(
            f"pip brought no wheel of {pin} for Python {python} on {target.name}.", "See .logs/."
        )
    return found


def _pins() -> list[str]:
    lines = (REQUIREMENTS / "wheels.txt").read_text(encoding="utf-8").splitlines()
    return [line.partition("#")[0].strip() for line in lines if line.partition("#")[0].strip()]


def _is_wheel_of(wheel: Path, pin: str) -> bool:
    return wheel.name.lower().startswith(pin.lower().replace("==", "-") + "-")


def _platforms(name: str | None) -> list[Platform]:
    if name == "all":
        return list(PLATFORMS.values())
    wanted = name or _this_platform()
    if wanted not in PLATFORMS:
        raise BuildError(
            f"No wheels are locked for the platform {wanted}.", f"Known: {', '.join(PLATFORMS)}, all."
        )
    return [PLATFORMS[wanted]]


def _this_platform() -> str:
    systems = {"Linux": "linux", "Windows": "windows", "Darwin": "macos"}
    machines = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}
    system, machine = platform.system(), platform.machine().lower()
    return f"{systems.get(system, system.lower())}-{machines.get(machine, machine)}"


def _blender_tool(environment: Environment) -> list[object]:
    """Blender's extension tool: a program of its own inside the module, which needs no Blender to run."""
    places = sorted(
        environment.path.glob("**/site-packages/bpy/*/scripts/addons_core/bl_pkg/cli/blender_ext.py")
    )
    if not places:
        raise BuildError(
            f"{environment.path.name} has no blender_ext.py.", "Run build.py clean, then try again."
        )
    return [sys.executable, "-I", places[0]]


def _keep(path: Path) -> Path:
    target = DIST / path.name
    shutil.move(path, target)
    return target
