# SPDX-License-Identifier: GPL-3.0-or-later
"""Crops for training: packed scenes in memory, random crops, shaded as they are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .prompts import empty_prompt, style_prompt
from .shading import shade
from .styles import STYLES

Bytes = NDArray[np.uint8]
HELD_OUT = 24
"""Scenes 0..23 are never trained on."""
EMPTY_SHARE = 0.08
GRID = 4


def load_scenes(folder: Path, first: int, last: int) -> list[Bytes]:
    """Packed scenes `first` <= number < `last`, each (views, H, W, 9) uint8. FileNotFoundError if there is none."""
    found = [path for number in range(first, last) if (path := folder / f"{number:06d}.npy").exists()]
    if not found:
        raise FileNotFoundError(
            f"No packed scene {first} to {last} in {folder}; run training.data.pack first."
        )
    return [np.load(path) for path in found]


@dataclass(frozen=True)
class Batch:
    """Pictures (B, 3, S, S) in -1..1, depth and normal controls (B, 3, S, S) in 0..1, a prompt and a style each."""

    pictures: Tensor
    controls: list[Tensor]
    prompts: list[str]
    styles: list[int]


def to_tensor(values: NDArray[np.float32]) -> Tensor:
    """(B, H, W, 3) to a (B, 3, H, W) tensor in channels-last memory, which the CPU convolutions like."""
    return torch.from_numpy(values).permute(0, 3, 1, 2)


def controls_of(packed: Bytes) -> list[Tensor]:
    """The depth and the normal control of packed pixels (B, H, W, 9), as the pipeline would prepare the pictures."""
    values = packed[..., :4].astype(np.float32) / 255
    return [
        to_tensor(np.repeat(values[..., :1], 3, axis=-1)),
        to_tensor(np.ascontiguousarray(values[..., 1:4])),
    ]


def make_batch(packed: list[Bytes], styles: list[int], prompts: list[str]) -> Batch:
    """Shades each (S, S, 9) crop in its style."""
    shaded = np.stack([shade(crop, style) for crop, style in zip(packed, styles, strict=True)])
    return Batch(to_tensor(shaded * 2 - 1), controls_of(np.stack(packed)), prompts, styles)


def draw_batch(scenes: list[Bytes], rng: np.random.Generator, size: int, count: int) -> Batch:
    """`count` random crops of `size` pixels with random styles and prompts."""
    crops: list[Bytes] = []
    for _ in range(count):
        scene = scenes[int(rng.integers(len(scenes)))]
        view = scene[int(rng.integers(len(scene)))]
        y, x = (int(rng.integers((edge - size) // GRID + 1)) * GRID for edge in view.shape[:2])
        crops.append(view[y : y + size, x : x + size])
    styles = [int(style) for style in rng.integers(len(STYLES), size=count)]
    prompts = [
        empty_prompt(rng) if rng.random() < EMPTY_SHARE else style_prompt(rng, style) for style in styles
    ]
    return make_batch(crops, styles, prompts)
