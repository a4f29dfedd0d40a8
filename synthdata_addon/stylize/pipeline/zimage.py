# SPDX-License-Identifier: GPL-3.0-or-later
"""Z-Image with a ControlNet: ``ZImageControlNetPipeline``."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import ZImageControlNetInpaintPipeline

from .family import Call, Encoded, PipelineFamily, Text, first, signed
from .flow_start import FlowStart


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
    """One control image, steering over all steps; a ControlNet that can reads the kept part of a picture as well."""
    (image,) = signed(call.images)
    kept = {}
    if call.net_reads_kept and call.picture is not None:
        kept = {"image": signed([call.picture])[0], "mask_image": call.mask}
    return {
        **kept,
        "control_image": image,
        "guidance_scale": call.guidance_scale,
        "controlnet_conditioning_scale": call.controls[0].scale,
    }


def repainting(pipeline: Any) -> Any:
    """Return the pipeline that tells a ControlNet what is kept; those before 2.0 have no channels for it."""
    if pipeline.controlnet.config.control_in_dim == pipeline.transformer.in_channels:
        return pipeline
    return ZImageControlNetInpaintPipeline(**pipeline.components)


FAMILY = PipelineFamily(
    pipeline="ZImageControlNetPipeline",
    control="ZImageControlNetModel",
    join=first,
    encode=encode,
    arguments=arguments,
    encoders=("text_encoder",),
    half=torch.bfloat16,
    guided_above=0.0,
    flow=FlowStart(),
    repainting=repainting,
)
