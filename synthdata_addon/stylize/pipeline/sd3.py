# SPDX-License-Identifier: GPL-3.0-or-later
"""Stable Diffusion 3 and 3.5 with ControlNets: ``StableDiffusion3ControlNetPipeline``."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import SD3MultiControlNetModel

from .family import Call, Encoded, PipelineFamily, Text, signed, strengths
from .flow_start import FlowStart, scheduler_schedule


def encode(pipeline: Any, text: Text, device: str) -> Encoded:
    """Encode a prompt by all three text encoders."""
    found = pipeline.encode_prompt(
        text.prompt,
        text.prompt,
        text.prompt,
        device=device,
        do_classifier_free_guidance=text.guided,
        negative_prompt=text.negative if text.guided else None,
    )
    names = (
        "prompt_embeds",
        "negative_prompt_embeds",
        "pooled_prompt_embeds",
        "negative_pooled_prompt_embeds",
    )
    return dict(zip(names, found, strict=True))


def arguments(call: Call) -> dict[str, Any]:
    """The control image goes through the autoencoder."""
    return {"control_image": signed(call.images), "guidance_scale": call.guidance_scale, **strengths(call)}


FAMILY = PipelineFamily(
    pipeline="StableDiffusion3ControlNetPipeline",
    control="SD3ControlNetModel",
    join=SD3MultiControlNetModel,
    encode=encode,
    arguments=arguments,
    encoders=("text_encoder", "text_encoder_2", "text_encoder_3"),
    half=torch.bfloat16,
    flow=FlowStart(schedule=scheduler_schedule),
)
