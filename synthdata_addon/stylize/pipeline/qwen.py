# SPDX-License-Identifier: GPL-3.0-or-later
"""Qwen-Image with a ControlNet: ``QwenImageControlNetPipeline``."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import QwenImageMultiControlNetModel

from .family import Call, Encoded, PipelineFamily, Text, signed, strengths


def encode(pipeline: Any, text: Text, device: str) -> Encoded:
    """Encode a prompt; its length is its own, so that only prompts of equal length share a batch."""
    found = _encoded(pipeline, text.prompt, device, "prompt_embeds")
    if text.guided:
        # The example of the pipeline's documentation has a space for "nothing".
        found |= _encoded(pipeline, text.negative or " ", device, "negative_prompt_embeds")
    return found


def _encoded(pipeline: Any, prompt: str, device: str, name: str) -> dict[str, Any]:
    embeddings, _ = pipeline.encode_prompt(prompt, device)
    # One prompt by itself is not padded, for which diffusers says None, and warns when it is told None.
    return {
        name: embeddings,
        f"{name}_mask": torch.ones(embeddings.shape[:2], dtype=torch.long, device=device),
    }


def arguments(call: Call) -> dict[str, Any]:
    """Guidance is called ``true_cfg_scale`` here; ``guidance_scale`` is for distilled models, which this is not."""
    return {"control_image": signed(call.images), "true_cfg_scale": call.guidance_scale, **strengths(call)}


def join(nets: list[Any]) -> Any:
    """Join to one ControlNet, which is all that diffusers takes here: it may read several images."""
    return QwenImageMultiControlNetModel(nets[:1])


FAMILY = PipelineFamily(
    pipeline="QwenImageControlNetPipeline",
    control="QwenImageControlNetModel",
    join=join,
    encode=encode,
    arguments=arguments,
    encoders=("text_encoder",),
    half=torch.bfloat16,
)
