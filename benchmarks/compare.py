# SPDX-License-Identifier: GPL-3.0-or-later
"""SynthData against BlenderProc and against Blender's bare render loop: same scenes, views and outputs, in one run.

    python3 benchmarks/compare.py --setup     makes the environment that it needs (once; Linux, Python 3.11)
    python3 benchmarks/compare.py             60 and 500 objects at 640 x 480, some 20 minutes on two idle cores
    python3 benchmarks/compare.py --objects 60 --size 160 120 --repeat 1

All sides run in one environment, on the same Blender, by turns, so that a busy machine is busy for all; figures are
medians. Each side writes depth, normals, instance and class masks and COCO annotations. BlenderProc writes a picture
too, as its writer cannot do without, of one sample and no bounce of light when only labels are asked for (``--samples
0``). With more samples both write a picture of equal samples and bounces; no denoiser anywhere. Processor seconds are
those of a side and all its processes; memory is what they hold together. The figures go to ``benchmarks/results.json``,
from which ``benchmarks/plot.py`` draws ``docs/benchmark.png``.

Goals: a labelled view at least 8 times as fast as BlenderProc with 60 objects and 20 times with 500, at most 1.10 times
the bare loop, masks equal to the truth scene's, memory that does not grow over 200 views.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.peers.figures import Figures, as_row, figures, growth, median
from benchmarks.peers.process import Measured, SideFailedError, measure
from benchmarks.peers.report import report
from builder.console import BuildError
from builder.environments import Environment
from builder.interpreters import interpreters
from builder.places import ROOT
from synthdata_addon.core.render_order import MOST_AHEAD

ENVIRONMENT = Environment("benchmark")
RUNNER = Environment("runner")
PEERS = ROOT / "benchmarks" / "peers"
RESULTS = ROOT / "benchmarks" / "results.json"
SIDES = ("synthdata", "floor", "blenderproc")
WARM = 20


@dataclass(frozen=True)
class Case:
    """What one side is to do. ``samples`` of the picture; 0: labels only."""

    side: str
    objects: int
    samples: int
    views: int
    size: tuple[int, int]


class Bench:
    """Runs cases in a scratch folder."""

    def __init__(self, scratch: Path, python: Path) -> None:
        self._scratch = scratch
        self._python = python
        self._number = 0

    def scene(self, objects: int, views: int, size: tuple[int, int]) -> Path:
        """Return the scene with so many objects and cameras, built at its first use."""
        file = self._scratch / f"scene_{objects}_{views}.blend"
        if not file.exists():
            asked = {"objects": objects, "views": views, "size": size, "scene": str(file)}
            self._run("scene.py", asked)
        return file

    def run(self, case: Case) -> Measured:
        """Run a case; the floor takes its views from the dataset of the run before."""
        scene = self.scene(case.objects, case.views, case.size)
        described = json.loads(scene.with_suffix(".json").read_text(encoding="utf-8"))
        dataset = self._scratch / f"out_{self._number}"
        self._number += 1
        asked = {
            "scene": str(scene),
            "output": str(self._scratch / f"out_{self._number}"),
            "dataset": str(dataset),
            "size": case.size,
            "samples": case.samples,
            "poses": described["poses"],
            "lens": described["lens"],
        }
        return self._run(f"{case.side}_side.py", asked)

    def truth(self) -> dict[str, Any]:
        """Return how both sides' annotations of the truth scene match it."""
        scene, truth = self._scratch / "truth.blend", self._scratch / "truth.json"
        self._run("truth.py", {"scene": str(scene), "truth": str(truth)})
        size = json.loads(truth.read_text(encoding="utf-8"))["size"]
        asked: dict[str, Any] = {"scene": str(scene), "poses": [], "samples": 1, "size": size}
        for side in ("synthdata", "blenderproc"):
            self._run(f"{side}_side.py", asked | {"output": str(self._scratch / side)})
        files = {
            "synthdata": [
                str(self._scratch / "synthdata" / "annotations" / f"instances_{split}.json")
                for split in ("train", "val")
            ],
            "blenderproc": [str(self._scratch / "blenderproc" / "coco" / "coco_annotations.json")],
        }
        self._run("score.py", {"truth": str(truth), "files": files})
        lines = (self._scratch / "score.py.log").read_text(encoding="utf-8").splitlines()
        found: dict[str, Any] = json.loads(lines[-1])
        return found

    def _run(self, script: str, asked: dict[str, Any]) -> Measured:
        variables = {"SYNTHDATA_RUNNER_PYTHON": str(RUNNER.python)}
        return measure([self._python, PEERS / script], asked, self._scratch / f"{script}.log", variables)


def set_up() -> None:
    """Make the environment of all sides.

    Raises:
        BuildError: there is no Python 3.11, or pip fails.
    """
    fitting = next((item for item in interpreters() if item.version == (3, 11)), None)
    if fitting is None:
        raise BuildError("BlenderProc needs Blender 4.2, and that needs Python 3.11.", "Install Python 3.11.")
    ENVIRONMENT.create(fitting)
    locks = ["blender-4.2.txt", "benchmark-blenderproc.txt", "test.txt"]
    ENVIRONMENT.install("benchmark", [], locks, size="Blender 4.2 and BlenderProc, about 600 MB")
    if RUNNER.interpreter() is None:
        raise BuildError("The runner's environment is not there.", "Make it: python3 build.py runner-env")


def cases(arguments: argparse.Namespace) -> Iterator[Case]:
    """Yield one repetition's cases, the sides of each by turns."""
    size = tuple(arguments.size)
    for objects in arguments.objects:
        for samples in arguments.samples:
            views = arguments.views if samples == 0 else arguments.picture_views
            yield Case("synthdata", objects, samples, views, size)
            if samples == 0:
                yield Case("floor", objects, samples, views, size)
            if "blenderproc" in arguments.sides:
                yield Case("blenderproc", objects, samples, arguments.peer_views, size)


def compare(bench: Bench, arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Run all cases by turns; return a row each, with medians."""
    found: dict[Case, list[Figures]] = {}
    for turn in range(arguments.repeat):
        for case in cases(arguments):
            result = figures(case.side, bench.run(case), case.views)
            found.setdefault(case, []).append(result)
            print(
                f"turn {turn + 1}: {case.side:12} {case.objects:4} objects, {case.samples:3} samples: "
                f"{result.view.cpu:7.3f} CPU s and {result.view.wall:7.3f} s a view, {result.peak:5.0f} MB",
                flush=True,
            )
    return [as_row(vars(case), median(runs), len(runs)) for case, runs in found.items()]


def grow(bench: Bench, arguments: argparse.Namespace) -> dict[str, Any]:
    """Return how memory grows over many small views, on each side."""
    found: dict[str, Any] = {"views": arguments.growth, "size": arguments.growth_size}
    # The bare loop is Blender's own, and ends too soon after a small view for its memory to be read.
    for side in (side for side in arguments.sides if side != "floor"):
        case = Case(side, 60, 0, arguments.growth, tuple(arguments.growth_size))
        found[side] = growth(bench.run(case), WARM)
        print(f"growth: {side:12} {found[side]['a_view']:.3f} MB a view", flush=True)
    return found


def machine() -> dict[str, str]:
    """Describe the machine."""
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    ]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    git = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return {
        "cpu": f"{os.cpu_count()} cores, {models[0] if models else platform.machine()}",
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "load": load,
        "commit": git.stdout.strip() or "unknown",
        "date": datetime.now(UTC).date().isoformat(),
    }


def save(results: dict[str, Any], file: Path) -> None:
    """Write the result file."""
    file.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def parse(words: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--setup", action="store_true", help="only make the environment")
    parser.add_argument("--objects", type=int, nargs="+", default=[60, 500])
    parser.add_argument("--size", type=int, nargs=2, default=[640, 480], metavar=("WIDTH", "HEIGHT"))
    parser.add_argument(
        "--samples", type=int, nargs="+", default=[0, 1], help="of the picture; 0: labels only"
    )
    parser.add_argument("--views", type=int, default=20, help="of the sides that are quick")
    parser.add_argument("--picture-views", type=int, default=64, help="of SynthData with pictures: 2 batches")
    parser.add_argument("--peer-views", type=int, default=4, help="of BlenderProc")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--growth", type=int, default=200, help="views to watch memory over; 0: leave out")
    parser.add_argument("--growth-size", type=int, nargs=2, default=[160, 120], metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=list(SIDES))
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument(
        "--scratch", type=Path, help="where scratch folders go; a RAM disk leaves the disk out"
    )
    arguments = parser.parse_args(words)
    if min(arguments.views, arguments.peer_views) < 2:
        parser.error("a view's cost takes at least 2 views")
    if any(arguments.samples) and arguments.picture_views <= MOST_AHEAD:
        parser.error(f"a view's cost with a picture takes more than {MOST_AHEAD} views, one batch")
    if 0 < arguments.growth <= WARM:
        parser.error(f"growth takes more than {WARM} views")
    return arguments


def main(words: Sequence[str] | None = None) -> int:
    """Measure, write the result file and print the tables; return 1 when a goal is missed, 2 when a side failed."""
    arguments = parse(words)
    try:
        set_up()
        if arguments.setup:
            return 0
        with tempfile.TemporaryDirectory(dir=arguments.scratch, ignore_cleanup_errors=True) as scratch:
            bench = Bench(Path(scratch), ENVIRONMENT.python)
            results: dict[str, Any] = {"machine": machine(), "size": arguments.size}
            results["truth"] = bench.truth() if "blenderproc" in arguments.sides else {}
            results |= {"rows": compare(bench, arguments), "growth": {}}
            save(results, arguments.output)  # what takes minutes is not lost with what follows
            results["growth"] = grow(bench, arguments) if arguments.growth else {}
    except (BuildError, SideFailedError) as error:
        print(error, file=sys.stderr)
        return 2
    save(results, arguments.output)
    text, good = report(results)
    print(text)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
