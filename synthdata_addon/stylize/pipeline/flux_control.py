# SPDX-License-Identifier: GPL-3.0-or-later
"""FLUX.1-Depth and -Canny, which read the control image beside the noise: ``FluxControlPipeline``."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from . import flux
from .family import Call, first, signed, start


def arguments(call: Call) -> dict[str, Any]:
    """One control image, with no strength to choose."""
    (image,) = signed(call.images)
    return {"control_image": image, "guidance_scale": call.guidance_scale, **start(call)}


FAMILY = replace(
    flux.FAMILY,
    pipeline="FluxControlPipeline",
    redraw="FluxControlImg2ImgPipeline",
    inpaint="FluxControlInpaintPipeline",
    control="",
    join=first,
    arguments=arguments,
)
