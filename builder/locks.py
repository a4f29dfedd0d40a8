# SPDX-License-Identifier: GPL-3.0-or-later
"""`build.py lock`: the lock files of the runner's wheels, one for each platform and Python, as pip resolves the pins.

pip is asked what it would install; nothing is downloaded but what an index does not tell without it. The rest is read
from pip's report: the file's hash, its address (asked for its size) and what it needs, which must be locked as well.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from synthdata_addon.runner.wheel_lock import FOLDER, Group, LockedWheel, canonical, lock_name, write_lock

from .console import BuildError, run_logged, say
from .console import environment as child_environment
from .places import REQUIREMENTS
from .platforms import PLATFORMS, PYTHONS, Platform
from .runner_environment import RUNNER
from .shipped import NUMPY, SHIPPED, is_shipped

LOCKS = REQUIREMENTS / FOLDER
TIMEOUT = 60.0


@dataclass(frozen=True)
class Target:
    """A platform and a Python."""

    platform: Platform
    python: str

    @property
    def path(self) -> Path:
        """Its lock file."""
        major, minor = (int(part) for part in self.python.split("."))
        return LOCKS / lock_name(self.platform.name, (major, minor))


TARGETS = tuple(Target(item, python) for item in PLATFORMS.values() for python in PYTHONS)


def lock() -> int:
    """Write all lock files anew.

    Raises:
        BuildError: a pin that has no wheel for a platform, or a wheel that needs what is not locked.
    """
    for target in TARGETS:
        wheels = list(_wheels(target))
        write_lock(target.path, wheels)
        say(f"{target.path.name}: {len(wheels)} wheels, {sum(wheel.size for wheel in wheels) / 1e6:.0f} MB")
    return 0


def pins(name: str) -> list[str]:
    """The requirements of a file under `requirements/`, without comments; none if there is no such file."""
    path = REQUIREMENTS / name
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return [line.partition("#")[0].strip() for line in lines if line.partition("#")[0].strip()]


def pinned_names(name: str) -> set[str]:
    """Which packages a file under `requirements/` names."""
    return {canonical(re.split(r"[=<>; ]", pin, maxsplit=1)[0]) for pin in pins(name)}


def _wheels(target: Target) -> Iterator[LockedWheel]:
    if not target.platform.has_torch:
        yield from _locked(_report(target, pins("wheels.txt")), target, "all")
        return
    common = _report(target, pins("runner.txt"), windows=target.platform.name.startswith("windows"))
    yield from _locked(common, target, "all")
    instead = _report(target, pins(f"bundled-{target.python}.txt"))
    yield from _locked(instead, target, "bundled")
    _check_bundle([*common, *instead], target)
    torch = pins("torch.txt")
    needed = common
    if target.platform.name.startswith("linux"):
        # Where an index has both builds of one version, "==" finds the CPU's too; "===" compares letters.
        exactly = [pin.replace("==", "===") for pin in torch]
        needed = [*common, *(cuda := _report(target, [*exactly, *pins("torch-cuda.txt")]))]
        yield from _locked(cuda, target, "cuda")
        yield from _locked(_report(target, [f"{pin}+cpu" for pin in torch], optional=True), target, "cpu")
    else:
        needed = [*common, *(plain := _report(target, torch))]
        yield from _locked(plain, target, "plain")
    _check_closed(needed, target, {})


def _check_bundle(report: Sequence[dict[str, Any]], target: Target) -> None:
    """Check that what is bundled goes with each numpy of Blender; of the rest that it ships any version will do."""
    given = dict.fromkeys([*SHIPPED[target.python], "torch"], "")
    last = {canonical(item["metadata"]["name"]): item for item in report}
    mine = [item for name, item in last.items() if name not in given]
    for numpy in NUMPY[target.python]:
        _check_closed(mine, target, given | {"numpy": numpy})


def _locked(report: Sequence[dict[str, Any]], target: Target, group: Group) -> Iterator[LockedWheel]:
    for item in report:
        name, version = item["metadata"]["name"], item["metadata"]["version"]
        info = item["download_info"]
        its_group: Group = "setup" if group == "all" and is_shipped(name, target.python) else group
        yield LockedWheel(
            canonical(name), version, info["archive_info"]["hashes"]["sha256"], _size(info["url"]), its_group
        )


def _report(
    target: Target, requirements: Sequence[str], *, optional: bool = False, windows: bool = False
) -> list[dict[str, Any]]:
    """What pip would install for the target, without what it needs; empty if `optional` ones are not to be had."""
    wanted = [_without_marker(pin) for pin in requirements if windows or "win32" not in pin]
    if not wanted:
        return []
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [str(RUNNER.python), "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-deps"]
        command += ["--target", folder, *for_target(target), "--report", str(report), *wanted]
        if (
            optional
            and subprocess.run(command, env=child_environment(), capture_output=True, check=False).returncode
        ):
            return []
        if not optional:
            run_logged(f"{target.path.stem}: {len(wanted)} wheels", command, "lock")
        found: list[dict[str, Any]] = json.loads(report.read_text(encoding="utf-8"))["install"]
        return found


def for_target(target: Target) -> list[str]:
    """The arguments of pip that choose wheels for the target."""
    tags = [part for tag in target.platform.tags for part in ("--platform", tag)]
    return ["--only-binary=:all:", "--implementation", "cp", "--python-version", target.python, *tags]


def _without_marker(pin: str) -> str:
    # pip reads markers for the machine it runs on, not for the target.
    return pin.partition(";")[0].strip()


@cache
def _size(address: str) -> int:
    if address.startswith("file:"):
        return Path(urllib.request.url2pathname(urllib.parse.urlparse(address).path)).stat().st_size
    request = urllib.request.Request(address, method="HEAD")
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
        return int(answer.headers["Content-Length"])


def _check_closed(report: Sequence[dict[str, Any]], target: Target, given: dict[str, str]) -> None:
    """Raise BuildError naming what a wheel needs and the lock lacks, or has in another version."""
    question = {
        "platform": target.platform.name,
        "python": target.python,
        "packages": [item["metadata"] for item in report],
        "given": given,
    }
    done = subprocess.run(
        [str(RUNNER.python), "-I", str(Path(__file__).with_name("closure.py"))],
        input=json.dumps(question),
        env=child_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BuildError(
            f"The lock for {target.path.stem} is not closed:\n{done.stdout}{done.stderr}",
            "Pin what is lacking in requirements/.",
        )
