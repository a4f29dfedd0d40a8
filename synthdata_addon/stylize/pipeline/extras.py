# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes with a model: its scheduler, LoRAs (by peft), a reference picture (IP-Adapter)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import diffusers
import torch
from PIL import Image
from transformers import CLIPVisionModelWithProjection

from ...core.families import Family
from ...core.few_steps import Scheduler, preset
from ...core.model_extras import place
from ...core.model_spec import IPAdapterSpec, LoraSpec, ModelSpec

if TYPE_CHECKING:
    from .encoding import TextEncoders

ENCODER: Final = "image_encoder"
"""The folder beside an IP-Adapter's weights."""
SCHEDULERS: Final[Mapping[Scheduler, tuple[str, Mapping[str, Any]]]] = {
    "DDIM": ("DDIMScheduler", {}),
    "EULER": ("EulerDiscreteScheduler", {}),
    "EULER_A": ("EulerAncestralDiscreteScheduler", {}),
    "DPMPP_2M": ("DPMSolverMultistepScheduler", {}),
    "DPMPP_2M_KARRAS": ("DPMSolverMultistepScheduler", {"use_karras_sigmas": True}),
    "UNIPC": ("UniPCMultistepScheduler", {}),
    "LCM": ("LCMScheduler", {}),
    "TCD": ("TCDScheduler", {}),
}
"""diffusers' classes; they take over what the model's own scheduler says of its training."""


def set_scheduler(pipeline: Any, model: ModelSpec, of: Family) -> None:
    """Give a pipeline the scheduler that the request, or its kind of few-step model, wants."""
    if model.scheduler == "AUTO":
        return
    name, options = SCHEDULERS[model.scheduler]
    few = preset(model.few_steps, of)
    trailing = {"timestep_spacing": "trailing"} if few is not None and few.trailing else {}
    pipeline.scheduler = getattr(diffusers, name).from_config(
        pipeline.scheduler.config, **options, **trailing
    )


class Loras:
    """The LoRAs of a pipeline, each with its own weight, or 0 in a style that it is not for."""

    def __init__(self, pipeline: Any, loras: tuple[LoraSpec, ...]) -> None:
        self._pipeline = pipeline
        self._loras = loras
        self._names = [f"lora{number}" for number in range(len(loras))]
        self._applied: tuple[float, ...] = ()
        for name, lora in zip(self._names, loras, strict=True):
            found = place(lora.path)
            pipeline.load_lora_weights(
                found.root,
                adapter_name=name,
                use_safetensors=True,
                **({"subfolder": found.folder} if found.folder else {}),
                **({"weight_name": found.file} if found.file else {}),
            )

    def weights(self, style: str) -> tuple[float, ...]:
        """Return the weight of each LoRA in a style."""
        return tuple(lora.weight if lora.style in {"", style} else 0.0 for lora in self._loras)

    def apply(self, weights: tuple[float, ...]) -> None:
        """Set the weights; the text encoders must be in the pipeline."""
        if weights != self._applied:
            self._pipeline.set_adapters(self._names, list(weights))
            self._applied = weights

    @contextmanager
    def applied(self, style: str, texts: TextEncoders) -> Iterator[None]:
        """Use a style's weights."""
        if self.weights(style) != self._applied:
            with texts.attached():
                self.apply(self.weights(style))
        yield


class Reference:
    """A reference picture that all samples follow; it is encoded once."""

    def __init__(self, pipeline: Any, adapter: IPAdapterSpec, device: str) -> None:
        self._pipeline = pipeline
        self._device = device
        self._adapter = adapter
        self._encoded: dict[bool, Any] = {}
        if adapter.path:
            found = place(adapter.path)
            # Loaded here, as diffusers would also take an encoder that is no safetensors file.
            encoder = CLIPVisionModelWithProjection.from_pretrained(
                found.root,
                subfolder="/".join(part for part in (found.folder, ENCODER) if part),
                use_safetensors=True,
                dtype=pipeline.dtype,
            )
            pipeline.register_modules(image_encoder=encoder)
            pipeline.load_ip_adapter(found.root, subfolder=found.folder, weight_name=found.file)
            pipeline.set_ip_adapter_scale(adapter.scale)

    def arguments(self, *, guided: bool) -> dict[str, Any]:
        """Return what the pipeline is to be called with."""
        if not self._adapter.path:
            return {}
        if guided not in self._encoded:
            with Image.open(Path(self._adapter.image).expanduser()) as picture, torch.no_grad():
                self._encoded[guided] = self._pipeline.prepare_ip_adapter_image_embeds(
                    picture.convert("RGB"), None, self._device, 1, guided
                )
        return {"ip_adapter_image_embeds": self._encoded[guided]}
