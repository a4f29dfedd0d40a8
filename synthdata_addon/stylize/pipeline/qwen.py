# SPDX-License-Identifier: GPL-3.0-or-later
"""Qwen-Image with a ControlNet: ``QwenImageControlNetPipeline``."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import QwenImageMultiControlNetModel

from .family import Call, Encoded, PipelineFamily, Text, signed, strengths
from .flow_start import FlowStart


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


def latents(pipeline: Any, picture: torch.Tensor) -> torch.Tensor:
    """Encode a picture as one frame, by an autoencoder of films whose channels have a scale each."""
    vae = pipeline.vae
    found = vae.encode(picture.unsqueeze(2).to(vae.dtype)).latent_dist.mode().float()[:, :, 0]
    mean, deviation = (
        torch.tensor(values, device=found.device).view(1, -1, 1, 1)
        for values in (vae.config.latents_mean, vae.config.latents_std)
    )
    return torch.as_tensor((found - mean) / deviation)


def packed(pipeline: Any, latents: torch.Tensor) -> torch.Tensor:
    """Put 2 x 2 latents into one token, as the denoiser reads them."""
    return torch.as_tensor(pipeline._pack_latents(latents.contiguous(), *latents.shape))  # noqa: SLF001 - no other way


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
    flow=FlowStart(encode=latents, packed=packed),
)
