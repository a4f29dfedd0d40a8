# SPDX-License-Identifier: GPL-3.0-or-later
"""What labels cost at 1920 x 1080 with 500 instances, against what others do with the same picture, in one run.

Everything is timed in turns, best of several, in one process, so that a busy machine slows all alike. Goals: annotating
at least 100 times as fast as pycocotools with a mask per instance, and within 4 times of finding the runs (``diff`` of
the transposed map); Cryptomatte to ids in 10 ms and reading all passes in 60 ms on an idle core (these two are bound to
a machine, so that they are shown and not judged); a view's share in writing the annotation files the same after many
views as after few.

Run with the runner's Python: ``.envs/runner/bin/python benchmarks/annotate.py``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import OpenEXR
from pycocotools import mask as coco

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from synthdata_addon.core import aov
from synthdata_addon.core.arrays import IdMap
from synthdata_addon.core.categories import Category
from synthdata_addon.core.journal import Journal
from synthdata_addon.core.layout import DatasetFolder
from synthdata_addon.core.records import (
    CameraRecord,
    JobRecord,
    LabelRecord,
    PixelKey,
    SeenInstance,
    ViewRecord,
)
from synthdata_addon.core.spec import SCHEMA, JobSpec, LabelsSpec
from synthdata_addon.labels import cryptomatte
from synthdata_addon.labels.coco import labelled_views, write_annotations
from synthdata_addon.labels.exr import Ranks, read_passes
from synthdata_addon.labels.ids import owners
from synthdata_addon.labels.instances import label
from synthdata_addon.labels.rle import encode

WIDTH, HEIGHT, INSTANCES = 1920, 1080, 500
GOAL_MASKS, GOAL_RUNS, GOAL_CRYPTOMATTE, GOAL_READING, GOAL_GROWTH = 100.0, 4.0, 10.0, 60.0, 1.25


def picture() -> IdMap:
    """Return turned ellipses and boxes in overlap, like cups on a table."""
    rng = np.random.default_rng(5)
    ids = np.zeros((HEIGHT, WIDTH), np.uint16)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    for number in range(1, INSTANCES + 1):
        cx, cy, a, b, turn = rng.uniform((0, 0, 15, 15, 0), (WIDTH, HEIGHT, 70, 70, 3.14))
        part = np.s_[max(0, int(cy) - 99) : int(cy) + 99, max(0, int(cx) - 99) : int(cx) + 99]
        u, v = x[part] - cx, y[part] - cy
        u, v = u * np.cos(turn) + v * np.sin(turn), v * np.cos(turn) - u * np.sin(turn)
        inside = (u / a) ** 2 + (v / b) ** 2 < 1 if number % 2 else (abs(u) < a) & (abs(v) < b)
        ids[part][inside] = number
    return ids


def mask_per_instance(ids: IdMap) -> list[tuple[bytes, float, list[float]]]:
    """Annotate as most tools do: a mask of the whole picture for each instance, through pycocotools."""
    found = []
    for number in np.unique(ids)[1:]:
        runs = coco.encode(np.asfortranarray(ids == number).astype(np.uint8))
        found.append((runs["counts"], float(coco.area(runs)), coco.toBbox(runs).tolist()))
    return found


def find_runs(ids: IdMap) -> np.ndarray:
    """Find where the picture changes down its columns: what any run-length encoder has to do."""
    return np.flatnonzero(np.diff(ids.T.ravel()))


def write_passes(path: Path, ids: IdMap) -> None:
    """Write all passes as Blender leaves them in the scratch folder: unpacked scan lines."""
    rng = np.random.default_rng(0)
    random = rng.random(INSTANCES + 1, np.float32)[ids]
    noise = rng.random(ids.shape, np.float32)
    channels = {f"ViewLayer.{name}": noise for name in ("Depth.Z", "Normal.X", "Normal.Y", "Normal.Z")}
    channels |= {f"ViewLayer.Combined.{channel}": noise for channel in "RGBA"}
    channels |= {f"{aov.SOLID_LAYER}.{aov.RANDOM}.X": random, f"ViewLayer.{aov.RANDOM}.X": random}
    channels |= {"ViewLayer.IndexOB.X": (ids > 0).astype(np.float32), "ViewLayer.IndexMA.X": noise}
    header = {"compression": OpenEXR.NO_COMPRESSION, "type": OpenEXR.scanlineimage}
    with OpenEXR.File(header, channels) as file:
        file.write(str(path))


def soft_ranks(ids: IdMap, hashes: np.ndarray) -> Ranks:
    """Return Cryptomatte ranks of the picture with edges two pixels soft: shares of 3 x 3 samples, six ranks."""
    samples = np.stack([np.roll(ids, (dy, dx), (0, 1)) for dy in (-1, 0, 1) for dx in (-1, 0, 1)])
    samples.sort(axis=0)
    names, shares = np.zeros((6, *ids.shape), np.uint32), np.zeros((6, *ids.shape), np.float32)
    names[0], shares[0] = hashes[samples[4]], samples[4] > 0
    for y, x in zip(*np.nonzero(samples[0] != samples[-1]), strict=True):
        values, counts = np.unique(samples[:, y, x], return_counts=True)
        values, counts = values[values > 0], counts[values > 0]
        order = np.argsort(-counts, kind="stable")
        names[:, y, x], shares[:, y, x] = 0, 0
        names[: order.size, y, x], shares[: order.size, y, x] = hashes[values[order]], counts[order] / 9
    return tuple((bits.view(np.float32), share) for bits, share in zip(names, shares, strict=True))


def in_turns(tasks: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return the best milliseconds of each task, timed one after the other in every round."""
    best = dict.fromkeys(tasks, float("inf"))
    for _ in range(rounds):
        for name, task in tasks.items():
            began = time.perf_counter()
            task()
            best[name] = min(best[name], 1000 * (time.perf_counter() - began))
    return best


@dataclass(frozen=True)
class Writing:
    """Seconds a view and bytes of memory at the peak while annotation files are written."""

    per_view: float
    peak: int


def writing(root: Path, ids: IdMap, views: int) -> Writing:
    """Write the annotation files of a dataset of so many views of 500 instances."""
    folder = DatasetFolder(root / str(views))
    folder.make_folders()
    unit = tuple(tuple(row) for row in np.eye(4).tolist())
    seen = tuple(
        SeenInstance(
            number, 1, (PixelKey(number, 0.123456789, 0, "Thing"),), unit, (-1.5, -1.5, -1.5, 1.5, 1.5, 1.5)
        )
        for number in range(1, INSTANCES + 1)
    )
    camera = CameraRecord("Camera", "PERSP", tuple(row[:3] for row in unit[:3]), unit, unit)
    labels = label(ids, seen, LabelsSpec())
    job = JobRecord(SCHEMA, JobSpec(), "benchmark", (Category(1, "thing"),), views, 1.0, 2.0, {}, "2026")
    journal, rendered = Journal(folder.labels_journal, 60.0), Journal(folder.views_journal, 60.0)
    for view in range(views):
        rendered.append(ViewRecord(view, 1, "train", WIDTH, HEIGHT, "passes.exr", camera, seen))
        files = [f"{kind}/{view:06d}.png" for kind in ("mask", "category", "depth", "normal")]
        journal.append(LabelRecord(view, "train", WIDTH, HEIGHT, *files, annotations=labels.annotations))
    write = {"write": lambda: write_annotations(folder, job, labelled_views(folder, job))}
    seconds = in_turns(write, 2)["write"] / 1000
    tracemalloc.start()
    write_annotations(folder, job, labelled_views(folder, job))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return Writing(seconds / views, peak)


def main() -> int:
    """Print the table; exit status 1 when a ratio misses its goal."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    ids = picture()
    names = [f"Thing.{number:03d}" for number in range(INSTANCES + 1)]
    ranks = soft_ranks(ids, np.array([0, *map(cryptomatte.hash_name, names[1:])], np.uint32))
    random = np.random.default_rng(0).random(INSTANCES + 1, np.float32)
    seen = [
        SeenInstance(number, 1, (PixelKey(1, float(random[number]), 0, names[number]),))
        for number in range(1, INSTANCES + 1)
    ]
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "view.exr"
        write_passes(file, ids)
        passes = read_passes(file)
        times = in_turns(
            {
                "find runs": lambda: find_runs(ids),
                "annotate": lambda: encode(ids),
                "read passes": lambda: read_passes(file),
                "ids of copies": lambda: owners(passes, seen),
                "cryptomatte": lambda: cryptomatte.owners(ranks, seen, lambda: ids),
            },
            rounds,
        )
        masks = in_turns({"masks": lambda: mask_per_instance(ids)}, 1)["masks"]
        few, many = writing(Path(scratch), ids, 20), writing(Path(scratch), ids, 80)
    faster, runs = masks / times["annotate"], times["annotate"] / times["find runs"]
    growth = many.per_view / few.per_view
    print(f"{WIDTH} x {HEIGHT}, {len(np.unique(ids)) - 1} visible instances; milliseconds, best of {rounds}")
    print(f"annotate            {times['annotate']:9.1f}")
    print(f"mask per instance   {masks:9.1f}   {faster:.0f} times as long (goal: at least {GOAL_MASKS:.0f})")
    print(
        f"find the runs       {times['find runs']:9.1f}   annotate takes {runs:.2f} times (goal: {GOAL_RUNS:g})"
    )
    print(f"ids of copies       {times['ids of copies']:9.1f}")
    print(f"cryptomatte to ids  {times['cryptomatte']:9.1f}   (goal: {GOAL_CRYPTOMATTE:g})")
    print(f"read the passes     {times['read passes']:9.1f}   (goal: {GOAL_READING:g})")
    print(
        f"write a view's JSON {1000 * few.per_view:9.1f}   after 80 views {growth:.2f} times (goal: {GOAL_GROWTH:g})"
    )
    print(f"peak memory of it   {few.peak / 1e6:9.1f}   MB with 20 views, {many.peak / 1e6:.1f} MB with 80")
    return 0 if faster >= GOAL_MASKS and runs <= GOAL_RUNS and growth <= GOAL_GROWTH else 1


if __name__ == "__main__":
    sys.exit(main())
