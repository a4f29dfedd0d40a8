# SPDX-License-Identifier: GPL-3.0-or-later
"""Z-Image with a ControlNet: ``ZImageControlNetPipeline``."""

from __future__ import annotations

from typing import Any

import torch

from .family import Call, Encoded, PipelineFamily, Text, first, signed


def encode(pipeline: Any, text: Text, device: str) -> Encoded:
    """Encode a prompt: lists of one (length, width) tensor, each prompt as long as it is."""
    wanted, unwanted = pipeline.encode_prompt(
        text.prompt,
        device=device,
        do_classifier_free_guidance=text.guided,
        negative_prompt=text.negative if text.guided else None,
    )
    return {"prompt_embeds": wanted, "negative_prompt_embeds": unwanted}


def arguments(call: Call) -> dict[str, Any]:
    """One control image, steering over all steps."""
    (image,) = signed(call.images)
    return {
        "control_image": image,
        "guidance_scale": call.guidance_scale,
        "controlnet_conditioning_scale": call.controls[0].scale,
    }


FAMILY = PipelineFamily(
    pipeline="ZImageControlNetPipeline",
    control="ZImageControlNetModel",
    join=first,
    encode=encode,
    arguments=arguments,
    encoders=("text_encoder",),
    half=torch.bfloat16,
    guided_above=0.0,
)
