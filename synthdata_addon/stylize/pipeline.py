# SPDX-License-Identifier: GPL-3.0-or-later
"""Control images to pictures with diffusers' own StableDiffusionControlNetPipeline. Imports torch: load it late."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from diffusers import ControlNetModel, MultiControlNetModel, StableDiffusionControlNetPipeline
from diffusers.loaders.single_file_utils import SingleFileComponentError
from diffusers.utils import logging as diffusers_logging
from PIL import Image
from safetensors import SafetensorError
from transformers.utils import logging as transformers_logging

from ..core.arrays import RGBImage
from ..core.controls import ControlSpec
from ..core.errors import ModelError
from ..core.spec import ModelSpec, StyleSpec

log = logging.getLogger(__name__)
LOAD_ERRORS: Final = (
    OSError,
    ValueError,
    RuntimeError,
    KeyError,
    TypeError,
    AttributeError,
    SafetensorError,
    SingleFileComponentError,
)
"""What diffusers, transformers, the hub client and safetensors raise for a model that is not one, or not there."""


class _StoppedError(Exception):
    """Leaves the denoising loop from its callback; diffusers' own ``_interrupt`` would still decode the picture."""


class Stylizer:
    """A loaded model. ``kinds`` are the control images it reads, in the order of its ControlNets."""

    def __init__(self, pipeline: Any, model: ModelSpec, device: str) -> None:
        self.kinds = tuple(control.kind for control in model.controls)
        self.steps = model.steps
        self.guidance_scale = model.guidance_scale
        self.device = device
        self._pipeline = pipeline
        self._controls = model.controls
        self._prompts: dict[tuple[str, str], tuple[Any, Any]] = {}

    def picture(
        self,
        controls: Mapping[str, RGBImage],
        style: StyleSpec,
        seed: int,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> RGBImage | None:
        """Make one picture; equal arguments give an equal picture on the same machine.

        Args:
            controls: (H, W, 3) uint8 for each of ``kinds``, all of the size the picture shall have.
            style: prompt and negative prompt.
            seed: of the CPU generator that draws the starting noise.
            should_stop: asked after every denoising step.

        Returns:
            (H, W, 3) uint8, or None when ``should_stop`` said so.
        """
        images = [Image.fromarray(controls[kind]) for kind in self.kinds]

        def after_step(_pipeline: Any, _step: int, _time: Any, values: dict[str, Any]) -> dict[str, Any]:
            if should_stop():
                raise _StoppedError
            return values

        embeddings, negative = self._encoded(style)
        try:
            result = self._pipeline(
                prompt_embeds=embeddings,
                negative_prompt_embeds=negative,
                image=images,
                num_inference_steps=self.steps,
                guidance_scale=self.guidance_scale,
                controlnet_conditioning_scale=[control.scale for control in self._controls],
                control_guidance_start=[control.start for control in self._controls],
                control_guidance_end=[control.end for control in self._controls],
                generator=torch.Generator("cpu").manual_seed(seed),
                callback_on_step_end=after_step,
                output_type="np",
            )
        except _StoppedError:
            return None
        levels = np.clip(np.asarray(result.images[0], np.float32), 0.0, 1.0) * 255.0
        if not np.isfinite(levels).all():
            raise ValueError("the model gave pixels that are not numbers; try the precision float32")
        picture: RGBImage = np.floor(levels + 0.5).astype(np.uint8)
        return picture

    def free_memory(self) -> None:
        """Give back what a failed picture left behind."""
        gc.collect()
        if self.device == "cuda":
            torch.cuda.empty_cache()

    def _encoded(self, style: StyleSpec) -> tuple[Any, Any]:
        """Encode a style's prompts once for the whole job."""
        key = (style.prompt, style.negative_prompt)
        if key not in self._prompts:
            guided = self.guidance_scale > 1.0
            with torch.no_grad():
                self._prompts[key] = self._pipeline.encode_prompt(
                    style.prompt, self._pipeline.device, 1, guided, style.negative_prompt if guided else None
                )
        return self._prompts[key]


def load(model: ModelSpec) -> Stylizer:
    """Load a resolved model (see :func:`..core.models.resolve`) with its ControlNets, ready to make pictures.

    Only safetensors weights are read, and no code that comes with a model is run. Hub ids are fetched as the hub
    client's environment allows (``HF_HUB_OFFLINE`` keeps to what is on disk).

    Raises:
        ModelError: ``model.cannot_load`` or ``model.no_device``.
    """
    device = _device(model.device)
    dtype = _dtype(model.precision, device)
    if device == "cpu":
        # More threads than cores that are really free make torch many times slower.
        torch.set_num_threads(max(1, (os.cpu_count() or 2) // 2))
    diffusers_logging.disable_progress_bar()
    transformers_logging.disable_progress_bar()
    try:
        nets = [_load_control(control, dtype) for control in model.controls]
        pipeline = _load_pipeline(model.path, nets, dtype)
        pipeline.set_progress_bar_config(disable=True)
        pipeline.to(device)
    except LOAD_ERRORS as error:
        log.exception("The model '%s' cannot be loaded.", model.path)
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(
            "model.cannot_load",
            f"The model '{model.path}' cannot be loaded ({reason}).",
            "Choose a Stable Diffusion 1.x model with ControlNets made for it, with safetensors weights, on this disk.",
        ) from error
    log.info("The model '%s' is on %s in %s.", model.path, device, dtype)
    return Stylizer(pipeline, model, device)


def _load_pipeline(name: str, nets: list[Any], dtype: torch.dtype) -> Any:
    options: dict[str, Any] = {
        # Not the plain list: a folder that comes with ControlNets of its own takes no list in their place.
        "controlnet": MultiControlNetModel(nets),
        "dtype": dtype,
        # The checker blackens pictures at random, which a dataset must not have; its users look at their data.
        "safety_checker": None,
        "requires_safety_checker": False,
    }
    path = Path(name).expanduser()
    if path.is_file():
        return StableDiffusionControlNetPipeline.from_single_file(str(path), **_beside(path), **options)
    return StableDiffusionControlNetPipeline.from_pretrained(
        str(path) if path.is_dir() else name, use_safetensors=True, **_variant(path / "unet"), **options
    )


def _load_control(control: ControlSpec, dtype: torch.dtype) -> Any:
    path = Path(control.model).expanduser()
    if path.is_file():
        return ControlNetModel.from_single_file(str(path), **_beside(path), dtype=dtype)
    return ControlNetModel.from_pretrained(
        str(path) if path.is_dir() else control.model, use_safetensors=True, dtype=dtype, **_variant(path)
    )


def _variant(folder: Path) -> dict[str, str]:
    """Return the option that makes diffusers read a folder whose only weights are called ``*.fp16.safetensors``."""
    names = [file.name for file in folder.glob("*.safetensors")] if folder.is_dir() else []
    return {"variant": "fp16"} if names and all(".fp16." in name for name in names) else {}


def _beside(file: Path) -> dict[str, str]:
    """Return the option that names the folder of configs beside a single file, where there is one.

    Without it diffusers asks the hub (or its cache) for the configs of the family that the weights look like.
    """
    folder = file.with_suffix("")
    known = (folder / "model_index.json", folder / "config.json")
    return {"config": str(folder)} if any(path.is_file() for path in known) else {}


def _device(wanted: str) -> str:
    found = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wanted == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if found[name])
    if not found.get(wanted, False):
        raise ModelError(
            "model.no_device",
            f"The device '{wanted}' is not there, or this torch cannot use it.",
            "Choose 'auto'.",
        )
    return wanted


def _dtype(precision: str, device: str) -> torch.dtype:
    """Choose the precision: half on CUDA; full elsewhere, where half is slow (CPU) or inexact (MPS)."""
    if precision == "auto":
        return torch.float16 if device == "cuda" else torch.float32
    return {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}[precision]
