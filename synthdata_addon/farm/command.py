# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m synthdata_addon generate --cluster ADDRESS FILE.blend``: a job on many machines as one command."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Final

from ..core.errors import RunnerError, SpecError, SynthDataError
from ..core.shard import MAX_COUNT
from .object_store import ObjectStore
from .stores import SharedFolder, Store
from .tasks import Order, runner_python

RENDER_VARIABLE: Final = "SYNTHDATA_RENDER_PYTHON"
SHARDS_EACH: Final = 4
"""Shards for each CPU of the cluster, without another number: enough for machines of unequal speed."""
AUTOEXEC: Final = "--enable-autoexec"
EXIT_CANCELLED: Final = 130
OTHERS_OWN: Final = ("--shard", "--view", "--no-pictures", "--job-only")


def cluster_main(argv: list[str]) -> int:
    """Run ``generate`` on a cluster; return the exit status."""
    arguments, rest = _parser().parse_known_args(argv)
    try:
        _check(arguments, rest)
        return _run(arguments, rest)
    except KeyboardInterrupt:
        sys.stderr.write("\nCancelled. Give the same command again to go on where it stopped.\n")
        return EXIT_CANCELLED
    except (SynthDataError, OSError) as error:
        sys.stderr.write(f"\nError: {error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="synthdata_addon generate --cluster",
        description="Make a job's dataset on a Ray cluster. Other options are those of generate.",
        allow_abbrev=False,
    )
    parser.add_argument("--cluster", required=True, metavar="ADDRESS", help="auto, local, or ray://host:port")
    parser.add_argument(
        "--output", required=True, help="a folder that all machines see, or a URL that fsspec knows"
    )
    parser.add_argument(
        "--extend", action="store_true", help="add views, styles or exports to the dataset that is there"
    )
    parser.add_argument("--shards", type=int, default=0, help="parts of the job (default: 4 for each CPU)")
    parser.add_argument("--render-cpus", type=int, default=1, help="CPUs, and threads, of one Blender")
    parser.add_argument("--render-gpus", type=float, default=0.0, help="GPUs of one Blender")
    parser.add_argument("--stylizers", type=int, default=0, help="how many (default: one a GPU, else one)")
    parser.add_argument("--stylizer-cpus", type=float, default=1.0, help="CPUs of one")
    parser.add_argument(
        "--stylizer-gpus", type=float, default=-1.0, help="GPUs of one (default: 1 if there are any)"
    )
    parser.add_argument("--render-python", default=os.environ.get(RENDER_VARIABLE, sys.executable))
    parser.add_argument("--runner-python", default=runner_python() or sys.executable)
    return parser


def _check(arguments: argparse.Namespace, rest: list[str]) -> None:
    for name in OTHERS_OWN:
        if name in rest:
            raise SpecError("spec.shard", f"{name} cannot be given with --cluster.", "Leave it out.")
    if not 0 <= arguments.shards <= MAX_COUNT:
        raise SpecError("spec.shard", f"--shards is {arguments.shards}.", f"Give 1 to {MAX_COUNT}.")
    if arguments.render_cpus < 1:
        raise SpecError("spec.range", f"--render-cpus is {arguments.render_cpus}.", "Give 1 or more.")


def store_for(output: str) -> Store:
    """Return the store that a user names: a URL, or a folder."""
    return ObjectStore(output) if "://" in output else SharedFolder(str(Path(output).resolve()))


def _absolute(rest: list[str]) -> tuple[str, ...]:
    """Return the arguments of ``generate`` with whole paths: other machines start it in folders of their own.

    Raises:
        SpecError: ``spec.scene_file``: no file is named, or it is not there.
    """
    trusted = rest[: rest[:1] == [AUTOEXEC]]
    name, *others = rest[len(trusted) :] or [""]
    if name.startswith("-") or not Path(name).is_file():
        raise SpecError(
            "spec.scene_file", f"There is no file '{name}'.", "Name the .blend before other options."
        )
    for number, word in enumerate(others[:-1]):
        if word == "--job":
            others[number + 1] = str(Path(others[number + 1]).resolve())
    return (*trusted, str(Path(name).resolve()), *others)


def _run(arguments: argparse.Namespace, given: list[str]) -> int:
    try:
        from .cluster import Share, check_room, cluster_cpus, cluster_gpus, connect, disconnect, terminal
        from .whole_job import make
    except ImportError as error:
        raise RunnerError(
            "farm.no_ray", f"This Python cannot import Ray ({error}).", "pip install ray fsspec"
        ) from error
    rest = _absolute(given)
    connect(arguments.cluster)
    try:
        gpus = arguments.stylizer_gpus if arguments.stylizer_gpus >= 0.0 else float(cluster_gpus() >= 1.0)
        renders = Share(arguments.render_cpus, arguments.render_gpus)
        stylizers = Share(arguments.stylizer_cpus, gpus, arguments.stylizers or (0 if gpus else 1))
        check_room(renders, stylizers)
        order = Order(
            store_for(arguments.output),
            rest,
            arguments.render_python,
            arguments.runner_python,
            arguments.render_cpus,
            arguments.extend,
        )
        count = arguments.shards or max(1, int(SHARDS_EACH * cluster_cpus() / renders.cpus))
        said = make(order, count, renders, stylizers, terminal)
    finally:
        disconnect()
    sys.stdout.write(f"\n{said}\nDataset: {arguments.output}\n")
    return 0
