# SPDX-License-Identifier: GPL-3.0-or-later
"""The runner's environment: diffusers and a torch that fits the machine, as `runner/torch_build.py` chooses it."""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass

from synthdata_addon.runner.torch_build import preferred_builds
from synthdata_addon.runner.wheel_lock import this_platform

from .console import environment as child_environment
from .console import say
from .environments import Environment
from .interpreters import Interpreter, interpreters
from .places import REQUIREMENTS

RUNNER = Environment("runner")


@dataclass(frozen=True)
class Torch:
    """How torch is to be installed: arguments of `pip install`, and what to tell the user."""

    arguments: tuple[str, ...]
    size: str


def runner_environment(torch_index: str | None = None) -> Environment:
    """The runner's environment, ready to use.

    Args:
        torch_index: address of a package index that holds torch's CPU (or any other) build, as the user named it.

    Raises:
        BuildError: no fitting Python is on this machine or pip failed.
    """
    present = RUNNER.interpreter()
    if not present or torch_index or not RUNNER.stamp("torch").startswith(_torch_requirement()):
        known = (present,) if present else interpreters()
        RUNNER.create(known[0])
        interpreter, torch = _choose_torch(known, torch_index)
        RUNNER.create(interpreter)
        RUNNER.install("torch", torch.arguments, size=torch.size)
    RUNNER.install("runner", [], ["runner.txt"], size="diffusers and what it needs, about 200 MB")
    return RUNNER


def _choose_torch(known: tuple[Interpreter, ...], index: str | None) -> tuple[Interpreter, Torch]:
    plain = _torch_requirement()
    constrained = ("-c", str(REQUIREMENTS / "runner.txt"))
    if index:
        return known[0], Torch((plain, "--no-deps", "--index-url", index), "from the index you named")
    builds = preferred_builds(this_platform())
    if "cpu" not in builds:
        size = "with CUDA, about 3 GB" if "cuda" in builds else "about 200 MB"
        return known[0], Torch((plain, *constrained), size)
    for interpreter in known:
        if _resolves(f"{plain}+cpu", interpreter):
            if interpreter is not known[0]:
                say(
                    f"• torch's CPU build is at hand for Python {interpreter.name}: the runner takes {interpreter.path}"
                )
            return interpreter, Torch((f"{plain}+cpu", "--no-deps"), "CPU build, about 200 MB")
    say(
        "• no CPU build of torch is in your package index, so the plain one comes, which brings CUDA: about 3 GB."
    )
    say(
        "  To avoid that, stop here and add --torch-index with the address of PyTorch's own index of CPU builds."
    )
    return known[0], Torch((plain, *constrained), "with CUDA, about 3 GB")


def _torch_requirement() -> str:
    lines = (REQUIREMENTS / "torch.txt").read_text(encoding="utf-8").splitlines()
    return next(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def _resolves(requirement: str, interpreter: Interpreter) -> bool:
    """Whether pip finds `requirement` for that Python; downloads nothing that is not on this disk already."""
    with tempfile.TemporaryDirectory() as target:
        question = ["install", "--dry-run", "--quiet", "--no-deps", "--only-binary=:all:", "--target", target]
        question += ["--disable-pip-version-check", "--python-version", interpreter.name, requirement]
        command = [str(RUNNER.python), "-m", "pip", *question]
        return (
            subprocess.run(command, env=child_environment(), capture_output=True, check=False).returncode == 0
        )
