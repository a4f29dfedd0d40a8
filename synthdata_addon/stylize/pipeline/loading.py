# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads models from disk or the hub. Only safetensors weights, and never code that comes with a model."""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path
from typing import Any, Final

import diffusers
import torch
from diffusers.loaders.single_file_utils import SingleFileComponentError
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from diffusers.utils import logging as diffusers_logging
from huggingface_hub import hf_hub_download
from safetensors import SafetensorError
from transformers.utils import logging as transformers_logging

from ...core.errors import ModelError
from ...core.families import FACTS, Family
from ...core.machine import default_device
from ...core.model_check import check_model
from ...core.model_files import local, read_config
from ...core.model_pick import INDEX, parts_of
from ...core.model_spec import ModelSpec
from ...core.models import family, resolve
from ...core.single_file import DENOISER, completing, holds_all
from ..machine import limit_memory
from .extras import Loras, Reference, set_scheduler
from .speed import place
from .stylizer import Stylizer
from .table import FAMILIES

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
VARIANT: Final = re.compile(r"\.(fp16|bf16)[.-]")


def load_everywhere(model: ModelSpec, samples: int = 0) -> list[Stylizer]:
    """Load a model onto each of several GPUs, or onto the one device there is; see :func:`load`.

    Raises:
        ModelError: as :func:`load`.
    """
    return [load(model, samples, device) for device in devices(available(model.device))]


def devices(kind: str) -> list[str]:
    """Return the devices of a kind, as torch names them: "cuda:0" and "cuda:1" where there are two GPUs."""
    count = torch.cuda.device_count() if kind == "cuda" else 1
    return [f"{kind}:{number}" for number in range(count)] if count > 1 else [kind]


def load(model: ModelSpec, samples: int = 0, device: str = "") -> Stylizer:
    """Load a model with its ControlNets, ready to make pictures; ``samples`` is how many there will be.

    ``device`` is one of :func:`devices`; without it, what the request wants.

    Hub ids are fetched as the hub client's environment allows (``HF_HUB_OFFLINE`` keeps to what is on disk); their
    configs come first, so that what does not fit is refused before gigabytes are fetched.

    Raises:
        ModelError: ``model.cannot_load``, ``model.no_device``, or what :func:`..core.model_check.check_model` raises.
    """
    device = device or available(model.device)
    limit_memory(device)
    if device == "cpu":
        # More threads than cores that are really free make torch many times slower.
        torch.set_num_threads(max(1, (os.cpu_count() or 2) // 2))
    diffusers_logging.disable_progress_bar()
    transformers_logging.disable_progress_bar()
    model = resolve(model)
    try:
        _fetch_configs(model)
        model = resolve(model)
        check_model(model)
        of = family(model) or "sd15"
        dtype = _dtype(model.precision, device, of)
        pipeline = _load_pipeline(model, of, dtype)
        if model.source in {"KEEP_OBJECTS", "KEEP_BACKGROUND"}:
            pipeline = FAMILIES[of].repainting(pipeline)
        pipeline.set_progress_bar_config(disable=True)
        pipeline.vae.encode = _means_only(pipeline.vae.encode)
        set_scheduler(pipeline, model, of)
        # Before the text encoders go away, as a LoRA may be in them as well.
        loras = Loras(pipeline, model.loras)
        reference = Reference(pipeline, model.ip_adapter, device)
        stylizer = Stylizer(pipeline, model, of, device, loras, reference)
        done = place(pipeline, FAMILIES[of], model.speed, device, samples)
        stylizer.engine = ", ".join([device, str(dtype).removeprefix("torch."), *done])
    except LOAD_ERRORS as error:
        log.exception("The model '%s' cannot be loaded.", model.path)
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(
            "model.cannot_load",
            f"The model '{model.path}' cannot be loaded ({reason}).",
            "Choose a model on this disk, with safetensors weights, and ControlNets made for its family.",
        ) from error
    log.info("The model '%s' (%s) is ready: %s.", model.path, FACTS[of].label, stylizer.engine)
    return stylizer


def _fetch_configs(model: ModelSpec) -> None:
    """Fetch the configs of what is named by hub ids and is not on this disk."""
    if local(model.path) is None:
        hf_hub_download(model.path, "model_index.json")
    for control in model.controls:
        if local(control.model) is None:
            hf_hub_download(control.model, "config.json")


def _load_pipeline(model: ModelSpec, of: Family, dtype: torch.dtype) -> Any:
    row = FAMILIES[of]
    options: dict[str, Any] = {"dtype": dtype, **row.options}
    if row.control:
        nets = {name: _load_control(name, row.control, dtype) for name in {c.model for c in model.controls}}
        options["controlnet"] = row.join([nets[control.model] for control in model.controls])
    cls = getattr(diffusers, row.class_of(model.source))
    path = Path(model.path).expanduser()
    if path.is_file():
        return _from_file(cls, path, of, options)
    return cls.from_pretrained(
        str(path) if path.is_dir() else model.path,
        use_safetensors=True,
        **_variant(local(model.path), row.transformer),
        **options,
    )


def _from_file(cls: Any, path: Path, of: Family, options: dict[str, Any]) -> Any:
    """Read a single file: all weights of it, or the transformer, with the rest from the folder that completes it."""
    folder = completing(path, of)
    if holds_all(of) or folder is None:
        # Without a folder, diffusers asks the hub for the configs of the family that the weights look like.
        return cls.from_single_file(str(path), **({"config": str(folder)} if folder else {}), **options)
    kind = parts_of(read_config(folder / INDEX))[DENOISER]
    try:
        denoiser = getattr(diffusers, kind).from_single_file(
            str(path), config=str(folder), subfolder=DENOISER, dtype=options["dtype"]
        )
    except NotImplementedError as error:  # what torch says of parameters that got no weight
        raise ValueError(f"it lacks weights of a {kind} as '{folder}' describes it") from error
    return cls.from_pretrained(
        str(folder),
        use_safetensors=True,
        **_variant(folder, "vae"),
        **{DENOISER: denoiser},
        **options,
    )


def _load_control(name: str, kind: str, dtype: torch.dtype) -> Any:
    cls = getattr(diffusers, kind)
    path = Path(name).expanduser()
    if path.is_file():
        return cls.from_single_file(str(path), **_beside(path), dtype=dtype)
    return cls.from_pretrained(
        str(path) if path.is_dir() else name, use_safetensors=True, dtype=dtype, **_variant(local(name), "")
    )


def _variant(folder: Path | None, part: str) -> dict[str, str]:
    """Return the option that makes diffusers read a folder whose only weights are called ``*.fp16.safetensors``."""
    names = [file.name for file in (folder / part).glob("*.safetensors")] if folder is not None else []
    found = [VARIANT.search(name) for name in names]
    return {"variant": found[0][1]} if names and all(found) and found[0] else {}


def _beside(file: Path) -> dict[str, str]:
    """Return the option that names the folder of configs beside a single file, where there is one.

    Without it diffusers asks the hub (or its cache) for the configs of the family that the weights look like.
    """
    folder = file.with_suffix("")
    known = (folder / "model_index.json", folder / "config.json")
    return {"config": str(folder)} if any(path.is_file() for path in known) else {}


def _means_only(encode: Any) -> Any:
    """Make an autoencoder encode without noise.

    diffusers draws a latent from the encoder's distribution, in the SD3 pipeline from torch's global generator: equal
    jobs would give unequal pictures. The mean is what a control image says.
    """

    def without_noise(x: torch.Tensor, return_dict: bool = True) -> Any:
        found = encode(x, return_dict=True)
        if hasattr(found, "latent_dist"):
            found.latent_dist = DiagonalGaussianDistribution(found.latent_dist.parameters, deterministic=True)
        return found if return_dict else (found[0],)

    return without_noise


def available(wanted: str) -> str:
    """Return the device that a job asks for; "auto" takes that of the preferences, else the best there is.

    Raises:
        ModelError: ``model.no_device``.
    """
    found = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    wanted = default_device() if wanted == "auto" else wanted
    if wanted == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if found[name])
    kind, _, number = wanted.partition(":")
    if not found.get(kind, False) or (number and int(number) >= torch.cuda.device_count()):
        raise ModelError(
            "model.no_device",
            f"The device '{wanted}' is not there, or this torch cannot use it.",
            "Choose 'auto', in the job and in the preferences.",
        )
    return wanted


def _dtype(precision: str, device: str, of: Family) -> torch.dtype:
    """Choose the precision: half on CUDA; full elsewhere, where half is slow (CPU) or inexact (MPS)."""
    if precision == "auto":
        return FAMILIES[of].half if device.startswith("cuda") else torch.float32
    return {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}[precision]
