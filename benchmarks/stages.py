# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a label job's time goes, by profile: Blender's side and the runner's, a table each.

Makes a dataset of the comparison's scene under ``cProfile``, then has the runner's worker label the same passes again
under ``cProfile`` in a Python of its own. Seconds are a view's and the processor's, those of Blender's own threads in
the call that they work for.

Run with the Python that has ``bpy`` and the runner's Python named:
``SYNTHDATA_RUNNER_PYTHON=.envs/runner/bin/python .envs/blender-4.5/bin/python benchmarks/stages.py --objects 500``.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from synthdata_addon.core.layout import PASSES, DatasetFolder
from synthdata_addon.core.unpacked_exr import write_unpacked

LINES = 14


def told(profile: cProfile.Profile, views: int, title: str) -> None:
    """Print the functions that took the most time themselves, callees left out."""
    rows = pstats.Stats(profile).stats.items()  # type: ignore[attr-defined]
    total = sum(own for _, (_, _, own, _, _) in rows)
    print(f"{title}: {1000 * total / views:.0f} ms a view")
    for (file, line, name), (_, calls, own, _, _) in sorted(rows, key=lambda row: -row[1][2])[:LINES]:
        place = "" if file in ("~", "") else f"{'/'.join(Path(file).parts[-2:])}:{line} "
        print(f"  {1000 * own / views:8.2f} ms {own / total:6.1%} {calls / views:8.1f} calls  {place}{name}")


def profile_blender(objects: int, views: int, size: tuple[int, int], samples: int, folder: Path) -> None:
    """Make the dataset under the profiler; the first view, for which the scene is built, stays out."""
    import bpy

    import synthdata_addon
    from benchmarks.job_overhead import quiet
    from benchmarks.peers.scene import build
    from benchmarks.peers.synthdata_side import room_spec
    from synthdata_addon.ui.job import GenerateJob

    synthdata_addon.register()
    try:
        with quiet():
            build(objects, views, size, folder.with_suffix(".blend"))
            spec = room_spec(bpy.context.scene, {"size": size, "samples": samples, "poses": [None] * views})
            job = GenerateJob(bpy.context.scene, bpy.context.view_layer, spec, folder)
            job.step()
            profile = cProfile.Profile(time.process_time)
            profile.enable()
            while len(job._session.remaining) > 0:  # noqa: SLF001 - only renders are asked for here
                job.step()
            profile.disable()
            while job.step():
                pass
        told(profile, views - 1, "Blender, processor seconds")
    finally:
        synthdata_addon.unregister()


def unpack(file: Path) -> None:
    """Make a kept file what Blender wrote."""
    import OpenEXR

    with OpenEXR.File(str(file), separate_channels=True) as packed:
        channels = {name: channel.pixels for name, channel in packed.parts[0].channels.items()}
    write_unpacked(file, channels)


def profile_runner(root: Path, views: int) -> None:
    """Label the dataset's passes again under the profiler, and pack them."""
    from benchmarks.stylize import run_worker

    folder = DatasetFolder(root)
    folder.labels_journal.unlink()
    for file in (root / PASSES).iterdir():
        unpack(file)
    profile = cProfile.Profile(time.process_time)
    profile.runcall(run_worker, folder)
    told(profile, views, "Runner, processor seconds")


def main() -> None:
    """Profile Blender here and the runner in a child."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--objects", type=int, default=60)
    parser.add_argument("--views", type=int, default=12)
    parser.add_argument("--size", type=int, nargs=2, default=[640, 480])
    parser.add_argument("--samples", type=int, default=0, help="of the picture; 0: labels only")
    parser.add_argument("--runner", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.runner:
        profile_runner(arguments.runner, arguments.views)
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "set"
        size = tuple(arguments.size)
        profile_blender(arguments.objects, arguments.views, size, arguments.samples, folder)
        sys.stdout.flush()
        python = os.environ["SYNTHDATA_RUNNER_PYTHON"]
        again = [python, __file__, "--runner", str(folder), "--views", str(arguments.views)]
        subprocess.run(again, check=True)


if __name__ == "__main__":
    main()
