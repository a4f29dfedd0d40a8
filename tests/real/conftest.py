# SPDX-License-Identifier: GPL-3.0-or-later
"""Real Blenders with our zip installed: one Debian root a release, made once, user folders new each session."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.extension import ROOT, blender_python, extension_zip
from tests.real.debian_root import RELEASES, Root, make_root, why_not

__all__ = ["blender_python", "extension_zip"]

HERE = Path(__file__).parent
LIMIT_SECONDS = 420


@dataclass(frozen=True)
class RealBlender:
    """A Blender to run commands in. `work` is a folder seen inside and outside at the same path."""

    root: Root
    version: str
    work: Path
    runner_python: str

    def run(
        self, *arguments: str, runner: bool = True, limit: float = LIMIT_SECONDS
    ) -> subprocess.CompletedProcess[str]:
        """Run `blender ARGUMENTS`; with the runner's own environment, or with Blender's Python and our wheels."""
        return self.root.run("blender", *arguments, timeout=limit, **self.variables(runner=runner))

    def variables(self, *, runner: bool) -> dict[str, str]:
        """The environment variables that name the runner's Python."""
        return {"SYNTHDATA_RUNNER_PYTHON": self.runner_python} if runner else {}

    def script(self, name: str, *arguments: object) -> None:
        """Run one of this folder's scripts in the background; it must not fail."""
        script = [str(HERE / "inside" / name), "--", *map(str, arguments)]
        done = self.run("-b", "--python-exit-code", "1", "--python", *script)
        assert done.returncode == 0, done.stdout


@pytest.fixture(scope="session", params=list(RELEASES))
def blender(
    request: pytest.FixtureRequest, extension_zip: Path, tmp_path_factory: pytest.TempPathFactory
) -> RealBlender:
    """Debian's Blender with the zip installed and enabled by Blender's own command."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    release = RELEASES[request.param]
    cache = Path(os.environ.get("SYNTHDATA_TEST_ROOTS", str(ROOT / ".envs" / "roots")))
    path = make_root(release, cache)
    work = tmp_path_factory.mktemp(f"blender-{release.blender}")
    runner_python = os.environ.get("SYNTHDATA_RUNNER_PYTHON", sys.executable)
    variables = {
        "BLENDER_USER_RESOURCES": str(work / "user"),
        "LIBGL_ALWAYS_SOFTWARE": "1",
        "OMP_NUM_THREADS": "1",
    }
    root = Root(path, (ROOT, *_python_folders(runner_python)), (work,), variables)
    probe = root.run(runner_python, "-c", "import torch, OpenEXR, cv2, PIL", timeout=LIMIT_SECONDS)
    if probe.returncode:
        pytest.skip(
            f"the runner's Python does not start inside Debian {release.suite}: {probe.stdout[-200:]}"
        )
    real = RealBlender(root, release.blender, work, runner_python)
    zip_inside = work / extension_zip.name
    zip_inside.write_bytes(extension_zip.read_bytes())
    done = real.run("--command", "extension", "install-file", "-r", "user_default", "-e", str(zip_inside))
    assert done.returncode == 0, done.stdout
    return real


@pytest.fixture(scope="session")
def room(blender: RealBlender) -> Path:
    """A saved .blend with the example room and a small job in its settings."""
    path = blender.work / "room.blend"
    blender.script("make_room.py", path)
    return path


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """An X server without a screen, 1600 x 900; the name of its display."""
    yield from display_of((1600, 900))


def display_of(size: tuple[int, int]) -> Iterator[str]:
    """Start an X server whose screen is so large, give the name of its display, and end it."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-nolisten", "tcp", "-noreset"]
    command += ["-screen", "0", f"{size[0]}x{size[1]}x24"]
    try:
        server = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
    except FileNotFoundError:
        pytest.skip("no Xvfb: apt install xvfb xdotool imagemagick")
    os.close(write)
    with os.fdopen(read) as answer:
        yield f":{answer.readline().strip()}"
    server.terminate()
    server.wait()


def _python_folders(python: str) -> tuple[Path, ...]:
    """Where the runner's Python really lives; inside the checkout is only its environment."""
    question = "import sys; print(sys.base_prefix, '%d.%d' % sys.version_info[:2], sep='|')"
    answer = subprocess.run([python, "-c", question], capture_output=True, text=True, check=True).stdout
    prefix, version = answer.strip().split("|")
    if prefix == "/usr":  # the root has a /usr of its own
        return (Path(f"/usr/bin/python{version}"), Path(f"/usr/lib/python{version}"))
    return (Path(prefix),)
