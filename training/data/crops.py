# SPDX-License-Identifier: GPL-3.0-or-later
"""Crops for training: packed scenes in memory, random crops, shaded as they are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..roles import Role
from .prompts import empty_prompt, style_prompt
from .shading import shade
from .styles import GROUPS, STYLES

Bytes = NDArray[np.uint8]
HELD_OUT = 24
"""Scenes 0..23 are never trained on: they serve to choose."""
FINAL = range(1000, 1016)
"""Blockouts that are never trained on either, and that nobody looks at before the end."""
EXAMPLE = 2000
"""The extension's example room, for the end as well."""
EMPTY_SHARE = 0.08
_SURROUNDINGS = {Role.BACKGROUND, *GROUPS["wall"], *GROUPS["floor"], *GROUPS["ceiling"]}
IS_THING = np.array([role not in _SURROUNDINGS for role in Role], np.float32)
"""By role."""
GRID = 4


def load_scenes(folder: Path, first: int, last: int) -> list[Bytes]:
    """Packed scenes `first` <= number < `last`, each (views, H, W, 7) uint8. FileNotFoundError if there is none."""
    found = [path for number in range(first, last) if (path := folder / f"{number:06d}.npy").exists()]
    if not found:
        raise FileNotFoundError(
            f"No packed scene {first} to {last} in {folder}; run training.data.pack first."
        )
    return [np.load(path, mmap_mode="r") for path in found]


def load_training(folder: Path) -> list[Bytes]:
    """All packed scenes that may be trained on. FileNotFoundError if there is none."""
    return load_scenes(folder, HELD_OUT, FINAL.start) + [
        scene
        for path in sorted(folder.glob("[0-9]*.npy"))
        if FINAL.stop <= int(path.stem) < EXAMPLE
        for scene in load_scenes(folder, int(path.stem), int(path.stem) + 1)
    ]


@dataclass(frozen=True)
class Batch:
    """Pictures (B, 3, S, S) in -1..1, depth and normal controls (B, 3, S, S) in 0..1, a prompt and a style each.

    `things` (B, 1, S, S) is 1 where a thing is seen, 0 on walls, floors, ceilings and the background.
    """

    pictures: Tensor
    things: Tensor
    controls: list[Tensor]
    prompts: list[str]
    styles: list[int]


def to_tensor(values: NDArray[np.float32]) -> Tensor:
    """(B, H, W, 3) to a (B, 3, H, W) tensor in channels-last memory, which the CPU convolutions like."""
    return torch.from_numpy(values).permute(0, 3, 1, 2)


def controls_of(packed: Bytes) -> list[Tensor]:
    """The depth and the normal control of packed pixels (B, H, W, 7), as the pipeline would prepare the pictures."""
    values = packed[..., :4].astype(np.float32) / 255
    return [
        to_tensor(np.repeat(values[..., :1], 3, axis=-1)),
        to_tensor(np.ascontiguousarray(values[..., 1:4])),
    ]


def make_batch(packed: list[Bytes], styles: list[int], prompts: list[str]) -> Batch:
    """Shades each (S, S, 7) crop in its style."""
    shaded = np.stack([shade(crop, style) for crop, style in zip(packed, styles, strict=True)])
    stacked = np.stack(packed)
    things = torch.from_numpy(IS_THING[stacked[..., 4]])[:, None]
    return Batch(to_tensor(shaded * 2 - 1), things, controls_of(stacked), prompts, styles)


def draw_batch(scenes: list[Bytes], rng: np.random.Generator, size: int, count: int) -> Batch:
    """`count` random crops of `size` pixels, smaller views whole, with random styles and prompts."""
    crops: list[Bytes] = []
    for _ in range(count):
        scene = scenes[int(rng.integers(len(scenes)))]
        view = scene[int(rng.integers(len(scene)))]
        y, x = (int(rng.integers(max(edge - size, 0) // GRID + 1)) * GRID for edge in view.shape[:2])
        crops.append(view[y : y + size, x : x + size])
    styles = [int(style) for style in rng.integers(len(STYLES), size=count)]
    prompts = [
        empty_prompt(rng) if rng.random() < EMPTY_SHARE else style_prompt(rng, style) for style in styles
    ]
    return make_batch(crops, styles, prompts)
