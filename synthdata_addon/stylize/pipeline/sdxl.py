# SPDX-License-Identifier: GPL-3.0-or-later
"""Stable Diffusion XL with ControlNets: ``StableDiffusionXLControlNetPipeline``."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import MultiControlNetModel

from .family import Call, Encoded, PipelineFamily, Text, start, strengths


def encode(pipeline: Any, text: Text, device: str) -> Encoded:
    """Encode a prompt by both text encoders; an empty negative prompt is all zeros, as the base model was trained."""
    found = pipeline.encode_prompt(
        text.prompt,
        device=device,
        do_classifier_free_guidance=text.guided,
        negative_prompt=(text.negative or None) if text.guided else None,
    )
    names = (
        "prompt_embeds",
        "negative_prompt_embeds",
        "pooled_prompt_embeds",
        "negative_pooled_prompt_embeds",
    )
    return dict(zip(names, found, strict=True))


def arguments(call: Call) -> dict[str, Any]:
    """The control image is read in [0, 1]; it is called ``image`` where nothing else is."""
    name = "image" if call.picture is None else "control_image"
    return {name: list(call.images), "guidance_scale": call.guidance_scale, **strengths(call), **start(call)}


FAMILY = PipelineFamily(
    pipeline="StableDiffusionXLControlNetPipeline",
    redraw="StableDiffusionXLControlNetImg2ImgPipeline",
    inpaint="StableDiffusionXLControlNetInpaintPipeline",
    control="ControlNetModel",
    join=MultiControlNetModel,
    encode=encode,
    arguments=arguments,
    encoders=("text_encoder", "text_encoder_2"),
    half=torch.float16,
    transformer="unet",
    # A watermark would be in every picture of the dataset.
    options={"add_watermarker": False},
)
