# SPDX-License-Identifier: GPL-3.0-or-later
"""Putting a model of the list into a scene's settings: its path and its ControlNets, or who looks at the pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from ..core.controls import ALWAYS, KINDS, ControlKind
from ..core.model_list import ListedModel, nets_of

JUDGES: Final = {"depth": "depth_model", "clip": "clip_model", "detector": "detector"}


def use_model(settings: Any, model: ListedModel, is_there: Callable[[str], bool]) -> str:
    """Use a model in a scene; return what was done, in a sentence.

    Args:
        settings: ``scene.synthdata``.
        model: of the list.
        is_there: tells whether a model is on this disk.
    """
    if model.role in JUDGES:
        setattr(settings.fidelity, JUDGES[model.role], model.repo)
        settings.fidelity.measure = True
        return f"{model.title} looks at the pictures"
    if model.role == "lora":
        return _use_lora(settings.diffusion, model)
    if model.role == "ip_adapter":
        settings.diffusion.reference.path = model.path
        needs = "" if settings.diffusion.reference.image else "; now choose it"
        return f"{model.title} makes pictures take after a picture{needs}"
    if model.role == "controlnet":
        _fill(settings, model.repo, model.kinds)
        getattr(settings, f"control_{model.kinds[0]}").enabled = True
        needs = "" if settings.model == "CUSTOM" and settings.model_path else "; now use its base model"
        return f"{model.title} steers by {model.kinds[0]}{needs}"
    settings.model, settings.model_path, settings.diffusion.family = "CUSTOM", model.repo, "auto"
    for kind in KINDS:
        getattr(settings, f"control_{kind}").enabled = False
    if model.kinds:  # it reads the control image itself
        _fill(settings, model.repo, model.kinds)
        getattr(settings, f"control_{model.kinds[0]}").enabled = True
        return f"{model.title} is used"
    return f"{model.title} is used, steered by {', '.join(_use_nets(settings, model, is_there))}"


def _use_lora(diffusion: Any, model: ListedModel) -> str:
    """Add a LoRA, or turn it on where it is among them, with the steps it is for."""
    item = next((lora for lora in diffusion.loras if lora.path == model.path), None) or diffusion.loras.add()
    item.path, item.enabled = model.path, True
    if model.few_steps != "NONE":
        diffusion.few_steps = model.few_steps
    return f"{model.title} is among the LoRAs"


def _use_nets(settings: Any, base: ListedModel, is_there: Callable[[str], bool]) -> list[str]:
    """Fill in the ControlNets of a base model that are there, of one family, else the first of the list."""
    nets = nets_of(base)
    ready = [net for net in nets if is_there(net.repo)] or list(nets[:1])
    ready = [net for net in ready if net.families == ready[0].families]
    for net in reversed(ready):  # the first that reads a kind has the last word
        _fill(settings, net.repo, net.kinds)
    reads = [kind for net in ready for kind in net.kinds]
    chosen = [kind for kind in ALWAYS if kind in reads] or reads[:1]
    for kind in chosen:
        getattr(settings, f"control_{kind}").enabled = True
    return chosen


def _fill(settings: Any, repo: str, kinds: Sequence[ControlKind]) -> None:
    for kind in kinds:
        getattr(settings, f"control_{kind}").model = repo
