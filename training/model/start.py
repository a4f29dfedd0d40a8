# SPDX-License-Identifier: GPL-3.0-or-later
"""How the networks start, so that the controls are heard, down to the pixel, from the first step.

A ControlNet's conditioning embedding with torch's default weights shrinks the signal to about 0.3 a layer, and
diffusers starts its last convolution and all output convolutions at zero, to protect a trained base model. Here there
is none. So the embedding starts as a patch transform: its output begins with the principal components of the control's
4x4 patches. With random weights instead, a short training gets the rooms right and leaves every edge blurred.
"""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import ControlNetModel
from torch import Tensor, nn
from torch.nn import functional
from transformers import CLIPTokenizer

from .networks import CONTROL_WIDTHS, Networks

SIGNALS = (3, 4 * 3, CONTROL_WIDTHS[2] // 2)
"""Signals carried at full, half and quarter size; each takes two channels, see `_signed`."""
WHITENING = 0.7
"""Components are divided by this power of their deviation: 1 would make rare fine detail as loud as the mean colour."""


def wake(networks: Networks, controls: list[Tensor]) -> None:
    """Starts every ControlNet on its own real controls (B, 3, H, W) in 0..1, and quietens the noise input."""
    with torch.no_grad():
        for net, control in zip(networks.controlnets, controls, strict=True):
            start_embedding(net, control)
            for block in [*net.controlnet_down_blocks, net.controlnet_mid_block]:
                nn.init.orthogonal_(block.weight, gain=0.7)
            net.conv_in.weight.zero_()
        networks.unet.conv_in.weight.zero_()


def load_warm(networks: Networks, tokenizer: CLIPTokenizer, run: Path) -> None:
    """Begins with the averaged weights of an earlier run; a token that it knew too keeps its embedding.

    The earlier run may have had other styles, and so other tokens: its tokenizer is read to match them by their text.
    """
    weights = torch.load(run / "averaged.pt")
    (name,) = (name for name in weights if name.endswith("token_embedding.weight"))
    before = CLIPTokenizer.from_pretrained(run / "tokenizer").get_vocab()
    embedding = networks.state_dict()[name].clone()
    for piece, number in tokenizer.get_vocab().items():
        if piece in before:
            embedding[number] = weights[name][before[piece]]
    networks.load_state_dict({**weights, name: embedding})


def _signed(layer: nn.Conv2d, weight: Tensor, carried: int) -> None:
    """Writes `weight` (out signals, in signals, 3, 3) so that signals pass the SiLU untouched.

    A signal s takes two channels, s and -s, and silu(s) - silu(-s) = s exactly: the next layer takes their difference.
    `carried` is how many signals come in that way; 0 means that the input is the picture itself.
    """
    signals = weight.shape[0]
    rows = weight if not carried else torch.cat([weight, -weight], dim=1)
    source = rows.shape[1]
    layer.weight[: 2 * signals].zero_()
    layer.weight[:signals, :source] = rows
    layer.weight[signals : 2 * signals, :source] = -rows
    layer.bias[: 2 * signals].zero_()


def _same(signals: int) -> Tensor:
    weight = torch.zeros(signals, signals, 3, 3)
    weight[range(signals), range(signals), 1, 1] = 1
    return weight


def _gather(signals: int) -> Tensor:
    """Stride-2 taps which put the four pixels of a 2x2 block into four signals, as `pixel_unshuffle` does."""
    weight = torch.zeros(4 * signals, signals, 3, 3)
    for signal in range(signals):
        for y in (0, 1):
            for x in (0, 1):
                weight[signal * 4 + y * 2 + x, signal, 1 + y, 1 + x] = 1
    return weight


def _components(patches: Tensor) -> Tensor:
    """(signals, values): the first principal axes of (n, values) patches, partly whitened."""
    values, axes = torch.linalg.eigh(patches.T @ patches / len(patches))
    first = SIGNALS[2]
    deviation = values.flip(0)[:first].clamp_min(0).sqrt()
    floor = 0.02 * deviation[0]
    return (axes.flip(1)[:, :first] / deviation.clamp_min(floor) ** WHITENING).T


def _unit(layer: nn.Conv2d, values: Tensor, free: slice) -> Tensor:
    """Rescales the `free` (still random) channels to zero mean and unit deviation; returns the layer's output."""
    result = layer(values)
    mean, deviation = result.mean((0, 2, 3))[free], result.std((0, 2, 3))[free] + 1e-4
    layer.weight[free].div_(deviation.view(-1, 1, 1, 1))
    layer.bias[free].sub_(mean).div_(deviation)
    return layer(values)


def start_embedding(net: ControlNetModel, control: Tensor) -> None:
    """Starts a conditioning embedding as the patch transform; channels that carry no signal start random, unit."""
    embedding = net.controlnet_cond_embedding
    same, halve, same_half, quarter = embedding.blocks
    full, half, small = SIGNALS
    mean, deviation = control.mean((0, 2, 3)), control.std((0, 2, 3)) + 1e-3
    _signed(embedding.conv_in, _same(full) / deviation.view(-1, 1, 1, 1), 0)
    embedding.conv_in.bias[:full] = -mean / deviation
    embedding.conv_in.bias[full : 2 * full] = mean / deviation
    _signed(same, _same(full), full)
    _signed(halve, _gather(full), full)
    _signed(same_half, _same(half), half)
    normalised = (control - mean.view(-1, 1, 1)) / deviation.view(-1, 1, 1)
    halved = functional.conv2d(normalised, _gather(full), stride=2, padding=1)
    gathered = functional.conv2d(halved, _gather(half), stride=2, padding=1)
    axes = _components(gathered.permute(0, 2, 3, 1).reshape(-1, 4 * half))
    _signed(quarter, torch.einsum("sv,vcyx->scyx", axes, _gather(half)), half)
    nn.init.kaiming_uniform_(embedding.conv_out.weight, a=1.0)
    # No SiLU follows the last convolution: its first channels are the components themselves, the rest are free.
    embedding.conv_out.weight[:small].zero_()
    for signal in range(small):
        embedding.conv_out.weight[signal, signal, 1, 1] = 1
        embedding.conv_out.weight[signal, signal + small, 1, 1] = -1
    embedding.conv_out.bias.zero_()
    values = functional.silu(_unit(embedding.conv_in, control, slice(2 * full, None)))
    values = functional.silu(_unit(same, values, slice(2 * full, None)))
    for layer in (halve, same_half, quarter):
        values = functional.silu(layer(values))
    _unit(embedding.conv_out, values, slice(small, None))
