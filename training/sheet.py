# SPDX-License-Identifier: GPL-3.0-or-later
"""A sheet of samples to look at: held-out views by styles. `python -m training.sheet PACKED RUN out.png --steps 4`."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

import numpy as np
import torch
from diffusers import StableDiffusionControlNetPipeline
from PIL import Image

from .data.crops import Bytes, load_scenes
from .data.shading import shade
from .data.styles import STYLES
from .metrics import Picture
from .pipeline import make_pipeline, open_pipeline


def control_images(view: Bytes) -> list[Image.Image]:
    """The depth and the normal picture of one packed view."""
    return [
        Image.fromarray(np.repeat(view[..., :1], 3, axis=-1)),
        Image.fromarray(np.ascontiguousarray(view[..., 1:4])),
    ]


def sample(
    pipeline: StableDiffusionControlNetPipeline,
    view: Bytes,
    prompt: str,
    steps: int,
    guidance: float,
    scales: tuple[float, float] = (1.0, 1.0),
) -> Picture:
    """The picture of `view` for `prompt` with seed 0; `scales` are the ControlNets' weights, depth and normal."""
    result = pipeline(
        prompt,
        image=control_images(view),
        num_inference_steps=steps,
        guidance_scale=guidance,
        controlnet_conditioning_scale=list(scales),
        height=view.shape[0],
        width=view.shape[1],
        generator=torch.Generator().manual_seed(0),
        output_type="np",
    )
    return np.asarray(np.round(result.images[0] * 255), np.uint8)


def make_sheet(
    pipeline: StableDiffusionControlNetPipeline,
    views: list[Bytes],
    steps: int,
    guidance: float,
    renders: bool = True,
) -> Picture:
    """A row for each view: depth, normal, then all styles; with `renders` the training pictures under it."""
    prompts = [style.wordings[0] for style in STYLES]
    rows = []
    for view in views:
        controls = [np.array(image) for image in control_images(view)]
        samples = [sample(pipeline, view, prompt, steps, guidance) for prompt in prompts]
        rows.append(np.concatenate([*controls, *samples], axis=1))
        if renders:
            known = [np.round(shade(view, style) * 255).astype(np.uint8) for style in range(len(STYLES))]
            rows.append(np.concatenate([*(np.zeros_like(control) for control in controls), *known], axis=1))
    return np.concatenate(rows)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packed", type=Path)
    parser.add_argument("model", type=Path, help="a training run, or an exported folder")
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, default=1)
    parser.add_argument("--guidance", type=float, default=1.0)
    parser.add_argument("--scenes", type=int, nargs="+", default=[1, 4, 9])
    parser.add_argument(
        "--views", type=int, nargs="+", help="a view of each scene; else another in every scene"
    )
    parser.add_argument("--bare", action="store_true", help="without the training pictures")
    parser.add_argument("--scale", type=float, default=1.0, help="size of the sheet")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    torch.set_num_threads(1)
    exported = (options.model / "model_index.json").exists()
    pipeline = open_pipeline(options.model) if exported else make_pipeline(options.model)
    pipeline.set_progress_bar_config(disable=True)
    chosen = options.views or [number % 8 for number in options.scenes]
    views = [
        load_scenes(options.packed, number, number + 1)[0][view]
        for number, view in zip(options.scenes, chosen, strict=True)
    ]
    sheet = Image.fromarray(make_sheet(pipeline, views, options.steps, options.guidance, not options.bare))
    size = tuple(round(edge * options.scale) for edge in sheet.size)
    sheet.resize(size, Image.Resampling.LANCZOS).save(options.out)


if __name__ == "__main__":
    main()
