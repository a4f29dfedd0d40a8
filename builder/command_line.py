# SPDX-License-Identifier: GPL-3.0-or-later
"""The sub-commands of `build.py`: parse, call, say what went wrong in one sentence."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from .console import BuildError, say
from .demo import demo
from .environments import BLENDERS
from .lanes import LANES, Request, run_lanes
from .locks import lock
from .packaging import Kind, package
from .places import DEMO, DIST, ENVS, LOGS, ROOT, WHEELS
from .platforms import PLATFORMS, PYTHONS
from .runner_environment import runner_environment

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one sub-command and return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except BuildError as error:
        print(f"\nbuild.py: {error}", file=sys.stderr)
        if error.hint:
            print(f"  → {error.hint}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nbuild.py: stopped; what is done is kept.", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="build.py", description="Everything around SynthData, from one command."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    blender = argparse.ArgumentParser(add_help=False)
    versions = [release.version for release in BLENDERS]
    blender.add_argument(
        "--blender", choices=versions, help="Blender's version (default: what fits this Python)"
    )
    torch = argparse.ArgumentParser(add_help=False)
    torch.add_argument(
        "--torch-index", metavar="URL", help="package index to take torch from, e.g. of CPU builds"
    )

    add = commands.add_parser(
        "demo", parents=[blender, torch], help="make the example scene and a dataset from it"
    )
    add.set_defaults(run=lambda options: demo(options.blender, options.torch_index))

    add = commands.add_parser(
        "test", parents=[blender, torch], help="install what the tests need and run them"
    )
    add.add_argument("--fast", action="store_true", help="leave out the slow tests and lanes")
    add.add_argument("--lane", action="append", choices=list(LANES), help="only this lane (may be repeated)")
    add.add_argument("extra", nargs="*", metavar="-- ARGUMENT", help="arguments for pytest, after --")
    add.set_defaults(run=_test)

    add = commands.add_parser("package", parents=[blender, torch], help="build the extension's zip in dist/")
    add.add_argument("--platform", choices=[*PLATFORMS, "all"], help="default: this machine's")
    add.add_argument("--bundled", action="store_true", help="with all that pictures need, for one Python")
    add.add_argument("--python", choices=PYTHONS, help="Python of a bundled zip (default: that of --blender)")
    add.set_defaults(run=_package)

    add = commands.add_parser("runner-env", parents=[torch], help="make only the runner's environment")
    add.set_defaults(run=_runner_env)

    add = commands.add_parser(
        "lock", help="write the lock files of the runner's wheels anew (for maintainers)"
    )
    add.set_defaults(run=lambda _options: lock())

    add = commands.add_parser(
        "clean", help="remove all that build.py made: environments, demo, dist, logs, wheels"
    )
    add.set_defaults(run=_clean)
    return parser


def _test(options: argparse.Namespace) -> int:
    request = Request(options.fast, options.blender, options.torch_index, tuple(options.extra))
    return run_lanes(options.lane or LANES, request)


def _package(options: argparse.Namespace) -> int:
    if not options.bundled and (options.python or options.torch_index):
        raise BuildError("--python and --torch-index are for a bundled zip.", "Add --bundled.")
    kind = Kind(options.bundled, options.python, options.torch_index)
    return 0 if package(options.platform, options.blender, kind) else 1


def _runner_env(options: argparse.Namespace) -> int:
    environment = runner_environment(options.torch_index)
    say("Put this into Edit → Preferences → Add-ons → SynthData → Runner Python:")
    say(str(environment.python))
    return 0


def _clean(_options: argparse.Namespace) -> int:
    """Remove what build.py made. Nothing below it may be mounted: deleting would reach into the other side."""
    mounts = Path("/proc/self/mounts")
    for line in mounts.read_text(encoding="utf-8").splitlines() if mounts.exists() else ():
        if Path(line.split()[1]).is_relative_to(ROOT):
            raise BuildError(f"{line.split()[1]} is mounted inside the project.", f"umount {line.split()[1]}")
    for path in (ENVS, LOGS, DEMO, DIST, WHEELS / "from-index", *WHEELS.glob("*.whl")):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    say("clean")
    return 0
