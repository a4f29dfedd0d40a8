# SPDX-License-Identifier: GPL-3.0-or-later
"""Pipelines with random weights, as large as Stable Diffusion 1.5 and XL with one depth ControlNet, for benchmarks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    ControlNetModel,
    DDIMScheduler,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from tests.tiny_model import clip_tokenizer

UNETS: dict[str, dict[str, Any]] = {
    "sd15": {
        "sample_size": 64,
        "cross_attention_dim": 768,
        "block_out_channels": (320, 640, 1280, 1280),
        "attention_head_dim": 8,
    },
    "sdxl": {
        "sample_size": 128,
        "cross_attention_dim": 2048,
        "block_out_channels": (320, 640, 1280),
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        "attention_head_dim": (5, 10, 20),
        "transformer_layers_per_block": (1, 2, 10),
        "use_linear_projection": True,
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 256,
        "projection_class_embeddings_input_dim": 2816,
    },
}


def save_model(size: str, folder: Path) -> Path:
    """Save a pipeline of a size ("sd15" or "sdxl") in half precision, recommended by its synthdata.json; return it."""
    torch.manual_seed(0)
    unet = UNet2DConditionModel(**UNETS[size])
    net = ControlNetModel.from_unet(unet)
    tokenizer = clip_tokenizer(folder / "tokenizer_source")
    tokenizer.model_max_length = 77
    common = {"vae": _vae(), "tokenizer": tokenizer, "unet": unet, "scheduler": _scheduler()}
    if size == "sd15":
        pipeline: Any = StableDiffusionPipeline(
            text_encoder=_text(768, 12, tokenizer),
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
            **common,
        )
    else:
        pipeline = StableDiffusionXLPipeline(
            text_encoder=_text(768, 12, tokenizer),
            text_encoder_2=_text(1280, 32, tokenizer, projected=True),
            tokenizer_2=tokenizer,
            add_watermarker=False,
            **common,
        )
    pipeline.to(torch.float16).save_pretrained(folder)
    net.to(torch.float16).save_pretrained(folder / "control_depth")
    recommended = {
        "controls": [{"kind": "depth", "model": "control_depth"}],
        "steps": 20,
        "guidance_scale": 7.5,
    }
    (folder / "synthdata.json").write_text(json.dumps(recommended), encoding="utf-8")
    return folder


def _text(width: int, layers: int, tokenizer: Any, *, projected: bool = False) -> Any:
    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=layers,
        num_attention_heads=width // 64,
        projection_dim=width,
    )
    return (CLIPTextModelWithProjection if projected else CLIPTextModel)(config)


def _vae() -> AutoencoderKL:
    return AutoencoderKL(
        block_out_channels=(128, 256, 512, 512),
        layers_per_block=2,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4,
        force_upcast=False,
    )


def _scheduler() -> DDIMScheduler:
    return DDIMScheduler(beta_schedule="scaled_linear", clip_sample=False, steps_offset=1)
