# SPDX-License-Identifier: GPL-3.0-or-later
"""Latents: PCA of 4x4 pixel patches to 12 channels. The encoder is this matrix, written into AutoencoderTiny."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from diffusers import AutoencoderTiny
from torch import Tensor
from torch.nn import functional

from .networks import LATENT_CHANNELS, LATENT_FACTOR

PATCH_VALUES = 3 * LATENT_FACTOR**2
DECODER_WIDTH = 32
DETAIL_DAMPING = 1.6
"""Channels after the third (the patch's mean colour) are divided by this too: detail then weighs less than colour."""


@dataclass(frozen=True)
class Patches:
    """`mean` (48,), `basis` (48, 12), `scale` (12,) of patches of pictures in -1..1, in `pixel_unshuffle` order."""

    mean: Tensor
    basis: Tensor
    scale: Tensor

    def encode(self, pictures: Tensor) -> Tensor:
        """(B, 3, H, W) in -1..1 -> (B, 12, H/4, W/4), about unit deviation."""
        weight = (self.basis / self.scale).T
        return functional.conv2d(
            functional.pixel_unshuffle(pictures, LATENT_FACTOR),
            weight[..., None, None],
            -(weight @ self.mean),
        )

    def decode(self, latents: Tensor) -> Tensor:
        """The linear inverse: (B, 12, h, w) -> (B, 3, 4h, 4w)."""
        weight = self.basis * self.scale
        return functional.pixel_shuffle(
            functional.conv2d(latents, weight[..., None, None], self.mean), LATENT_FACTOR
        )

    def decode_difference(self, latents: Tensor) -> Tensor:
        """`decode(a) - decode(b)` for `latents` = a - b."""
        weight = self.basis * self.scale
        return functional.pixel_shuffle(functional.conv2d(latents, weight[..., None, None]), LATENT_FACTOR)


def fit(pictures: Tensor) -> Patches:
    """Fits the patches' principal axes to (B, 3, H, W) pictures in -1..1."""
    patches = (
        functional.pixel_unshuffle(pictures, LATENT_FACTOR).permute(0, 2, 3, 1).reshape(-1, PATCH_VALUES)
    )
    mean = patches.mean(0)
    covariance = (patches - mean).T @ (patches - mean) / len(patches)
    values, vectors = torch.linalg.eigh(covariance)
    basis = vectors.flip(1)[:, :LATENT_CHANNELS].contiguous()
    scale = values.flip(0)[:LATENT_CHANNELS].clamp_min(1e-8).sqrt()
    scale[3:] *= DETAIL_DAMPING
    return Patches(mean, basis, scale)


def make_autoencoder(patches: Patches) -> AutoencoderTiny:
    """AutoencoderTiny whose encoder is exactly `patches.encode`; its decoder is new and has to be trained."""
    autoencoder = AutoencoderTiny(
        latent_channels=LATENT_CHANNELS,
        encoder_block_out_channels=(PATCH_VALUES,) * 3,
        decoder_block_out_channels=(DECODER_WIDTH,) * 3,
        num_encoder_blocks=(0, 0, 0),
        num_decoder_blocks=(3, 2, 0),
        scaling_factor=1.0,
    )
    with torch.no_grad():
        _write_encoder(autoencoder, patches)
    return autoencoder


def _write_encoder(autoencoder: AutoencoderTiny, patches: Patches) -> None:
    """Four convolutions: copy the colours, gather 2x2 pixels, gather 2x2 of those, apply the PCA matrix.

    A stride-2 convolution with one non-zero tap a channel is a pixel_unshuffle by 2; two of them make one by 4.
    """
    layers = autoencoder.encoder.layers
    for parameter in layers.parameters():
        parameter.zero_()
    for channel in range(3):
        layers[0].weight[channel, channel, 1, 1] = 1
    for layer, channels in ((layers[1], 3), (layers[2], 12)):
        for channel in range(channels):
            for y in (0, 1):
                for x in (0, 1):
                    layer.weight[channel * 4 + y * 2 + x, channel, 1 + y, 1 + x] = 1
    matrix = patches.basis / patches.scale
    for source in range(PATCH_VALUES):
        channel, coarse, fine = source // 16, source // 4 % 4, source % 4
        row, column = 2 * (fine // 2) + coarse // 2, 2 * (fine % 2) + coarse % 2
        # AutoencoderTiny's encoder maps -1..1 to 0..1 before its first layer; the factor 2 and the bias undo it.
        layers[3].weight[:, source, 1, 1] = 2 * matrix[channel * 16 + row * 4 + column]
    layers[3].bias.copy_(-(patches.mean + 1) @ matrix)
