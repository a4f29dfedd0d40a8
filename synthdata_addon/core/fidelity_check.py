# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuses models that are to look at pictures and are not there, before the first render. No torch here."""

from __future__ import annotations

from pathlib import Path

from .errors import ModelError
from .fidelity import FidelitySpec
from .hub_cache import HUB_ID


def check_fidelity_models(fidelity: FidelitySpec) -> None:
    """Prove that each named model is a folder of transformers' layout, or can be a hub id.

    Raises:
        ModelError: ``model.not_found``.
    """
    for name in fidelity.models:
        path = Path(name).expanduser()
        if path.is_dir() and not (path / "config.json").is_file():
            raise ModelError(
                "model.not_found",
                f"The folder '{name}' is no model of transformers: it has no config.json.",
                "Choose the folder that holds config.json and model.safetensors.",
            )
        if not path.is_dir() and not HUB_ID.fullmatch(name):
            raise ModelError(
                "model.not_found",
                f"The model '{name}', which is to look at pictures, does not exist.",
                "Give a folder that is on this disk, or a hub id like 'org/name'.",
            )
