# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes with a model: LoRAs, a reference picture, the start, the scheduler. Refused here where it cannot work."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .controls import ControlSpec
from .errors import ModelError
from .families import FACTS, Family
from .few_steps import preset
from .hub_cache import HUB_ID
from .model_files import read_header
from .model_spec import IPAdapterSpec, ModelSpec


@dataclass(frozen=True)
class Place:
    """Where weights lie, as diffusers asks for it: a folder or hub id, a folder in it, a file's name.

    ``file`` is empty where the folder has one under its usual name.
    """

    root: str
    folder: str = ""
    file: str = ""


def place(path: str) -> Place:
    """Return where a LoRA or an IP-Adapter lies: a file, a folder, a hub id, or a file of a hub id."""
    at = Path(path).expanduser()
    if at.is_file():
        return Place(str(at.parent), "", at.name)
    if at.is_dir():
        return Place(str(at))
    parts = path.split("/")
    if len(parts) > 2 and parts[-1].endswith(".safetensors"):
        return Place("/".join(parts[:2]), "/".join(parts[2:-1]), parts[-1])
    return Place(path)


def check_extras(model: ModelSpec, of: Family) -> None:
    """Refuse what a family cannot do, and files that are not there.

    Raises:
        ModelError: ``model.not_found``, ``model.spoilt``, ``model.not_a_lora`` or ``model.cannot``.
    """
    facts = FACTS[of]
    if int(model.steps * model.strength) < 1:
        raise ModelError(
            "model.cannot",
            f"A strength of {model.strength:g} leaves none of {model.steps} steps.",
            f"Choose at least {1 / max(1, model.steps):.2g}, or more steps.",
        )
    if facts.shares:
        for control in model.controls:
            _check_share(control, int(model.steps * model.strength))
    if model.few_steps != "NONE" and preset(model.few_steps, of) is None:
        raise _cannot(facts.label, f"be a {model.few_steps} model", "Set steps and guidance instead.")
    if model.scheduler != "AUTO" and not facts.schedulers:
        raise _cannot(facts.label, f"use the scheduler {model.scheduler}", "Choose AUTO.")
    for lora in model.loras:
        _check_weights(lora.path, "LoRA")
    if model.ip_adapter.path:
        if not facts.ip_adapter:
            raise _cannot(facts.label, "take a reference picture here", "Remove the IP-Adapter.")
        _check_ip_adapter(model.ip_adapter)


def _check_share(control: ControlSpec, steps: int) -> None:
    """Refuse a share of the steps that holds none: a step counts if it lies wholly inside, as diffusers counts."""
    if not any(i >= control.start * steps and i + 1 <= control.end * steps for i in range(steps)):
        raise ModelError(
            "model.no_control",
            f"The {control.kind} ControlNet steers none of {steps} steps from {control.start:g} to {control.end:g}.",
            "Widen its share (start, end), or take more steps.",
        )


def _check_ip_adapter(adapter: IPAdapterSpec) -> None:
    _check_weights(adapter.path, "IP-Adapter")
    if not place(adapter.path).file:
        raise ModelError(
            "model.not_found",
            f"The IP-Adapter '{adapter.path}' names no file.",
            "Give the .safetensors file itself, like 'h94/IP-Adapter/models/ip-adapter_sd15.safetensors'.",
        )
    if not Path(adapter.image).expanduser().is_file():
        raise ModelError(
            "model.not_found",
            f"The IP-Adapter's picture '{adapter.image}' does not exist.",
            "Choose a picture on this disk.",
        )


def _check_weights(path: str, what: str) -> None:
    found = place(path)
    at = Path(path).expanduser()
    if at.is_file() and at.suffix == ".safetensors":
        read_header(at)
        return
    if at.is_dir() and list(at.glob("*.safetensors")):
        return
    if at.exists():
        raise ModelError(
            "model.not_a_lora",
            f"The {what} '{path}' is no .safetensors file, nor a folder with one.",
            "Only safetensors weights are read.",
        )
    if not HUB_ID.fullmatch(found.root):
        raise ModelError(
            "model.not_found",
            f"The {what} '{path}' does not exist.",
            "Give a .safetensors file or a folder on this disk, or a hub id like 'org/name'.",
        )


def _cannot(label: str, what: str, hint: str) -> ModelError:
    return ModelError("model.cannot", f"{label} cannot {what}.", hint)
