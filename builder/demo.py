# SPDX-License-Identifier: GPL-3.0-or-later
"""`build.py demo`: from nothing to a dataset one can look at."""

from __future__ import annotations

import time

from .console import BuildError, run, say, seconds
from .environments import Environment, blender_environment
from .places import DEMO
from .runner_environment import runner_environment
from .system_libraries import check_system_libraries

VIEWS = 8
SCENE = DEMO / "example_room.blend"
DATASET = DEMO / "dataset"


def demo(blender: str | None, torch_index: str | None) -> int:
    """Make both environments, the example scene and a dataset from it; run again, it goes on where it stopped.

    Returns:
        The exit status of the generation.
    """
    started = time.monotonic()
    check_system_libraries()
    blender_side = blender_environment(blender)
    runner_side = runner_environment(torch_index)
    say(f"• environments are ready ({seconds(time.monotonic() - started)})")
    DEMO.mkdir(exist_ok=True)
    if not SCENE.is_file():
        say("• building the example room …")
        _synthdata(blender_side, runner_side, "example", str(SCENE))
    say(
        f"• generating {VIEWS} views in 3 styles; Ctrl-C keeps what is done, and the same command goes on from there"
    )
    status = _synthdata(
        blender_side, runner_side, "generate", str(SCENE), *_generate_arguments(), check=False
    )
    if status == 0:
        _where_to_look(blender_side)
    return status


def _generate_arguments() -> list[str]:
    return ["--output", str(DATASET), "--views", str(VIEWS)]


def _synthdata(blender: Environment, runner: Environment, *arguments: str, check: bool = True) -> int:
    """Run the package's own command line with Blender's Python, the runner being the other environment."""
    command = [blender.python, "-m", "synthdata_addon", *arguments]
    status = run(command, {"SYNTHDATA_RUNNER_PYTHON": str(runner.python)})
    if check and status:
        raise BuildError(
            f"`synthdata_addon {arguments[0]}` ended with exit status {status}.", "Its words are above."
        )
    return status


def _where_to_look(blender: Environment) -> None:
    say(
        f"\nLook here: {DATASET / 'index.html'}\n\n"
        "These pictures come from the quick-look model, which is our own and small: they show that prompts and\n"
        "control work, not how good pictures can be. For that, run the same job with Stable Diffusion and two\n"
        "ControlNets: copy "
        f'{DATASET / "job.json"} to my_job.json, fill in its "model" as docs/styles.md shows, then\n\n'
        f"  {blender.python} -m synthdata_addon generate {SCENE} --job my_job.json --output my_dataset\n"
    )
