# SPDX-License-Identifier: GPL-3.0-or-later
"""First stage: fits the latents (PCA) and trains the decoder. `python -m training.fit_latents PACKED RUN`."""

from __future__ import annotations

import argparse
import logging
import math
import time
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny
from torch import Tensor
from torch.nn import functional

from .data.crops import HELD_OUT, Bytes, draw_batch, load_scenes, load_training
from .model.latents import Patches, fit, make_autoencoder

LOG = logging.getLogger(__name__)
PEAK_RATE = 2e-3
NOISE = 0.12
"""The decoder meets predicted latents, not true ones: it learns with up to this much noise on them."""


def _gradients(pictures: Tensor) -> tuple[Tensor, Tensor]:
    return pictures[..., 1:] - pictures[..., :-1], pictures[..., 1:, :] - pictures[..., :-1, :]


def decoder_loss(decoded: Tensor, truth: Tensor) -> Tensor:
    """L1, L1 of gradients, L1 of 4x4 means and MSE, added."""
    error = decoded - truth
    edges = sum((a - b).abs().mean() for a, b in zip(_gradients(decoded), _gradients(truth), strict=True))
    return (
        error.abs().mean()
        + 0.7 * edges
        + functional.avg_pool2d(error, 4).abs().mean()
        + error.square().mean()
    )


def psnr(decoded: Tensor, truth: Tensor) -> float:
    """Peak signal-to-noise ratio in dB of pictures in -1..1."""
    return 10 * math.log10(4 / float((decoded.clamp(-1, 1) - truth).square().mean()))


def train_decoder(
    autoencoder: AutoencoderTiny, patches: Patches, scenes: list[Bytes], seconds: float
) -> None:
    """Trains the decoder alone for `seconds`, cosine rate."""
    rng = np.random.default_rng(1)
    decoder = autoencoder.decoder.to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(decoder.parameters(), lr=PEAK_RATE, betas=(0.9, 0.98), weight_decay=0.0)
    started, step, shown = time.monotonic(), 0, 0.0
    while (done := (time.monotonic() - started) / seconds) < 1:
        rate = PEAK_RATE * min(1, (step + 1) / 30) * 0.5 * (1 + math.cos(math.pi * done)) + 1e-5
        for group in optimizer.param_groups:
            group["lr"] = rate
        pictures = draw_batch(scenes, rng, 64, 8).pictures
        latents = patches.encode(pictures)
        latents = latents + torch.randn_like(latents) * NOISE * torch.rand(len(latents), 1, 1, 1)
        loss = decoder_loss(autoencoder.decode(latents).sample, pictures)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(decoder.parameters(), 1.0)
        optimizer.step()
        step += 1
        if time.monotonic() - shown > 30:
            shown = time.monotonic()
            LOG.info("step %d, %.0f %%, loss %.4f", step, 100 * done, loss.item())


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packed", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--seconds", type=float, default=240)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    scenes = load_training(options.packed)
    patches = fit(draw_batch(scenes, np.random.default_rng(0), 128, 120).pictures)
    autoencoder = make_autoencoder(patches)
    options.run.mkdir(parents=True, exist_ok=True)
    torch.save(vars(patches), options.run / "patches.pt")
    held_out = draw_batch(
        load_scenes(options.packed, 0, HELD_OUT), np.random.default_rng(0), 256, 12
    ).pictures
    with torch.no_grad():
        latents = patches.encode(held_out)
        LOG.info(
            "encoder differs by %.2g", (autoencoder.encode(held_out).latents - latents).abs().max().item()
        )
        LOG.info("held-out PSNR of the linear decode: %.2f dB", psnr(patches.decode(latents), held_out))
    train_decoder(autoencoder, patches, scenes, options.seconds)
    with torch.no_grad():
        LOG.info("held-out PSNR of the decoder: %.2f dB", psnr(autoencoder.decode(latents).sample, held_out))
    autoencoder.save_pretrained(options.run / "vae")


if __name__ == "__main__":
    main()
