# SPDX-License-Identifier: GPL-3.0-or-later
"""Stable Diffusion XL with one ControlNet for all kinds: ``StableDiffusionXLControlNetUnionPipeline``."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from . import sdxl
from .family import Call, first, start, strengths


def arguments(call: Call) -> dict[str, Any]:
    """Each control image comes with the number that the ControlNet knows its kind by."""
    return {
        "control_image": list(call.images),
        "control_mode": list(call.modes),
        "guidance_scale": call.guidance_scale,
        **strengths(call),
        **start(call),
    }


FAMILY = replace(
    sdxl.FAMILY,
    pipeline="StableDiffusionXLControlNetUnionPipeline",
    redraw="StableDiffusionXLControlNetUnionImg2ImgPipeline",
    inpaint="StableDiffusionXLControlNetUnionInpaintPipeline",
    control="ControlNetUnionModel",
    join=first,
    arguments=arguments,
)
