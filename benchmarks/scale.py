# SPDX-License-Identifier: GPL-3.0-or-later
"""Do the journals of a thousand workers become one dataset in bounded memory? Simulated: all but the pictures is real.

Each worker's folder gets the journals of its share of the views, with masks of real size as text; no picture and no
mask file is made, as moving these costs the disk's time and no memory. Then ``merge`` joins them as it does for users,
COCO files, gallery and card included. Goal: less than 2 GB and minutes for 1,000,000 lines.

Run with the runner's Python: ``.envs/runner/bin/python benchmarks/scale.py --workers 1000 --views 333334``.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from synthdata_addon.core import layout
from synthdata_addon.core.categories import Category
from synthdata_addon.core.decode import to_json
from synthdata_addon.core.records import (
    AnnotationRecord,
    CameraRecord,
    InstanceRecord,
    JobRecord,
    LabelRecord,
    PixelKey,
    SampleRecord,
    SeenInstance,
    ViewRecord,
)
from synthdata_addon.core.seeds import is_validation
from synthdata_addon.core.shard import Shard, shard_folder
from synthdata_addon.core.spec import SCHEMA, JobSpec
from synthdata_addon.core.style_spec import StyleSpec
from synthdata_addon.core.sweep_spec import SweepSpec
from synthdata_addon.core.version import version
from synthdata_addon.labels.rle import encode

ROOT = Path(__file__).resolve().parents[1]
SIDE = 512
STYLE = "office"
STAGES = ("views", "labels", "samples")


def main() -> None:
    """Simulate the workers, join what they made in a process of its own, and print what that took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=1000, help="how many folders")
    parser.add_argument(
        "--views", type=int, default=333_334, help="views of the job; three journal lines each"
    )
    parser.add_argument("--things", type=int, default=5, help="labelled things in a view")
    parser.add_argument("--work", type=Path, help="an empty folder (default: a temporary one)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.work) as work:
        root = Path(work)
        began = time.perf_counter()
        size = simulate(root, arguments.workers, arguments.views, arguments.things)
        lines = 3 * arguments.views
        print(f"{arguments.workers} workers, {lines} lines, {size / 1e9:.2f} GB of journals")
        print(f"written in {time.perf_counter() - began:.0f} s")
        began = time.perf_counter()
        command = [sys.executable, "-m", "synthdata_addon", "merge", str(root)]
        subprocess.run(command, cwd=ROOT, check=True)
        took = time.perf_counter() - began
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        check(root, arguments.views, arguments.things)
        print(
            "| lines | workers | journals | wall time | CPU time | lines a second | peak memory | COCO files |"
        )
        print("|---|---|---|---|---|---|---|---|")
        cpu = used.ru_utime + used.ru_stime
        coco = sum(path.stat().st_size for path in (root / "annotations").glob("instances_*.json"))
        peak = used.ru_maxrss / 1024  # Linux counts in KiB
        print(
            f"| {lines} | {arguments.workers} | {size / 1e9:.2f} GB | {took:.0f} s | {cpu:.0f} s | "
            f"{lines / took:.0f} | {peak:.0f} MiB | {coco / 1e9:.2f} GB |"
        )


def simulate(root: Path, workers: int, views: int, things: int) -> int:
    """Write the workers' folders; return the bytes of their journals."""
    spec = JobSpec(
        seed=7, width=SIDE, height=SIDE, sweep=SweepSpec(views=views), styles=(StyleSpec(STYLE, "an office"),)
    )
    job = json.dumps(to_json(_job(spec, views, things)), indent=2)
    annotations, instances = _annotations(things), _instances(things)
    size = 0
    for number in range(1, workers + 1):
        shard = Shard(number, workers)
        folder = shard_folder(root, shard)
        folder.mkdir(parents=True)
        (folder / "job.json").write_text(job)
        files = {name: (folder / f"{name}.jsonl").open("w") for name in STAGES}
        for view in shard.views(views):
            for name, record in zip(STAGES, _records(spec, view, annotations, instances), strict=True):
                line = json.dumps(record, separators=(",", ":"))
                size += files[name].write(line + "\n")
        for file in files.values():
            file.close()
    return size


def check(root: Path, views: int, things: int) -> None:
    """Hold the joined dataset against what was simulated: every view once, in order, every annotation there."""
    with (root / "views.jsonl").open() as journal:
        numbers = [int(line[8 : line.index(",")]) for line in journal]
    assert numbers == list(range(views)), "views.jsonl is not every view in order"
    found = 0
    for path in (root / "annotations").glob("instances_*.json"):
        with path.open(encoding="utf-8") as file:
            found += sum(line.startswith('{"id": ') and '"bbox"' in line for line in file)
    assert found == views * things, f"{found} annotations, not {views * things}"


def _job(spec: JobSpec, views: int, things: int) -> JobRecord:
    return JobRecord(
        schema=SCHEMA,
        job=spec,
        scene_file="office.blend",
        categories=(Category(1, "mug"),),
        views=views,
        depth_near=1.0,
        depth_far=9.0,
        software={"synthdata": version(), "blender": "simulated"},
        created="2026-01-01T00:00:00+00:00",
        instances=tuple(InstanceRecord(number + 1, f"Mug.{number:03}", 1) for number in range(things)),
    )


def _annotations(things: int) -> tuple[AnnotationRecord, ...]:
    """Discs that lie beside each other, with their real masks."""
    y, x = np.mgrid[:SIDE, :SIDE]
    ids = np.zeros((SIDE, SIDE), np.uint16)
    for number in range(things):
        middle, radius = (number + 0.5) * SIDE / things, min(60, SIDE // (2 * things))
        ids[(x - middle) ** 2 + (y - SIDE / 2) ** 2 < radius**2] = number + 1
    return tuple(AnnotationRecord(item.id, 1, item.area, item.bbox, item.counts) for item in encode(ids))


def _instances(things: int) -> tuple[SeenInstance, ...]:
    place = tuple(tuple(float(v) for v in row) for row in np.eye(4) * 1.0123456789)
    box = (-0.123456, -0.123456, 0.0, 0.123456, 0.123456, 0.234567)
    return tuple(
        SeenInstance(number + 1, 1, (PixelKey(number + 1, name=f"Mug.{number:03}"),), place, box)
        for number in range(things)
    )


def _records(
    spec: JobSpec, view: int, annotations: tuple[AnnotationRecord, ...], instances: tuple[SeenInstance, ...]
) -> tuple[object, object, object]:
    split = "val" if is_validation(spec.seed, view, spec.val_fraction) else "train"
    matrix = tuple(tuple(float(v) for v in row) for row in np.eye(4) + view * 1e-6)
    camera = CameraRecord("SynthData", "PERSP", matrix[:3], matrix, matrix)
    rendered = ViewRecord(
        view, 1, split, SIDE, SIDE, layout.pass_file(view), camera, instances, seconds=0.1234
    )
    labelled = LabelRecord(
        view,
        split,
        SIDE,
        SIDE,
        layout.mask_file(view),
        layout.category_mask_file(view),
        layout.control_file("depth", view),
        layout.control_file("normal", view),
        annotations=annotations,
        seconds=0.0123,
    )
    pictured = SampleRecord(
        layout.sample_id(view, STYLE),
        view,
        STYLE,
        layout.image_file(view, STYLE),
        "a photo of mugs in a tidy office, seen from slightly above",
        "blurry",
        str(view * 7919),
        SIDE,
        SIDE,
        "embedded",
        "",
        8,
        3.5,
    )
    return to_json(rendered), to_json(labelled), to_json(pictured)


if __name__ == "__main__":
    main()
