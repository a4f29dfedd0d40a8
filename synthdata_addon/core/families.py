# SPDX-License-Identifier: GPL-3.0-or-later
"""The model families, one row each: how a family is recognised, which sizes it takes, what its makers recommend.

Facts only, no torch: Blender refuses what does not fit before the first render. How each family's pipeline is called is
in ``stylize/pipeline/``, one file a family.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

Family = Literal["sd15", "sdxl", "sdxl_union", "sd3", "flux", "flux_control", "qwen", "zimage"]
FamilyChoice = Literal["auto", "sd15", "sdxl", "sdxl_union", "sd3", "flux", "flux_control", "qwen", "zimage"]
NAMES: Final[tuple[Family, ...]] = get_args(Family)


@dataclass(frozen=True)
class FamilyFacts:
    """What is known of a family.

    ``pipelines`` are beginnings of the class that a base model's ``model_index.json`` names; ``controlnets`` are the
    classes of its ControlNets, empty where the base model reads the control image itself. Sides of pictures are
    multiples of ``multiple``. ``modes`` numbers the kinds of control images for a union ControlNet (one that reads
    several kinds and is told which). ``most`` is the largest number of control images at once, 0 is any number; with
    ``one_net`` one ControlNet reads all images.
    ``net_from_file`` tells whether diffusers reads a single file of a ControlNet. A family without ``shares`` steers
    over all steps, one without ``negative`` reads no negative prompt. ``ip_adapter`` tells whether diffusers' pipelines
    take a reference picture, ``schedulers`` whether the scheduler can be chosen (the others learned one flow).
    """

    label: str
    pipelines: tuple[str, ...]
    controlnets: tuple[str, ...]
    multiple: int
    steps: int
    guidance_scale: float
    modes: Mapping[str, int] = field(default_factory=dict)
    most: int = 0
    one_net: bool = False
    net_from_file: bool = True
    shares: bool = True
    negative: bool = True
    ip_adapter: bool = False
    schedulers: bool = False


FACTS: Final[Mapping[Family, FamilyFacts]] = {
    # Stable Diffusion 1.x and 2.x: 7.5 is diffusers' own default.
    "sd15": FamilyFacts(
        "Stable Diffusion 1.5",
        (
            "StableDiffusionPipeline",
            "StableDiffusionControlNet",
            "StableDiffusionImg2Img",
            "StableDiffusionInpaint",
            "LatentConsistencyModelPipeline",
        ),
        ("ControlNetModel",),
        8,
        20,
        7.5,
        ip_adapter=True,
        schedulers=True,
    ),
    "sdxl": FamilyFacts(
        "Stable Diffusion XL",
        ("StableDiffusionXL",),
        ("ControlNetModel",),
        8,
        30,
        5.0,
        ip_adapter=True,
        schedulers=True,
    ),
    # Types of control as the nets of xinsir/controlnet-union-sdxl-1.0 number them. Their segmentation is coloured by
    # instance (masks of Segment Anything in colours of their own).
    "sdxl_union": FamilyFacts(
        "Stable Diffusion XL, Union ControlNet",
        (),
        ("ControlNetUnionModel", "ControlNetModel_Union"),
        8,
        30,
        5.0,
        one_net=True,
        net_from_file=False,
        ip_adapter=True,
        schedulers=True,
        modes={
            "depth": 1,
            "depth_zoe": 1,
            "depth_leres": 1,
            "softedge": 2,
            "canny": 3,
            "lineart": 3,
            "normal": 4,
            "segmentation": 5,
            "instances": 5,
        },
    ),
    # Model card of stable-diffusion-3.5-large: 28 steps, guidance 3.5.
    "sd3": FamilyFacts(
        "Stable Diffusion 3.5",
        ("StableDiffusion3",),
        ("SD3ControlNetModel",),
        16,
        28,
        3.5,
        net_from_file=False,
    ),
    # Modes of FLUX.1-dev-ControlNet-Union-Pro; a ControlNet without modes (Union-Pro-2.0) is not told.
    "flux": FamilyFacts(
        "FLUX.1",
        ("FluxPipeline", "FluxControlNet", "FluxImg2Img", "FluxInpaint"),
        ("FluxControlNetModel",),
        16,
        28,
        3.5,
        modes={"canny": 0, "depth": 2, "depth_zoe": 2, "depth_leres": 2},
        net_from_file=False,
        negative=False,
    ),
    # FLUX.1-Depth-dev: 30 steps, guidance 10 in diffusers' documentation.
    "flux_control": FamilyFacts(
        "FLUX.1 Control",
        ("FluxControlPipeline", "FluxControlImg2Img", "FluxControlInpaint"),
        (),
        16,
        30,
        10.0,
        most=1,
        net_from_file=False,
        shares=False,
        negative=False,
    ),
    # diffusers' documentation of QwenImageControlNetPipeline: 30 steps, true_cfg_scale 4.
    "qwen": FamilyFacts(
        "Qwen-Image",
        ("QwenImage",),
        ("QwenImageControlNetModel",),
        16,
        30,
        4.0,
        one_net=True,
        net_from_file=False,
    ),
    # Z-Image-Turbo: 9 steps (8 passes), no guidance.
    "zimage": FamilyFacts(
        "Z-Image", ("ZImage",), ("ZImageControlNetModel",), 16, 9, 0.0, most=1, shares=False
    ),
}


def of_pipeline(name: str) -> Family | None:
    """Return the family of a pipeline class; None for a class of no family here. The longest beginning decides."""
    found = [
        (len(start), family)
        for family, facts in FACTS.items()
        for start in facts.pipelines
        if name.startswith(start)
    ]
    return max(found)[1] if found else None
