# SPDX-License-Identifier: GPL-3.0-or-later
"""What a job says of its diffusion model. Values only; what can be known of the model's files is in ``models.py``."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final, Literal

from .controls import RECOMMENDED, ControlSpec, check_controls
from .errors import SpecError
from .families import FamilyChoice
from .few_steps import FewSteps, Scheduler
from .ranges import in_range

Device = Literal["auto", "cpu", "cuda", "mps"]
Precision = Literal["auto", "float32", "float16", "bfloat16"]
Offload = Literal["NONE", "MODEL", "SEQUENTIAL"]
Compile = Literal["AUTO", "OFF", "ON"]
Source = Literal["TEXT", "RENDER", "KEEP_OBJECTS", "KEEP_BACKGROUND"]
STRENGTHS: Final[dict[Source, float]] = {
    "TEXT": 1.0,
    "RENDER": 0.6,
    "KEEP_OBJECTS": 1.0,
    "KEEP_BACKGROUND": 1.0,
}
"""How much noise is recommended to begin with; diffusers' default for img2img is 0.8, for inpainting 1."""


@dataclass(frozen=True)
class LoraSpec:
    """A LoRA: a ``.safetensors`` file, a folder or a hub id ("org/name" or "org/name/file.safetensors").

    ``style`` names the only style that it works in; empty is every style.
    """

    path: str
    weight: float = 1.0
    style: str = ""


@dataclass(frozen=True)
class IPAdapterSpec:
    """A reference picture for all samples, through an IP-Adapter; an empty ``path`` is none.

    ``path`` is a ``.safetensors`` file with the folder ``image_encoder`` beside it, on this disk or on the hub
    ("h94/IP-Adapter/models/ip-adapter_sd15.safetensors"); ``image`` is the picture.
    """

    path: str = ""
    image: str = ""
    scale: float = 0.6


@dataclass(frozen=True)
class SpeedSpec:
    """How a GPU is used; a CPU makes one picture after the other, whatever this says.

    ``batch`` is how many pictures are made at once, 0 leaves it to the memory. ``compile``: AUTO compiles the repeated
    blocks when the job is long enough to pay for it. ``offload`` keeps parts of the model off a small card while they
    are not used (MODEL: part by part; SEQUENTIAL: layer by layer, very slow).
    """

    batch: int = 0
    compile: Compile = "AUTO"
    offload: Offload = "NONE"


@dataclass(frozen=True)
class ModelSpec:
    """The diffusion model. An empty ``path`` is the embedded quick-look model; 0 steps or guidance below 0 mean
    "as the model recommends". ``path`` is a folder, a hub id or a single ``.safetensors`` file; ``family`` says what it
    is where its files cannot tell ("auto" asks them).

    ``source``: TEXT begins with noise, RENDER with the finished picture and ``strength`` of noise over it (img2img);
    KEEP_OBJECTS repaints all but the labelled things of the finished picture, KEEP_BACKGROUND only those.
    """

    path: str = ""
    controls: tuple[ControlSpec, ...] = ()
    steps: int = 0
    guidance_scale: float = -1.0
    device: Device = "auto"
    precision: Precision = "auto"
    family: FamilyChoice = "auto"
    source: Source = "TEXT"
    strength: float = RECOMMENDED
    few_steps: FewSteps = "NONE"
    scheduler: Scheduler = "AUTO"
    loras: tuple[LoraSpec, ...] = ()
    ip_adapter: IPAdapterSpec = field(default_factory=IPAdapterSpec)
    speed: SpeedSpec = field(default_factory=SpeedSpec)


def check_model_ranges(model: ModelSpec) -> None:
    """Refuse numbers that no model takes, also in a job that makes no pictures.

    Raises:
        SpecError: ``spec.range``.
    """
    in_range("model.steps", model.steps, 0, 1000)
    in_range("model.guidance_scale", model.guidance_scale, -1.0, 100.0)
    in_range("model.speed.batch", model.speed.batch, 0, 256)
    in_range("model.ip_adapter.scale", model.ip_adapter.scale, 0.0, 2.0)
    if model.strength != RECOMMENDED:
        in_range("model.strength", model.strength, 0.0, 1.0)
    for lora in model.loras:
        in_range(f"The weight of the LoRA '{lora.path}'", lora.weight, -10.0, 10.0)


def check_model_spec(model: ModelSpec, *, beauty: bool, styles: Collection[str]) -> None:
    """Refuse a model's settings that cannot be, whatever the model is.

    ``beauty`` tells that there is a finished picture, ``styles`` are the names of the job's styles.

    Raises:
        SpecError: ``spec.controls`` or ``spec.model``.
    """
    if model.path and not model.controls:
        raise SpecError(
            "spec.controls",
            f"The model '{model.path}' has no ControlNet, so that its pictures would not follow the labels.",
            "Add a ControlNet of the model's family, such as one for depth.",
        )
    check_controls(model.controls)
    if model.source != "TEXT" and not beauty:
        raise SpecError(
            "spec.model",
            f"Pictures begin with the finished picture ({model.source}), which is not rendered.",
            "Turn Beauty on, or begin with noise (TEXT).",
        )
    for lora in model.loras:
        if lora.style and lora.style not in styles:
            raise SpecError(
                "spec.model",
                f"The LoRA '{lora.path}' is for the style '{lora.style}', which the job has not.",
                f"Choose one of: {', '.join(styles)}; or leave it empty for all.",
            )
        if not lora.path:
            raise SpecError(
                "spec.model", "A LoRA has no path.", "Name its file, folder or hub id, or remove it."
            )
    if bool(model.ip_adapter.path) != bool(model.ip_adapter.image):
        raise SpecError(
            "spec.model",
            f"The IP-Adapter '{model.ip_adapter.path}' and its picture '{model.ip_adapter.image}' need each other.",
            "Name both, or neither.",
        )
