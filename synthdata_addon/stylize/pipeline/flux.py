# SPDX-License-Identifier: GPL-3.0-or-later
"""FLUX.1 with ControlNets: ``FluxControlNetPipeline``."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import FluxMultiControlNetModel

from .family import Call, Encoded, PipelineFamily, Text, signed, start, strengths


def encode(pipeline: Any, text: Text, device: str) -> Encoded:
    """Encode a prompt; guidance is distilled into the model, which knows no negative prompt."""
    embeddings, pooled, _ = pipeline.encode_prompt(text.prompt, None, device=device)
    return {"prompt_embeds": embeddings, "pooled_prompt_embeds": pooled}


def arguments(call: Call) -> dict[str, Any]:
    """The control image goes through the autoencoder; a union ControlNet is told the kinds."""
    return {
        "control_image": signed(call.images),
        "control_mode": list(call.modes),
        "guidance_scale": call.guidance_scale,
        **strengths(call),
        **start(call),
    }


FAMILY = PipelineFamily(
    pipeline="FluxControlNetPipeline",
    redraw="FluxControlNetImg2ImgPipeline",
    inpaint="FluxControlNetInpaintPipeline",
    control="FluxControlNetModel",
    join=FluxMultiControlNetModel,
    encode=encode,
    arguments=arguments,
    encoders=("text_encoder", "text_encoder_2"),
    half=torch.bfloat16,
)
