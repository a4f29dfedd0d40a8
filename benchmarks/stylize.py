# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples a second of the runner over a plain loop of pipeline calls: same model, same settings, one run.

The loop loads the pipeline as diffusers' documentation does, encodes the prompts in each call, makes one picture after
the other and saves it with Pillow. The runner makes the same samples of a labelled dataset: control images read from
disk, prompts encoded once, batches on a GPU, PNG files and journals written. Loading is left out on both sides; on a
GPU the wall clock counts, compiling included; on a CPU the processor's seconds, as other work may share it.

    .envs/runner/bin/python benchmarks/stylize.py                      the embedded model, on the CPU
    .envs/runner/bin/python benchmarks/stylize.py --device cuda --size sd15 --pictures 200 --side 512 --steps 20
    .envs/runner/bin/python benchmarks/stylize.py --device cuda --size sdxl --pictures 200 --side 512 --steps 20

``--size`` builds a pipeline of that many weights, random ones, as none can be had offline; its pictures are noise, and
as much work as others. Goals: on a CPU the runner costs at most 5 % over the loop; on a GPU it makes at least 2.5 times
as many samples a second as the loop in half precision. The difference of the pictures is said as PSNR. On a GPU the
share of time in which it was busy is read from ``nvidia-smi``.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Self

import diffusers
import numpy as np
import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.random_models import save_model
from synthdata_addon.core import layout
from synthdata_addon.core.controls import ControlImagesSpec
from synthdata_addon.core.journal import Journal
from synthdata_addon.core.layout import DatasetFolder
from synthdata_addon.core.models import resolve
from synthdata_addon.core.protocol import Error, Finish, Message, Progress, Start
from synthdata_addon.core.records import SampleRecord
from synthdata_addon.core.spec import JobSpec, ModelSpec, PassesSpec, StyleSpec
from synthdata_addon.runner.inbox import Inbox
from synthdata_addon.runner.worker import Worker
from tests.synthetic_dataset import make_dataset, write_job

STYLES = (StyleSpec("office", "an office"), StyleSpec("lair", "a witch's lair"))
CPU_GOAL, GPU_GOAL = 1.05, 2.5
Clock = Callable[[], float]


def run_worker(folder: DatasetFolder, clock: Clock = time.perf_counter) -> float:
    """Run the runner's worker on a dataset; return the seconds from the loaded model to the last sample's record."""
    inbox, errors, seen = Inbox(), [], {}
    inbox.put(Start(str(folder.root)))
    inbox.put(Finish())

    def hear(message: Message) -> None:
        if isinstance(message, Error):
            errors.append(message)
        if isinstance(message, Progress):
            seen[message.stage] = clock() if message.stage == "annotations" or message.done else 0.0

    Worker(inbox, hear).run()
    if errors:
        raise SystemExit(f"The runner failed: {errors}")
    return seen["samples"] - seen["model"] if "model" in seen else 0.0


def dataset(root: Path, spec: JobSpec, views: int) -> DatasetFolder:
    """Make a labelled dataset that lacks its pictures."""
    folder = make_dataset(root, replace(spec, styles=()), views)
    run_worker(folder)
    write_job(folder, spec, views)
    return folder


class Loop:
    """The plain way: one call a picture, as the documentation of diffusers has it."""

    def __init__(self, model: ModelSpec, device: str) -> None:
        self.model = resolve(model)
        self.dtype = torch.float16 if device == "cuda" else torch.float32
        xl = "StableDiffusionXL" in (Path(self.model.path) / "model_index.json").read_text(encoding="utf-8")
        cls = (
            diffusers.StableDiffusionXLControlNetPipeline
            if xl
            else diffusers.StableDiffusionControlNetPipeline
        )
        nets = [
            diffusers.ControlNetModel.from_pretrained(control.model, dtype=self.dtype)
            for control in self.model.controls
        ]
        extra = {} if xl else {"safety_checker": None}
        net = diffusers.MultiControlNetModel(nets)
        self.pipeline = cls.from_pretrained(self.model.path, controlnet=net, dtype=self.dtype, **extra)
        self.pipeline.to(device).set_progress_bar_config(disable=True)

    def make(self, folder: DatasetFolder, record: SampleRecord, file: Path) -> None:
        """Make one picture and save it."""
        images = []
        for control in self.model.controls:
            with Image.open(folder.full(layout.control_file(control.kind, record.view))) as image:
                images.append(image.convert("RGB"))
        result = self.pipeline(
            prompt=record.prompt,
            negative_prompt=record.negative_prompt or None,
            image=images,
            num_inference_steps=self.model.steps,
            guidance_scale=self.model.guidance_scale,
            controlnet_conditioning_scale=[control.scale for control in self.model.controls],
            generator=torch.Generator("cpu").manual_seed(int(record.seed)),
        )
        result.images[0].save(file)


class GpuWatch:
    """Reads how busy the GPU is, ten times a second."""

    def __init__(self, device: str) -> None:
        self._on = device == "cuda"
        self.shares: list[float] = []

    def __enter__(self) -> Self:
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        if self._on:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        if self._on:
            self._thread.join()

    def _watch(self) -> None:
        ask = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", "-lms", "100"]
        with subprocess.Popen(ask, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if self._end.is_set():
                    break
                self.shares.append(float(line.splitlines()[0]))
            process.kill()


def psnr(one: Path, other: Path) -> float:
    """Return the peak signal-to-noise ratio of two pictures in decibels; equal ones have infinity."""
    with Image.open(one) as a, Image.open(other) as b:
        error = np.mean((np.asarray(a.convert("RGB"), float) - np.asarray(b.convert("RGB"), float)) ** 2)
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--size", choices=["embedded", "sd15", "sdxl"], default="embedded")
    parser.add_argument("--pictures", type=int, default=40)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=3, help="the loop and the runner take turns so often")
    arguments = parser.parse_args()
    torch.set_num_threads(1 if arguments.device == "cpu" else torch.get_num_threads())
    with tempfile.TemporaryDirectory() as scratch:
        compare(arguments, Path(scratch))


def compare(arguments: argparse.Namespace, scratch: Path) -> None:
    """Let the runner and the loop make the same samples by turns."""
    path = "" if arguments.size == "embedded" else str(save_model(arguments.size, scratch / "model"))
    model = ModelSpec(path=path, steps=arguments.steps, device=arguments.device)
    views = max(1, arguments.pictures // len(STYLES))
    spec = JobSpec(
        seed=1,
        width=arguments.side,
        height=arguments.side,
        passes=PassesSpec(keep=True),
        styles=STYLES,
        model=model,
        control_images=ControlImagesSpec(),
    )
    loop = Loop(model, arguments.device)
    clock = time.process_time if arguments.device == "cpu" else time.perf_counter
    ratios, shares = [], []
    for turn in range(arguments.rounds):
        folder = dataset(scratch / f"set{turn}", spec, views)
        with GpuWatch(arguments.device) as watch:
            seconds = run_worker(folder, clock)
        shares += [share for share in watch.shares if share > 0]
        records = list(Journal(folder.samples_journal).read(SampleRecord))
        loop.make(folder, records[0], scratch / "warm.png")
        start = clock()
        for record in records:
            loop.make(folder, record, scratch / f"{turn}_{record.sample}.png")
        plain = clock() - start
        ratios.append(plain / seconds)
        near = [psnr(folder.full(r.picture), scratch / f"{turn}_{r.sample}.png") for r in records]
        print(
            f"turn {turn + 1}: runner {len(records) / seconds:.3f}/s ({records[-1].engine}), "
            f"loop {len(records) / plain:.3f}/s, ratio {ratios[-1]:.3f}, lowest PSNR {min(near):.1f} dB"
        )
    ratio = statistics.median(ratios)
    busy = f"; GPU busy {statistics.mean(shares):.0f} %" if shares else ""
    if arguments.device == "cpu":
        print(f"the runner takes {1 / ratio:.3f} of the loop's time (goal: at most {CPU_GOAL})")
    else:
        print(f"the runner makes {ratio:.2f} times the loop's samples (goal: at least {GPU_GOAL}){busy}")


if __name__ == "__main__":
    main()
