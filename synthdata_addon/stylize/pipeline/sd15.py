# SPDX-License-Identifier: GPL-3.0-or-later
"""Stable Diffusion 1.x and 2.x with ControlNets: ``StableDiffusionControlNetPipeline``."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import MultiControlNetModel

from .family import Call, Encoded, PipelineFamily, Text, start, strengths


def encode(pipeline: Any, text: Text, device: str) -> Encoded:
    """Encode a prompt; without guidance there is no negative one."""
    negative = text.negative if text.guided else None
    embeddings, unwanted = pipeline.encode_prompt(text.prompt, device, 1, text.guided, negative)
    return {"prompt_embeds": embeddings, "negative_prompt_embeds": unwanted}


def arguments(call: Call) -> dict[str, Any]:
    """The control image is read in [0, 1]; it is called ``image`` where nothing else is."""
    name = "image" if call.picture is None else "control_image"
    return {name: list(call.images), "guidance_scale": call.guidance_scale, **strengths(call), **start(call)}


FAMILY = PipelineFamily(
    pipeline="StableDiffusionControlNetPipeline",
    redraw="StableDiffusionControlNetImg2ImgPipeline",
    inpaint="StableDiffusionControlNetInpaintPipeline",
    control="ControlNetModel",
    # Not the plain list: a folder that comes with ControlNets of its own takes no list in their place.
    join=MultiControlNetModel,
    encode=encode,
    arguments=arguments,
    encoders=("text_encoder",),
    half=torch.float16,
    transformer="unet",
    # The checker blackens pictures at random, which a dataset must not have; its users look at their data.
    options={"safety_checker": None, "requires_safety_checker": False},
)
