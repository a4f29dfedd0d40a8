# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts the UNet's last residual block as a linear regression from the controls' patches to the pictures' latents.

A straight line from a control's patches explains most of a picture's fine detail, yet a short training never finds it:
colour errors drown it. So the line is laid before the training, through the stock layers. Signals travel as pairs
(s, -s): a pair has zero mean in its normalisation group, and silu(s) - silu(-s) = s, so that neither bends the line.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .latents import Patches
from .networks import LAST_STEP, LATENT_CHANNELS, WIDTHS, Networks
from .start import SIGNALS

PAIRS = WIDTHS[0] // 2
GROUPS = 4
"""Normalisation groups of the block's input that hold the skip's 48 channels (of 8 for all 96)."""
ANCHOR = 3.0
"""A constant pair in each group of the last normalisation, so that its scale hardly depends on the picture."""
OUT_GROUP = 6


def _regress(inputs: Tensor, targets: Tensor, ridge: float = 1e-3) -> Tensor:
    """Least squares with a little ridge: (n, a) and (n, b) to (a, b), in float64."""
    inputs, targets = inputs.double(), targets.double()
    gram = inputs.T @ inputs / len(inputs)
    gram += ridge * gram.diagonal().mean() * torch.eye(len(gram), dtype=torch.float64)
    return torch.linalg.solve(gram, inputs.T @ targets / len(inputs)).float()


def _rows(values: Tensor) -> Tensor:
    """(B, C, h, w) to (B*h*w, C)."""
    return values.permute(0, 2, 3, 1).flatten(0, 2)


def _signal_axes(networks: Networks, controls: list[Tensor], styled: list[Tensor]) -> tuple[Tensor, Tensor]:
    """The `PAIRS` combinations of both controls' components that best predict all styles' latents, and their means.

    Returns (48, 24) axes, whose signals have unit deviation, and (24,) means. The order spreads the strong ones over
    the normalisation groups.
    """
    small = SIGNALS[2]
    parts = [
        _rows(net.controlnet_cond_embedding(control)[:, :small])
        for net, control in zip(networks.controlnets, controls, strict=True)
    ]
    inputs = torch.cat(parts, dim=1)
    targets = torch.cat([_rows(latents) for latents in styled], dim=1)
    centred = inputs - inputs.mean(0)
    weight = _regress(centred, targets - targets.mean(0))
    _, _, right = torch.linalg.svd(
        torch.linalg.cholesky(centred.T @ centred + 1e-2 * torch.eye(2 * small)).T @ weight
    )
    axes = weight @ right[:PAIRS].T
    axes = axes / (centred @ axes).std(0).clamp_min(1e-3)
    order = [signal for group in range(GROUPS) for signal in range(group, PAIRS, GROUPS)]
    axes = axes[:, order]
    return axes, inputs.mean(0) @ axes


def _write_skip(networks: Networks, axes: Tensor, means: Tensor) -> None:
    """The ControlNets' first output convolutions give the signals as pairs, side by side."""
    small = SIGNALS[2]
    for number, net in enumerate(networks.controlnets):
        block = net.controlnet_down_blocks[0]
        block.weight.zero_()
        block.bias.zero_()
        part = axes[number * small : (number + 1) * small].T
        block.weight[0::2, :small, 0, 0], block.weight[1::2, :small, 0, 0] = part, -part
    first = networks.controlnets[0].controlnet_down_blocks[0]
    first.bias[0::2], first.bias[1::2] = -means, means


def _write_hidden(block: nn.Module) -> None:
    """The block's first convolution hands the signals on as they are; every style starts with gains of one."""
    skip = block.conv1.in_channels - 2 * PAIRS
    for norm in (block.norm1, block.norm2):
        norm.weight.fill_(1)
        norm.bias.zero_()
    block.conv1.weight.mul_(0.05)
    block.conv1.bias.zero_()
    for channel in range(0, 2 * PAIRS, 2):
        for row, sign in ((channel, 1), (channel + 1, -1)):
            block.conv1.weight[row, :, 1, 1] = 0
            block.conv1.weight[row, skip + channel, 1, 1] = sign
            block.conv1.weight[row, skip + channel + 1, 1, 1] = -sign
    block.time_emb_proj.weight.zero_()
    block.time_emb_proj.bias.zero_()


def _write_output(networks: Networks, block: nn.Module, weight: Tensor) -> None:
    """Writes the regression `weight` (trunk 48 + signals 24 + one, 12) into the last layers, as pairs."""
    unet, skip = networks.unet, block.conv1.in_channels - 2 * PAIRS
    trunk, signals, bias = weight[:skip].T, weight[skip:-1].T, weight[-1]
    for layer in (block.conv_shortcut, block.conv2):
        layer.bias.zero_()
    block.conv2.weight.zero_()
    block.conv_shortcut.weight[: 6 * OUT_GROUP].zero_()
    unet.conv_norm_out.weight.fill_(1)
    unet.conv_norm_out.bias.zero_()
    nn.init.normal_(unet.conv_out.weight, std=1e-3)
    unet.conv_out.bias.zero_()
    gain = (ANCHOR**2 / 3 + 2 / 3) ** 0.5
    for latent in range(LATENT_CHANNELS):
        channel = latent // 2 * OUT_GROUP + latent % 2 * 2
        for row, sign in ((channel, 1), (channel + 1, -1)):
            block.conv_shortcut.weight[row, :skip, 0, 0] = sign * trunk[latent]
            block.conv_shortcut.bias[row] = sign * bias[latent]
            block.conv2.weight[row, 0::2, 1, 1] = sign * signals[latent]
            block.conv2.weight[row, 1::2, 1, 1] = -sign * signals[latent]
            unet.conv_out.weight[latent, row, 1, 1] = sign * gain
    for group in range(LATENT_CHANNELS // 2):
        block.conv_shortcut.bias[group * OUT_GROUP + 4] = ANCHOR
        block.conv_shortcut.bias[group * OUT_GROUP + 5] = -ANCHOR


def start_detail(
    networks: Networks, patches: Patches, controls: list[Tensor], styled: list[Tensor], texts: list[Tensor]
) -> None:
    """Lays the line. `styled` has the same views' pictures (B, 3, H, W) in each style, `texts` their token ids."""
    with torch.no_grad():
        latents = [patches.encode(pictures) for pictures in styled]
        block = networks.unet.up_blocks[-1].resnets[-1]
        _write_skip(networks, *_signal_axes(networks, controls, latents))
        _write_hidden(block)
        seen: dict[str, Tensor] = {}
        hooks = [
            block.register_forward_pre_hook(lambda _, inputs: seen.update(trunk=inputs[0])),
            block.conv2.register_forward_pre_hook(lambda _, inputs: seen.update(hidden=inputs[0])),
        ]
        steps = torch.full((len(texts[0]),), LAST_STEP)
        inputs = []
        for clean, ids in zip(latents, texts, strict=True):
            networks(torch.randn_like(clean), steps, networks.encode_text(ids), controls)
            trunk = _rows(seen["trunk"][:, : -2 * PAIRS])
            signals = _rows(seen["hidden"][:, 0::2] - seen["hidden"][:, 1::2])
            inputs.append(torch.cat([trunk, signals, torch.ones(len(trunk), 1)], dim=1))
        for hook in hooks:
            hook.remove()
        _write_output(
            networks, block, _regress(torch.cat(inputs), torch.cat([_rows(clean) for clean in latents]))
        )
