# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuses models that cannot work, before the first render: from configs and headers, without loading a weight."""

from __future__ import annotations

from pathlib import Path

from .controls import ControlSpec
from .errors import ModelError
from .families import FACTS, Family, FamilyFacts
from .hub_cache import HUB_ID
from .model_extras import check_extras
from .model_files import (
    ControlFacts,
    base_width,
    control_facts,
    local,
    read_config,
    read_header,
    weights,
)
from .model_spec import ModelSpec
from .models import family, resolve
from .single_file import check_single_control, check_single_file


def check_model(model: ModelSpec, size: tuple[int, int] | None = None) -> None:
    """Prove what can be proved without loading: that the parts exist, are what they should be, and fit together.

    Args:
        model: as the request has it.
        size: width and height of the pictures, if they are to be checked as well.

    Raises:
        ModelError: ``model.not_found``, ``model.not_a_pipeline``, ``model.unknown_family``, ``model.spoilt``,
            ``model.not_a_controlnet``, ``model.no_control``, ``model.control_mismatch``, ``model.incomplete``,
            ``model.scaled`` or ``model.size``.
    """
    model = resolve(model)
    _check_base(model.path)
    of = family(model)
    if of is None and local(model.path) is not None:
        raise _unknown(model.path)
    if not model.controls:
        raise ModelError(
            "model.no_control",
            f"The model '{model.path}' comes with no ControlNet, so that its pictures would not follow the labels.",
            "Add a ControlNet of the model's family, such as one for depth.",
        )
    if of == "flux_control":
        _check_own_control(model)
    else:
        for control in model.controls:
            _check_control(control, model, of)
    if of is not None:
        _check_together(model, of)
        check_extras(model, of)
        if size is not None:
            _check_size(size, FACTS[of])


def _check_base(name: str) -> None:
    path = Path(name).expanduser()
    if not path.is_dir():
        _check_name(name, "model")
        return
    if not (path / "model_index.json").is_file():
        raise ModelError(
            "model.not_a_pipeline",
            f"The folder '{name}' is not a diffusers pipeline: it has no model_index.json.",
            "Choose the folder that holds model_index.json, vae and unet or transformer.",
        )


def _unknown(name: str) -> ModelError:
    path = local(name)
    index = path / "model_index.json" if path is not None else None
    kind = read_config(index).get("_class_name", "") if index is not None and index.is_file() else ""
    found = f"its model_index.json says '{kind}'" if kind else "its weights are of no family known here"
    known = ", ".join(facts.label for facts in FACTS.values())
    return ModelError(
        "model.unknown_family",
        f"The model '{name}' cannot be used: {found}.",
        f"Choose one of: {known}; or say with `family` which of them it is.",
    )


def _check_own_control(model: ModelSpec) -> None:
    """Check a family whose base model reads the control image itself: the model stands in both places."""
    for control in model.controls:
        if Path(control.model).expanduser() != Path(model.path).expanduser():
            raise ModelError(
                "model.control_mismatch",
                f"{FACTS['flux_control'].label} reads the {control.kind} image itself, without '{control.model}'.",
                f"Name '{model.path}' there as well.",
            )


def _check_control(control: ControlSpec, model: ModelSpec, of: Family | None) -> None:
    path = Path(control.model).expanduser()
    if not path.is_dir():
        _check_name(control.model, f"{control.kind} ControlNet")
    facts = control_facts(control.model)
    known = FACTS[of].controlnets if of is not None else _all_controlnets()
    if facts.kind is not None and facts.kind not in known:
        raise _wrong_class(control, facts.kind, of)
    if path.is_file() and of is not None:
        check_single_control(path, of)
    if facts.inpaints:
        raise ModelError(
            "model.not_a_controlnet",
            f"The {control.kind} ControlNet '{control.model}' is one for inpainting: it reads no {control.kind} image.",
            f"Take one for {control.kind}; with it, too, a part of the picture can be kept (Start From).",
        )
    width = base_width(model.path)
    if width is not None and facts.width is not None and width != facts.width:
        raise ModelError(
            "model.control_mismatch",
            f"The {control.kind} ControlNet '{control.model}' reads text {facts.width} wide, "
            f"'{model.path}' {width} wide.",
            "Take a ControlNet made for this model's family "
            "(768 is Stable Diffusion 1.x, 1024 is 2.x, 2048 is XL).",
        )
    if of is not None:
        _check_mode(control, facts, of)


def _all_controlnets() -> tuple[str, ...]:
    return tuple(name for facts in FACTS.values() for name in facts.controlnets)


def _wrong_class(control: ControlSpec, kind: str, of: Family | None) -> ModelError:
    if kind in _all_controlnets() and of is not None:
        return ModelError(
            "model.control_mismatch",
            f"The {control.kind} ControlNet '{control.model}' is a {kind}, "
            f"{FACTS[of].label} takes {' or '.join(FACTS[of].controlnets)}.",
            "Take a ControlNet made for this model's family.",
        )
    found = f"its config.json says '{kind}'" if kind else "it has no config.json"
    return ModelError(
        "model.not_a_controlnet",
        f"The folder '{control.model}' is not a ControlNet: {found}.",
        "Choose a ControlNet folder in diffusers' layout.",
    )


def _check_mode(control: ControlSpec, facts: ControlFacts, of: Family) -> None:
    """Check that a union ControlNet knows the kind of image it is given."""
    modes = FACTS[of].modes
    if not modes or (of == "flux" and facts.modes is None):
        return
    if control.kind not in modes or modes[control.kind] >= (facts.modes or len(modes)):
        raise ModelError(
            "model.control_mismatch",
            f"The union ControlNet '{control.model}' does not read {control.kind} images.",
            f"It reads: {', '.join(modes)}.",
        )


def _check_together(model: ModelSpec, of: Family) -> None:
    facts = FACTS[of]
    kinds = ", ".join(control.kind for control in model.controls)
    if facts.most and len(model.controls) > facts.most:
        raise ModelError(
            "model.control_mismatch",
            f"{facts.label} takes {facts.most} control image, not {len(model.controls)} ({kinds}).",
            "Turn the others off.",
        )
    if facts.one_net and len({control.model for control in model.controls}) > 1:
        raise ModelError(
            "model.control_mismatch",
            f"{facts.label} takes one ControlNet that reads all kinds; here {kinds} name several.",
            "Name the same ControlNet for each kind.",
        )
    base = Path(model.path).expanduser()
    if base.is_file():
        check_single_file(base, of)
    for name in (model.path, *(control.model for control in model.controls)):
        path = local(name)
        for file in weights(path) if path is not None and path.is_dir() else []:
            read_header(file)


def _check_size(size: tuple[int, int], facts: FamilyFacts) -> None:
    for name, side in zip(("width", "height"), size, strict=True):
        if side % facts.multiple:
            near = max(facts.multiple, round(side / facts.multiple) * facts.multiple)
            raise ModelError(
                "model.size",
                f"The {name} {side} is not divisible by {facts.multiple}, which {facts.label} needs.",
                f"Use {near}.",
            )


def _check_name(name: str, what: str) -> None:
    """Let through a weights file that exists and a hub id; refuse what is neither."""
    path = Path(name).expanduser()
    if path.is_file():
        if path.suffix != ".safetensors":
            raise ModelError(
                "model.not_a_pipeline",
                f"The {what} '{name}' is not a .safetensors file.",
                "Choose a folder in diffusers' layout, a hub id or a .safetensors file.",
            )
        read_header(path)
        return
    if not HUB_ID.fullmatch(name) or path.suffix == ".safetensors":
        raise ModelError(
            "model.not_found",
            f"The {what} '{name}' does not exist.",
            "Give a folder or .safetensors file that is on this disk, or a hub id like 'org/name'.",
        )
