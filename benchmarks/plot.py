# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws ``docs/benchmark.png`` from ``benchmarks/results.json``, which ``benchmarks/compare.py`` writes.

Run with the comparison's Python, which has matplotlib: ``.envs/benchmark/bin/python benchmarks/plot.py``.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.peers.report import NAMES
from builder.places import ROOT

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

COLOURS = {"synthdata": "#2a7de1", "floor": "#9aa5b1", "blenderproc": "#e0812b"}
SHADES = ("#e0812b", "#eda765", "#f4c79a", "#b85c12")


def bars(axes: Axes, rows: list[dict[str, Any]]) -> None:
    """Draw a bar a side, BlenderProc's in its stages."""
    rows = sorted(rows, key=lambda row: list(NAMES).index(row["side"]), reverse=True)
    for place, row in enumerate(rows):
        left, total = 0.0, row["view"]["cpu"]
        for (stage, cost), shade in zip(row.get("stages", {}).items(), SHADES, strict=False):
            axes.barh(place, cost["cpu"], left=left, color=shade, label=stage)
            left += cost["cpu"]
        if not row.get("stages"):
            axes.barh(place, total, color=COLOURS[row["side"]])
        axes.text(total, place, f" {total:.2f} s", va="center")
    axes.set_yticks(range(len(rows)), [NAMES[row["side"]] for row in rows])
    axes.set_xlim(0, 1.2 * max(row["view"]["cpu"] for row in rows))
    axes.spines[["top", "right"]].set_visible(False)


def draw(results: dict[str, Any], file: Path) -> None:
    """Draw a panel for each number of objects and each kind of picture."""
    rows = results["rows"]
    objects = list(dict.fromkeys(row["objects"] for row in rows))
    samples = list(dict.fromkeys(row["samples"] for row in rows))
    shape = len(samples), len(objects)
    figure, panels = plt.subplots(
        *shape, figsize=(5.2 * len(objects), 2.1 * len(samples)), squeeze=False, layout="constrained"
    )
    for line, count in zip(panels, samples, strict=True):
        for axes, number in zip(line, objects, strict=True):
            bars(axes, [row for row in rows if row["objects"] == number and row["samples"] == count])
            picture = (
                f"picture of {count} sample{'s' if count > 1 else ''} and labels" if count else "labels only"
            )
            axes.set_title(f"{number} objects, {picture}", fontsize=10)
    for axes in panels[-1]:
        axes.set_xlabel("processor seconds a further view")
    width, height = results["size"]
    figure.suptitle(f"{width} × {height}, {results['machine']['cpu']}", fontsize=9)
    handles, names = panels[0][0].get_legend_handles_labels()
    told = [f"BlenderProc: {name}" for name in names]
    if told:
        figure.legend(handles, told, loc="outside lower center", ncols=len(told), fontsize=8, frameon=False)
    figure.savefig(file, dpi=110)


def main() -> None:
    """Read, draw, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results.json")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "benchmark.png")
    arguments = parser.parse_args()
    draw(json.loads(arguments.results.read_text(encoding="utf-8")), arguments.output)


if __name__ == "__main__":
    main()
