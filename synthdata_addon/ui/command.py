# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line inside Blender: ``blender -b file.blend --command synthdata generate ...``."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

import bpy

from ..core.errors import SpecError, SynthDataError
from ..core.shard import parse_shard, shard_folder
from ..core.spec import JobSpec
from ..core.sweep_spec import SweepKind
from ..runner.client import run_command
from .examination import examine
from .job import GenerateJob
from .part import Part
from .preferences import RunnerSettings
from .request import resolve_output, resolve_request
from .terminal import run_to_end, summary

NAME = "synthdata"
OF_RUNNER = {
    "validate": "check a dataset",
    "export": "write a dataset in other formats",
    "merge": "join shards",
    "models": "list, download or remove models",
}
"""Commands that need no scene, in the runner's Python."""
EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_CANCELLED = 0, 1, 2, 130


@dataclass
class _Registered:
    handle: Any = None


_registered: Final = _Registered()


def main(argv: list[str]) -> int:
    """Run ``generate`` or ``example`` on the file that is open, or a command of the runner; return the exit status."""
    try:
        if argv[:1] and argv[0] in OF_RUNNER:
            runner = RunnerSettings.current()
            return run_command(runner.python, argv, runner.site_dirs, runner.environment)
        arguments = _parser().parse_args(argv)
        return int(arguments.run(arguments))
    except SystemExit as stop:  # argparse's way of ending after --help or a usage error
        return stop.code if isinstance(stop.code, int) else EXIT_USAGE
    except (SynthDataError, OSError) as error:
        sys.stderr.write(f"Error: {error}\n")
        return EXIT_FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=NAME, description="Turn the open scene into a labelled dataset.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    generate = commands.add_parser("generate", help="render, label and picture the open scene")
    generate.set_defaults(run=_generate)
    generate.add_argument("--output", default="", help="the dataset's folder (default: as saved in the file)")
    generate.add_argument(
        "--job", default="", help="a JSON file with all settings (default: as saved in the file)"
    )
    generate.add_argument("--views", type=int, default=0, help="number of views")
    generate.add_argument(
        "--view", type=int, metavar="N", help="make this view alone, again if it is there; the first is 0"
    )
    generate.add_argument("--seed", default="", help="whole number that decides every random choice")
    generate.add_argument(
        "--sweep", choices=[kind.lower() for kind in get_args(SweepKind)], help="kind of sweep"
    )
    generate.add_argument("--size", metavar="WxH", default="", help="picture size in pixels, such as 512x512")
    generate.add_argument(
        "--shard",
        metavar="K/N",
        default="",
        help="make one of N shares of the views, into shards/ of the output",
    )
    generate.add_argument(
        "--no-pictures", action="store_true", help="leave the styles to the runner's command"
    )
    generate.add_argument(
        "--job-only", action="store_true", help="check everything, write job.json and render nothing"
    )
    generate.add_argument("--no-styles", action="store_true", help="labels and control images only")
    generate.add_argument(
        "--extend", action="store_true", help="add views, styles or exports to the dataset in the folder"
    )
    generate.add_argument("--beauty", action="store_true", help="also render the finished picture")
    for name, text in OF_RUNNER.items():
        commands.add_parser(name, help=text)
    examined = commands.add_parser("doctor", help="what this machine has, and what is amiss")
    examined.set_defaults(run=_doctor)
    examined.add_argument("--json", action="store_true", help="as JSON")
    example = commands.add_parser("example", help="add the example room, ready to generate from")
    example.set_defaults(run=_example)
    example.add_argument("--save", required=True, metavar="FILE.blend", help="where to save the file")
    return parser


def _generate(arguments: argparse.Namespace) -> int:
    scene, layer = bpy.context.scene, bpy.context.view_layer
    if arguments.views < 0:
        raise SpecError("spec.range", f"--views is {arguments.views}.", "Give a positive number.")
    spec = resolve_request(scene, job=arguments.job, views=arguments.views, seed=arguments.seed)
    spec = _override(spec, arguments)
    output = resolve_output(scene, arguments.output)
    extend = arguments.extend or scene.synthdata.extend
    shard = parse_shard(arguments.shard) if arguments.shard else None
    if shard is not None and arguments.view is not None:
        raise SpecError("spec.shard", "--shard and --view name different views.", "Give one of them.")
    if shard is not None:
        output = shard_folder(output, shard)
    part = Part(shard, pictures=not arguments.no_pictures, job_only=arguments.job_only)
    status = run_to_end(
        GenerateJob(scene, layer, spec, output, extend=extend, only=arguments.view, part=part)
    )
    sys.stdout.write("\n".join(summary(status)) + "\n")
    sys.stdout.flush()
    if status.cancelled:
        return EXIT_CANCELLED
    return EXIT_DONE if status.complete else EXIT_FAILED


def _override(spec: JobSpec, arguments: argparse.Namespace) -> JobSpec:
    if arguments.sweep:
        spec = dataclasses.replace(spec, sweep=dataclasses.replace(spec.sweep, kind=arguments.sweep.upper()))
    if arguments.size:
        width, height = _parse_size(arguments.size)
        spec = dataclasses.replace(spec, width=width, height=height)
    if arguments.no_styles:
        spec = dataclasses.replace(spec, styles=())
    if arguments.beauty:
        spec = dataclasses.replace(spec, passes=dataclasses.replace(spec.passes, beauty=True))
    return spec


def _parse_size(text: str) -> tuple[int, int]:
    try:
        width, height = (int(side) for side in text.lower().split("x"))
    except ValueError as error:
        raise SpecError("spec.size", f"'{text}' is not a size.", "Write it like 512x384.") from error
    return width, height


def _doctor(arguments: argparse.Namespace) -> int:
    report = examine(bpy.context.scene)
    sys.stdout.write(json.dumps(report.data(), indent=1) + "\n" if arguments.json else report.text())
    sys.stdout.flush()
    return EXIT_DONE if report.works else EXIT_FAILED


def _example(arguments: argparse.Namespace) -> int:
    from .example import fill_example_scene

    fill_example_scene(bpy.context.scene)
    path = Path(arguments.save).resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(path), check_existing=False)
    sys.stdout.write(f"Saved {path}\n")
    return EXIT_DONE


def attach() -> None:
    """Register the command with Blender."""
    _registered.handle = bpy.utils.register_cli_command(NAME, main)


def detach() -> None:
    """Take the command back."""
    bpy.utils.unregister_cli_command(_registered.handle)
    _registered.handle = None
