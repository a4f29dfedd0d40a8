# SPDX-License-Identifier: GPL-3.0-or-later
"""Packs a diffusers pipeline, or its transformer, into one file with the names that the makers' own releases use."""

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
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
}
OPEN_CLIP = {
    "embeddings.token_embedding.weight": "token_embedding.weight",
    "embeddings.position_embedding.weight": "positional_embedding",
    "final_layer_norm": "ln_final",
    "encoder.layers": "transformer.resblocks",
    "layer_norm1": "ln_1",
    "layer_norm2": "ln_2",
    "mlp.fc1": "mlp.c_fc",
    "mlp.fc2": "mlp.c_proj",
    "self_attn": "attn",
}
SD3 = {
    "pos_embed.proj": "x_embedder.proj",
    "pos_embed.pos_embed": "pos_embed",
    "time_text_embed.timestep_embedder.linear_1": "t_embedder.mlp.0",
    "time_text_embed.timestep_embedder.linear_2": "t_embedder.mlp.2",
    "time_text_embed.text_embedder.linear_1": "y_embedder.mlp.0",
    "time_text_embed.text_embedder.linear_2": "y_embedder.mlp.2",
    "proj_out": "final_layer.linear",
    "norm_out.linear": "final_layer.adaLN_modulation.1",
}
SD3_BLOCK = {
    "attn.to_out.0": "x_block.attn.proj",
    "attn.to_add_out": "context_block.attn.proj",
    "norm1.linear": "x_block.adaLN_modulation.1",
    "norm1_context.linear": "context_block.adaLN_modulation.1",
    "ff.net.0.proj": "x_block.mlp.fc1",
    "ff.net.2": "x_block.mlp.fc2",
    "ff_context.net.0.proj": "context_block.mlp.fc1",
    "ff_context.net.2": "context_block.mlp.fc2",
}
ZIMAGE = {
    "all_final_layer.2-1": "final_layer",
    "all_x_embedder.2-1": "x_embedder",
    ".attention.to_out.0": ".attention.out",
    ".attention.norm_q": ".attention.q_norm",
    ".attention.norm_k": ".attention.k_norm",
}
VAE_ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}


def save_single_file(folder: Path, file: Path) -> None:
    """Save the pipeline of ``tests.tiny_model``, or a tiny XL one (a layer a block, four VAE levels), as ``file``."""
    from safetensors.torch import save_file

    packed = {
        f"model.diffusion_model.{_unet(name)}": tensor for name, tensor in _weights(folder, "unet").items()
    }
    for name, tensor in _weights(folder, "vae").items():
        # The original's attention is made of 1 x 1 convolutions.
        conv = ".attentions." in name and tensor.ndim == 2
        packed[f"first_stage_model.{_vae(name)}"] = tensor[..., None, None].contiguous() if conv else tensor
    xl = (folder / "text_encoder_2").is_dir()
    place = "conditioner.embedders.0" if xl else "cond_stage_model"
    for name, tensor in _weights(folder, "text_encoder").items():
        packed[f"{place}.transformer.text_model.{name.removeprefix('text_model.')}"] = tensor
    if xl:
        packed |= _open_clip(_weights(folder, "text_encoder_2"))
    save_file(packed, file)


def save_transformer(folder: Path, file: Path, family: str) -> None:
    """Save the transformer of a tiny pipeline of ``family`` as ``file``, in the names of its makers.

    FLUX.1's are left as diffusers has them: its reader of the makers' names knows the real width only.
    """
    from safetensors.torch import save_file

    weights = _weights(folder, "transformer")
    packed = {"sd3": _sd3, "zimage": _zimage}.get(family, dict)(weights)
    save_file({name: tensor.contiguous() for name, tensor in packed.items()}, file)


def _weights(folder: Path, part: str):
    from safetensors.torch import load_file

    (source,) = (folder / part).glob("*.safetensors")
    return load_file(source)


def _renamed(name: str, names: dict[str, str]) -> str:
    for ours, theirs in names.items():
        name = name.replace(ours, theirs)
    return name


def _fused(weights, end: str, parts: tuple[str, str, str], fused: str):
    """Join three weights whose names end in ``parts`` to one that ends in ``fused``; return all."""
    import torch

    made = dict(weights)
    for name in weights:
        if name.endswith(f"{parts[0]}.{end}"):
            start = name.removesuffix(f"{parts[0]}.{end}")
            made[f"{start}{fused}"] = torch.cat([made.pop(f"{start}{part}.{end}") for part in parts])
    return made


def _open_clip(weights):
    for end in ("weight", "bias"):
        parts = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj")
        weights = _fused(weights, end, parts, f"self_attn.in_proj_{end}")
    packed = {}
    for name, tensor in weights.items():
        if name == "text_projection.weight":
            packed["conditioner.embedders.1.model.text_projection"] = tensor.T.contiguous()
        else:
            packed[
                f"conditioner.embedders.1.model.{_renamed(name.removeprefix('text_model.'), OPEN_CLIP)}"
            ] = tensor
    return packed


def _sd3(weights):
    for end in ("weight", "bias"):
        weights = _fused(weights, end, ("attn.to_q", "attn.to_k", "attn.to_v"), f"x_block.attn.qkv.{end}")
        parts = ("attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj")
        weights = _fused(weights, end, parts, f"context_block.attn.qkv.{end}")
    last = max(int(name.split(".")[1]) for name in weights if name.startswith("transformer_blocks."))
    swapped = {}
    for name, tensor in weights.items():
        if name.startswith(("norm_out.", f"transformer_blocks.{last}.norm1_context.")):
            swapped[name] = tensor.roll(tensor.shape[0] // 2, 0)  # shift and scale change places
    return {
        f"model.diffusion_model.{_sd3_name(name)}": tensor for name, tensor in (weights | swapped).items()
    }


def _sd3_name(name: str) -> str:
    block = re.fullmatch(r"transformer_blocks\.(\d+)\.(.+)", name)
    return f"joint_blocks.{block[1]}.{_renamed(block[2], SD3_BLOCK)}" if block else _renamed(name, SD3)


def _zimage(weights):
    weights = _fused(
        weights, "weight", ("attention.to_q", "attention.to_k", "attention.to_v"), "attention.qkv.weight"
    )
    return {f"model.diffusion_model.{_renamed(name, ZIMAGE)}": tensor for name, tensor in weights.items()}


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
