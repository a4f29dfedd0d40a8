# SPDX-License-Identifier: GPL-3.0-or-later
"""How flow models begin with a picture where diffusers' ControlNet pipelines know only noise.

diffusers has these families' image-to-image and inpainting without ControlNets, and their ControlNets without a start
(of Stable Diffusion 3.5, Qwen-Image and Z-Image). What the former do before and between the steps is done here around
the latter: the picture's latents under the noise of the first step that is left, a schedule that begins there, and
after every step the latents of what is kept, under the noise that is left. The scheduler itself mixes in the noise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from diffusers.pipelines.qwenimage.pipeline_qwenimage_controlnet import calculate_shift
from diffusers.utils.torch_utils import randn_tensor

from .family import Call

Schedule = dict[str, Any]
"""What a scheduler's ``set_timesteps`` is told: ``sigmas``, before they are shifted, and ``mu`` where it needs one."""


def as_they_are(_pipeline: Any, latents: torch.Tensor) -> torch.Tensor:
    """Give latents (N, C, h, w) to the denoiser as they are."""
    return latents


def even_schedule(pipeline: Any, steps: int, latents: torch.Tensor) -> Schedule:
    """Return even steps from 1 to 1 / steps, and the shift by the size of the picture, as DiT pipelines have it."""
    config = pipeline.scheduler.config
    mu = calculate_shift(
        (latents.shape[-2] // 2) * (latents.shape[-1] // 2),
        config.get("base_image_seq_len", 256),
        config.get("max_image_seq_len", 4096),
        config.get("base_shift", 0.5),
        config.get("max_shift", 1.15),
    )
    return {"sigmas": np.linspace(1.0, 1.0 / steps, steps).tolist(), "mu": mu}


def scheduler_schedule(pipeline: Any, steps: int, _latents: torch.Tensor) -> Schedule:
    """Return even steps over what the scheduler was trained on, as it takes them itself where nothing is said."""
    scheduler = pipeline.scheduler
    return {"sigmas": np.linspace(scheduler.sigma_max, scheduler.sigma_min, steps).tolist()}


def scaled_latents(pipeline: Any, picture: torch.Tensor) -> torch.Tensor:
    """Encode a picture (N, 3, H, W) in [-1, 1] by an autoencoder that is scaled and shifted by a number."""
    vae = pipeline.vae
    latents = vae.encode(picture.to(vae.dtype)).latent_dist.mode()
    return torch.as_tensor((latents.float() - vae.config.shift_factor) * vae.config.scaling_factor)


@dataclass(frozen=True)
class FlowStart:
    """A family's part: how a picture becomes latents (N, C, h, w), its schedule, how the denoiser has latents."""

    encode: Callable[[Any, torch.Tensor], torch.Tensor] = scaled_latents
    schedule: Callable[[Any, int, torch.Tensor], Schedule] = even_schedule
    packed: Callable[[Any, torch.Tensor], torch.Tensor] = as_they_are


class Beginning:
    """A batch that begins with pictures: ``arguments`` for the pipeline, :meth:`after_step` for its callback."""

    def __init__(
        self, pipeline: Any, flow: FlowStart, call: Call, steps: int, generators: Sequence[torch.Generator]
    ) -> None:
        """Encode and noise the pictures of ``call``; noise is drawn from the generators, one a picture."""
        if call.picture is None:
            raise ValueError("there is no picture to begin with")
        self._scheduler = pipeline.scheduler
        device = call.picture.device
        latents = flow.encode(pipeline, call.picture * 2.0 - 1.0)
        noise = randn_tensor(tuple(latents.shape), generator=list(generators), device=device)
        self._picture, self._noise = flow.packed(pipeline, latents), flow.packed(pipeline, noise)
        self._repainted = None if call.mask is None else flow.packed(pipeline, _cells(call.mask, latents))
        schedule = flow.schedule(pipeline, steps, latents)
        schedule["sigmas"] = schedule["sigmas"][_left_out(steps, call.strength) :]
        self._scheduler.set_timesteps(device=device, **schedule)
        self.arguments = {"latents": self._noised(0), "sigmas": schedule["sigmas"]}

    def after_step(self, step: int, values: dict[str, Any]) -> dict[str, Any]:
        """Put back what is kept, under as much noise as the latents have after a step."""
        if self._repainted is None:
            return values
        latents = values["latents"]
        last = step + 1 == len(self._scheduler.timesteps)
        kept = self._picture if last else self._noised(step + 1)
        mixed = (1.0 - self._repainted) * kept + self._repainted * latents
        return {**values, "latents": mixed.to(latents.dtype)}

    def _noised(self, step: int) -> torch.Tensor:
        times = self._scheduler.timesteps[step : step + 1].repeat(len(self._picture))
        return torch.as_tensor(self._scheduler.scale_noise(self._picture, times, self._noise))


def _left_out(steps: int, strength: float) -> int:
    """Return how many of the first steps a strength leaves out, as diffusers counts them."""
    return int(max(steps - min(steps * strength, steps), 0))


def _cells(mask: torch.Tensor, latents: torch.Tensor) -> torch.Tensor:
    """Return (N, C, h, w): 1 for latents any pixel of which is repainted, as kept pixels are put back at the end."""
    cells = torch.nn.functional.adaptive_max_pool2d(mask.float(), latents.shape[-2:])
    return cells.expand(-1, latents.shape[1], -1, -1)
