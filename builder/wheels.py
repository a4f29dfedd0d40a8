# SPDX-License-Identifier: GPL-3.0-or-later
"""The wheels that a zip carries: named by the locks, fetched by pip with their hashes, kept in `wheels/`."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from synthdata_addon.runner.wheel_lock import Build, LockedWheel, read_lock, sha256_of

from .console import BuildError, run_logged
from .environments import Environment
from .locks import TARGETS, Target, for_target, pinned_names
from .places import WHEELS
from .shipped import refuse_shipped

FROM_INDEX = WHEELS / "from-index"
"""What came from an index that the user named; its hashes are in no lock."""


def slim_wheels(target: Target) -> list[LockedWheel]:
    """What Blender's own Python needs for labels and control images.

    Raises:
        BuildError: Blender ships one of them.
    """
    names = pinned_names("wheels.txt")
    wheels = [
        wheel for wheel in read_lock(target.path).wheels if wheel.name in names and wheel.group == "all"
    ]
    refuse_shipped(names, target.python)
    return wheels


def bundled_wheels(target: Target, *, with_torch: bool) -> list[LockedWheel]:
    """All that the runner needs beside what Blender ships; torch in the CPU's build, or macOS's, if it is wanted.

    Raises:
        BuildError: there is no such build of torch for the target.
    """
    if not target.platform.has_torch:
        raise BuildError(
            f"torch is not made for {target.platform.name} any more, so that nothing can be bundled.",
            "Build the slim zip: labels and control images work there.",
        )
    lock = read_lock(target.path)
    builds: tuple[Build, ...] = ("cpu", "plain")
    build = next((build for build in builds if build in lock.builds), None) if with_torch else None
    if with_torch and build is None:
        raise BuildError(
            f"No CPU build of torch is locked for {target.path.stem}.",
            "Add --torch-index with the address of PyTorch's own index of CPU builds.",
        )
    wheels = lock.for_bundle(build)
    refuse_shipped((wheel.name for wheel in wheels), target.python)
    return wheels


def gather(environment: Environment, target: Target, wheels: Sequence[LockedWheel]) -> list[Path]:
    """Bring the wheels into `wheels/` where they are not there yet, drop what no lock names, and return their paths.

    Raises:
        BuildError: one is not to be had, or its hash is not the locked one.
    """
    WHEELS.mkdir(exist_ok=True)
    present = _present()
    missing = [wheel for wheel in wheels if wheel.sha256 not in present]
    if missing:
        _download(environment, target, missing)
        present = _present()
    lost = [wheel.name for wheel in wheels if wheel.sha256 not in present]
    if lost:
        raise BuildError(f"pip brought no wheel of {', '.join(lost)} for {target.path.stem}.", "See .logs/.")
    paths = [present[wheel.sha256] for wheel in wheels]
    alien = [path.name for path in paths if not target.platform.fits(path)]
    if alien:
        raise BuildError(
            f"{alien[0]} is not for {target.platform.name}.", "Write the locks anew: build.py lock."
        )
    return paths


def torch_from(index: str, environment: Environment, target: Target) -> Path:
    """The wheel of torch from an index that the user named; its hash is the index's word.

    Raises:
        BuildError: pip finds none there.
    """
    version = read_lock(target.path).torch_version()
    folder = FROM_INDEX / target.path.stem
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.whl"):
        old.unlink()
    _pip_download(environment, target, folder, ["--index-url", index, f"torch=={version}"])
    return next(folder.glob("torch-*.whl"))


def _download(environment: Environment, target: Target, wheels: Sequence[LockedWheel]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        requirements = Path(folder) / "requirements.txt"
        requirements.write_text("".join(f"{wheel.requirement}\n" for wheel in wheels), encoding="utf-8")
        _pip_download(environment, target, WHEELS, ["--require-hashes", "-r", str(requirements)])


def _pip_download(environment: Environment, target: Target, folder: Path, what: list[str]) -> None:
    command = [environment.python, "-m", "pip", "download", "--disable-pip-version-check", "--no-deps"]
    step = f"wheels for {target.path.stem}"
    run_logged(step, [*command, *for_target(target), "--dest", folder, *what], "package-wheels")


def _present() -> dict[str, Path]:
    """What lies in `wheels/` by hash; what is in no lock goes."""
    locked = {wheel.sha256 for target in TARGETS for wheel in read_lock(target.path).wheels}
    found = {}
    for path in sorted(WHEELS.glob("*.whl")):
        digest = sha256_of(path)
        if digest in locked:
            found[digest] = path
        else:
            path.unlink()
    return found
