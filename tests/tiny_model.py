# SPDX-License-Identifier: GPL-3.0-or-later
"""A Stable Diffusion pipeline of the real classes with small random weights, saved as users' models are."""

from __future__ import annotations

import json
from pathlib import Path

WORDS = ("room", "desk", "red", "blue", "night", "snow", "wood", "a", "of", "in")


def save_tiny_model(folder: Path, width: int = 32, kinds: tuple[str, ...] = ("depth", "normal")) -> Path:
    """Save a pipeline and its ControlNets (in ``control_<kind>``), with a synthdata.json; return the folder."""
    import torch
    from diffusers import (
        AutoencoderKL,
        ControlNetModel,
        DDIMScheduler,
        StableDiffusionPipeline,
        UNet2DConditionModel,
    )
    from transformers import CLIPTextConfig, CLIPTextModel

    torch.manual_seed(0)
    tokenizer = clip_tokenizer(folder / "tokenizer_source")
    text_encoder = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=width,
            intermediate_size=2 * width,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=16,
            projection_dim=width,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    unet = UNet2DConditionModel(
        sample_size=16,
        block_out_channels=(16, 32),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=width,
        attention_head_dim=4,
        norm_num_groups=8,
    )
    vae = AutoencoderKL(
        block_out_channels=(16, 16, 16, 16),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4,
        norm_num_groups=8,
    )
    pipeline = StableDiffusionPipeline(
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        unet=unet,
        scheduler=DDIMScheduler(beta_schedule="scaled_linear", clip_sample=False, steps_offset=1),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(folder)
    for kind in kinds:
        net = ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=(8, 8, 16, 16))
        # A new ControlNet ends in zeros and its conditioning shrinks at each layer: it would steer nothing.
        for layer in [
            *net.controlnet_down_blocks,
            net.controlnet_mid_block,
            net.controlnet_cond_embedding.conv_out,
        ]:
            torch.nn.init.normal_(layer.weight, std=1.0)
        for layer in [net.controlnet_cond_embedding.conv_in, *net.controlnet_cond_embedding.blocks]:
            layer.weight.data *= 3.0
        net.save_pretrained(folder / f"control_{kind}")
    recommended = {
        "controls": [{"kind": kind, "model": f"control_{kind}"} for kind in kinds],
        "steps": 2,
        "guidance_scale": 3.0,
        "width": 64,
        "height": 48,
        "styles": [{"name": "red", "prompt": "a red room", "negative_prompt": ""}],
    }
    (folder / "synthdata.json").write_text(json.dumps(recommended), encoding="utf-8")
    return folder


def clip_tokenizer(folder: Path):
    """Build a CLIP tokenizer that knows the letters and a few words."""
    from transformers import CLIPTokenizer

    letters = [chr(c) for c in range(ord("a"), ord("z") + 1)]
    tokens = [*letters, *(f"{letter}</w>" for letter in letters)]
    merges = []
    for word in WORDS:
        parts = [*word[:-1], f"{word[-1]}</w>"]
        while len(parts) > 1:
            merges.append(f"{parts[0]} {parts[1]}")
            parts = [parts[0] + parts[1], *parts[2:]]
            tokens.append(parts[0])
    tokens = list(dict.fromkeys([*tokens, "<|startoftext|>", "<|endoftext|>"]))
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = {token: number for number, token in enumerate(tokens)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    (folder / "merges.txt").write_text(
        "#version: 0.2\n" + "\n".join(dict.fromkeys(merges)) + "\n", encoding="utf-8"
    )
    return CLIPTokenizer.from_pretrained(folder, model_max_length=16)
