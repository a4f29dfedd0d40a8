# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures on scenes that were never trained on: does a picture follow its control and its prompt?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from transformers import CLIPTokenizer

from .data.crops import Bytes, controls_of, make_batch
from .data.styles import STYLES
from .model.latents import Patches
from .model.networks import LAST_STEP, Networks


@dataclass(frozen=True)
class Measures:
    """One-step picture errors (mean absolute, 0..1) and the share of prompts obeyed (chance is 1 / styles)."""

    true: float
    wrong_control: float
    wrong_depth: float
    wrong_normal: float
    wrong_prompt: float
    depth_only: float
    normal_only: float
    prompt_accuracy: float

    def __str__(self) -> str:
        return " ".join(f"{name} {value:.4f}" for name, value in vars(self).items())


class HeldOut:
    """One view of each held-out scene at 256 px, each in one style; everything is fixed, so that runs compare."""

    def __init__(self, scenes: list[Bytes], tokenizer: CLIPTokenizer, patches: Patches) -> None:
        self.patches = patches
        self.views = [scene[number % len(scene)] for number, scene in enumerate(scenes)]
        self.styles = [number % len(STYLES) for number in range(len(scenes))]
        prompts = [STYLES[style].wordings[0] for style in self.styles]
        self.ids = tokenizer(prompts, padding="max_length", truncation=True, return_tensors="pt").input_ids
        self.controls = controls_of(np.stack(self.views))
        shape = (len(scenes), 12, *(edge // 4 for edge in self.views[0].shape[:2]))
        self.noise = torch.randn(shape, generator=torch.Generator().manual_seed(7))
        self.all_styles = [
            make_batch(self.views, [style] * len(self.views), prompts).pictures
            for style in range(len(STYLES))
        ]

    def truth(self) -> Tensor:
        """(B, 3, H, W) in -1..1: each view shaded in its own style."""
        return torch.stack([self.all_styles[style][row] for row, style in enumerate(self.styles)])

    def _predict(self, networks: Networks, ids: Tensor, controls: list[Tensor | None]) -> Tensor:
        steps = torch.full((len(ids),), LAST_STEP)
        return self.patches.decode(networks(self.noise, steps, networks.encode_text(ids), controls))

    def measure(self, networks: Networks) -> Measures:
        """Runs one step with the right inputs and with each input swapped for another view's or left out."""
        truth, (depth, normal) = self.truth(), self.controls
        other_depth, other_normal = depth.roll(1, 0), normal.roll(1, 0)
        cases: list[tuple[Tensor, list[Tensor | None]]] = [
            (self.ids, [depth, normal]),
            (self.ids, [other_depth, other_normal]),
            (self.ids, [other_depth, normal]),
            (self.ids, [depth, other_normal]),
            (self.ids.roll(1, 0), [depth, normal]),
            (self.ids, [depth, None]),
            (self.ids, [None, normal]),
        ]
        with torch.no_grad():
            results = [self._predict(networks, ids, controls) for ids, controls in cases]
        errors = {
            name: float((result - truth).abs().mean() / 2)
            for name, result in zip(Measures.__annotations__, results, strict=False)
        }
        return Measures(**errors, prompt_accuracy=self.prompt_accuracy(results[0]))

    def prompt_accuracy(self, pictures: Tensor) -> float:
        """Share of pictures that are nearer (L1) to their view in the asked style than to it in any other style."""
        distance = torch.stack([(pictures - style).abs().mean((1, 2, 3)) for style in self.all_styles])
        nearest = distance.argmin(0).tolist()
        return float(np.mean([a == b for a, b in zip(nearest, self.styles, strict=True)]))
