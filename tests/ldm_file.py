# SPDX-License-Identifier: GPL-3.0-or-later
"""Packs a diffusers pipeline into one file with the names that Stable Diffusion's own releases use."""

from __future__ import annotations

import re
from pathlib import Path

RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
UNET = {
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
    "mid_block.attentions.0": "middle_block.1",
}
VAE_ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}


def save_single_file(folder: Path, file: Path) -> None:
    """Save the pipeline of ``tests.tiny_model`` (one layer a block, four VAE levels) as ``file``."""
    from safetensors.torch import load_file, save_file

    def weights(part):
        (source,) = (folder / part).glob("*.safetensors")
        return load_file(source)

    packed = {f"model.diffusion_model.{_unet(name)}": tensor for name, tensor in weights("unet").items()}
    for name, tensor in weights("vae").items():
        # The original's attention is made of 1 x 1 convolutions.
        conv = ".attentions." in name and tensor.ndim == 2
        packed[f"first_stage_model.{_vae(name)}"] = tensor[..., None, None].contiguous() if conv else tensor
    for name, tensor in weights("text_encoder").items():
        packed[f"cond_stage_model.transformer.text_model.{name.removeprefix('text_model.')}"] = tensor
    save_file(packed, file)


def _unet(name: str) -> str:
    for ours, theirs in UNET.items():
        if name.startswith(f"{ours}."):
            return theirs + name[len(ours) :]
    down = re.fullmatch(r"down_blocks\.(\d)\.(resnets|attentions)\.0\.(.+)", name)
    if down:
        block, kind, rest = down.groups()
        return f"input_blocks.{1 + 2 * int(block)}.{_layer(kind, rest)}"
    up = re.fullmatch(r"up_blocks\.(\d)\.(resnets|attentions)\.(\d)\.(.+)", name)
    if up:
        block, kind, number, rest = up.groups()
        return f"output_blocks.{2 * int(block) + int(number)}.{_layer(kind, rest)}"
    middle = re.fullmatch(r"mid_block\.resnets\.(\d)\.(.+)", name)
    if middle:
        return f"middle_block.{2 * int(middle[1])}.{_resnet(middle[2])}"
    name = re.sub(
        r"down_blocks\.(\d)\.downsamplers\.0\.conv", lambda m: f"input_blocks.{2 + 2 * int(m[1])}.0.op", name
    )
    # Only the first up block grows, behind its attention.
    return name.replace("up_blocks.0.upsamplers.0", "output_blocks.1.2")


def _layer(kind: str, rest: str) -> str:
    return f"0.{_resnet(rest)}" if kind == "resnets" else f"1.{rest}"


def _resnet(rest: str) -> str:
    part, _, end = rest.rpartition(".")
    return f"{RESNET[part]}.{end}"


def _vae(name: str) -> str:
    name = re.sub(r"down_blocks\.(\d)\.resnets\.(\d)", r"down.\1.block.\2", name)
    name = re.sub(r"up_blocks\.(\d)\.resnets\.(\d)", lambda m: f"up.{3 - int(m[1])}.block.{m[2]}", name)
    name = re.sub(r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample", name)
    name = re.sub(r"up_blocks\.(\d)\.upsamplers\.0", lambda m: f"up.{3 - int(m[1])}.upsample", name)
    name = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", name)
    attention = re.fullmatch(r"(.+)\.mid_block\.attentions\.0\.(.+)\.(weight|bias)", name)
    if attention:
        side, part, end = attention.groups()
        return f"{side}.mid.attn_1.{VAE_ATTENTION[part]}.{end}"
    return name.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
