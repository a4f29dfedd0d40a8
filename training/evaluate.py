# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures an exported folder with the stock pipeline, on held-out scenes. `python -m training.evaluate PACKED FOLDER`.

Prints a JSON object for the model card. One thread, float32, the recommended settings of the folder.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from diffusers import StableDiffusionControlNetPipeline
from numpy.typing import NDArray
from torch import nn

from .data.crops import HELD_OUT, Bytes, load_scenes
from .data.shading import shade
from .data.styles import STYLES
from .held_out import HeldOut
from .model.latents import Patches
from .model.networks import Networks
from .pipeline import open_pipeline
from .sheet import Picture, sample

LOG = logging.getLogger(__name__)
Float = NDArray[np.float32]


def edges(picture: Picture) -> Float:
    """(H, W) gradient length of the slightly blurred grey picture."""
    grey = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 1.0)
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    return np.asarray(np.hypot(across, down), np.float32)


def control_edges(view: Bytes) -> Float:
    """(H, W) the larger of the depth's and the normal's edges, each scaled to unit mean."""
    both = [edges(np.repeat(view[..., :1], 3, axis=-1)), edges(np.ascontiguousarray(view[..., 1:4]))]
    return np.asarray(np.maximum(*(part / (part.mean() + 1e-6) for part in both)), np.float32)


def correlation(first: Float, second: Float) -> float:
    """Pearson's r over all pixels."""
    return float(np.corrcoef(first.ravel(), second.ravel())[0, 1])


def _networks(pipeline: StableDiffusionControlNetPipeline) -> Networks:
    """The pipeline's parts in the shape that `HeldOut` takes."""
    networks = Networks(pipeline.tokenizer)
    networks.text_encoder, networks.unet = pipeline.text_encoder, pipeline.unet
    networks.controlnets = nn.ModuleList(pipeline.controlnet.nets)
    return networks


def _score(views: list[Bytes], pictures: list[list[Picture]]) -> dict[str, float]:
    """L1, prompt accuracy and edge correlation of `pictures[view][style]`."""
    renders = [[np.round(shade(view, style) * 255) for style in range(len(STYLES))] for view in views]
    distance = np.array(
        [
            [[np.abs(picture - render).mean() / 255 for render in row] for picture in made]
            for made, row in zip(pictures, renders, strict=True)
        ]
    )
    right = distance.argmin(2) == np.arange(len(STYLES))
    lines = [control_edges(view) for view in views]
    true = [correlation(edges(p), line) for made, line in zip(pictures, lines, strict=True) for p in made]
    shuffled = [
        correlation(edges(p), line)
        for made, line in zip(pictures, lines[1:] + lines[:1], strict=True)
        for p in made
    ]
    ideal = [
        correlation(edges(render.astype(np.uint8)), line)
        for row, line in zip(renders, lines, strict=True)
        for render in row
    ]
    return {
        "picture_l1": float(np.mean(np.diagonal(distance, axis1=1, axis2=2))),
        "prompt_accuracy": float(right.mean()),
        "edge_correlation": float(np.mean(true)),
        "edge_correlation_other_view": float(np.mean(shuffled)),
        "edge_correlation_of_the_training_renders": float(np.mean(ideal)),
    }


def evaluate(packed: Path, folder: Path, patches: Patches, views: int) -> dict[str, Any]:
    """All measures of an exported folder."""
    settings = json.loads((folder / "synthdata.json").read_text(encoding="utf-8"))
    steps, guidance = settings["steps"], settings["guidance_scale"]
    pipeline = open_pipeline(folder)
    pipeline.set_progress_bar_config(disable=True)
    scenes = load_scenes(packed, 0, HELD_OUT)
    one_step = HeldOut(scenes, pipeline.tokenizer, patches).measure(_networks(pipeline))
    chosen = [scene[(3 * number + 1) % len(scene)] for number, scene in enumerate(scenes[:views])]
    prompts = [style.wordings[0] for style in STYLES]
    started = time.process_time()
    pictures = [[sample(pipeline, view, prompt, steps, guidance) for prompt in prompts] for view in chosen]
    seconds = (time.process_time() - started) / (len(chosen) * len(prompts))
    again = sample(pipeline, chosen[0], prompts[0], steps, guidance)
    return {
        "one_step": vars(one_step),
        "steps": steps,
        "guidance_scale": guidance,
        "pictures": len(chosen) * len(prompts),
        **_score(chosen, pictures),
        "cpu_seconds_a_picture": seconds,
        "same_seed_same_bytes": bool(np.array_equal(again, pictures[0][0])),
        "other_prompt_other_picture": not np.array_equal(pictures[0][0], pictures[0][1]),
        "megabytes": sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6,
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packed", type=Path)
    parser.add_argument("run", type=Path, help="the training run, for its latents")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--views", type=int, default=12)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    torch.set_num_threads(1)
    patches = Patches(**torch.load(options.run / "patches.pt"))
    print(json.dumps(evaluate(options.packed, options.folder, patches, options.views), indent=2))


if __name__ == "__main__":
    main()
