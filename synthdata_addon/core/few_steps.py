# SPDX-License-Identifier: GPL-3.0-or-later
"""Few-step models: what LCM, Turbo, Lightning and Hyper want of steps, guidance and scheduler, by model family.

A preset changes these three only. The weights themselves are the user's: a distilled base model, or a LoRA.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from .families import Family

FewSteps = Literal["NONE", "LCM", "TURBO", "LIGHTNING", "HYPER"]
Scheduler = Literal["AUTO", "DDIM", "EULER", "EULER_A", "DPMPP_2M", "DPMPP_2M_KARRAS", "UNIPC", "LCM", "TCD"]


@dataclass(frozen=True)
class Preset:
    """Steps, guidance and scheduler; with ``trailing`` the first step begins at pure noise."""

    steps: int
    guidance_scale: float
    scheduler: Scheduler = "AUTO"
    trailing: bool = False


_LCM = Preset(4, 1.0, "LCM")
_TURBO = Preset(4, 0.0, "EULER_A", trailing=True)
_LIGHTNING = Preset(4, 0.0, "EULER", trailing=True)
_HYPER = Preset(8, 0.0, "DDIM", trailing=True)
PRESETS: Final[Mapping[tuple[FewSteps, Family], Preset]] = {
    # Model cards of latent-consistency/lcm-lora-sdv1-5 and -sdxl: LCMScheduler, 4 steps, guidance 0 to 2.
    ("LCM", "sd15"): _LCM,
    ("LCM", "sdxl"): _LCM,
    ("LCM", "sdxl_union"): _LCM,
    # Model cards of stabilityai/sd-turbo, sdxl-turbo, stable-diffusion-3.5-large-turbo and Tongyi-MAI/Z-Image-Turbo.
    ("TURBO", "sd15"): _TURBO,
    ("TURBO", "sdxl"): _TURBO,
    ("TURBO", "sdxl_union"): _TURBO,
    ("TURBO", "sd3"): Preset(4, 0.0),
    ("TURBO", "zimage"): Preset(9, 0.0),
    # Model card of ByteDance/SDXL-Lightning: EulerDiscreteScheduler, trailing; lightx2v/Qwen-Image-Lightning: 8 steps.
    ("LIGHTNING", "sdxl"): _LIGHTNING,
    ("LIGHTNING", "sdxl_union"): _LIGHTNING,
    ("LIGHTNING", "qwen"): Preset(8, 1.0),
    # Model card of ByteDance/Hyper-SD, LoRAs of 8 steps: DDIMScheduler, trailing; FLUX.1 keeps its own scheduler.
    ("HYPER", "sd15"): _HYPER,
    ("HYPER", "sdxl"): _HYPER,
    ("HYPER", "sdxl_union"): _HYPER,
    ("HYPER", "flux"): Preset(8, 3.5),
    ("HYPER", "flux_control"): Preset(8, 10.0),
}


def preset(name: FewSteps, family: Family) -> Preset | None:
    """Return what a kind of few-step model wants; None for none, and where there is no such model of the family."""
    return PRESETS.get((name, family))
