# SPDX-License-Identifier: GPL-3.0-or-later
"""`build.py package`: the extension's zip, one a platform, built and validated by Blender's own tool.

Two kinds: slim, for all Pythons, with what labels need (the runner is set up on first use); and bundled, for the Python
of one Blender, with torch and all else that pictures need.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .console import BuildError, run_logged, say
from .environments import Environment, blender_environment
from .locks import Target
from .places import DIST
from .platforms import PYTHONS, Platform, chosen_platforms
from .staging import stage
from .system_libraries import check_system_libraries
from .wheels import bundled_wheels, gather, slim_wheels, torch_from


@dataclass(frozen=True)
class Kind:
    """Which zip: slim, or ``bundled`` for ``python`` (by default that of the Blender), torch perhaps from an index."""

    bundled: bool = False
    python: str | None = None
    torch_index: str | None = None


def package(platform_name: str | None, blender: str | None, kind: Kind) -> list[Path]:
    """Build and validate the zip for one platform (by default this machine's) or "all".

    Returns:
        The zips, in `dist/`.

    Raises:
        BuildError: an unknown platform, a wheel that is not to be had, or what Blender's tool refused.
    """
    platforms = chosen_platforms(platform_name)
    check_system_libraries()
    environment = blender_environment(blender)
    python = kind.python or _python_of(environment)
    DIST.mkdir(exist_ok=True)
    zips = []
    for item in platforms:
        if kind.bundled and platform_name == "all" and not item.has_torch:
            say(f"• {item.name}: torch is not made for it any more; there is only the slim zip.")
            continue
        wheels = (
            _bundle(environment, Target(item, python), kind) if kind.bundled else _slim(environment, item)
        )
        zips.append(_build(environment, item, wheels, python if kind.bundled else ""))
    for path in zips:
        say(f"{path} ({path.stat().st_size / 1e6:.1f} MB)")
    return zips


def _slim(environment: Environment, item: Platform) -> list[Path]:
    targets = [Target(item, python) for python in PYTHONS]
    found = [path for target in targets for path in gather(environment, target, slim_wheels(target))]
    return list(dict.fromkeys(found))


def _bundle(environment: Environment, target: Target, kind: Kind) -> list[Path]:
    wheels = bundled_wheels(target, with_torch=not kind.torch_index)
    paths = gather(environment, target, wheels)
    return [*paths, torch_from(kind.torch_index, environment, target)] if kind.torch_index else paths


def _build(environment: Environment, item: Platform, wheels: list[Path], only_python: str) -> Path:
    tool = _blender_tool(environment)
    with tempfile.TemporaryDirectory(dir=DIST) as folder:
        source, built = Path(folder) / "source", Path(folder) / "built"
        built.mkdir()
        stage(source, wheels, item, only_python)
        build = [*tool, "build", "--source-dir", source, "--output-dir", built, "--split-platforms"]
        run_logged(f"building the extension for {item.name}", build, "package-build")
        (made,) = built.glob("*.zip")
        run_logged(f"validating {made.name}", [*tool, "validate", made], "package-validate")
        suffix = f"-bundled-cp{only_python.replace('.', '')}" if only_python else ""
        target = DIST / f"{made.stem}{suffix}.zip"
        shutil.move(made, target)
    return target


def _python_of(environment: Environment) -> str:
    interpreter = environment.interpreter()
    if interpreter is None:
        raise BuildError(
            f"{environment.path.name} has no Python that works.", "Run build.py clean, then try again."
        )
    return interpreter.name


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
