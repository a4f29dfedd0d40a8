# SPDX-License-Identifier: GPL-3.0-or-later
"""A base model in a single ``.safetensors`` file: what it lacks, and which folder on this disk completes it.

Files of Stable Diffusion 1.x to XL hold all weights and lack configs and tokenizers. Those of the later families hold
the transformer; text encoders and autoencoder are the same in every model of a family, and come from one in diffusers'
layout: the folder beside the file that is called like it, or the makers' own model in the hub's cache.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from .errors import ModelError
from .families import FACTS, Family
from .hub_cache import is_offline, snapshot
from .model_files import read_config, read_header, text_width
from .model_pick import CONFIG, INDEX
from .model_store import missing_parts

BASES: Final[Mapping[Family, tuple[str, ...]]] = {
    "sd15": ("stable-diffusion-v1-5/stable-diffusion-v1-5",),
    "sdxl": ("stabilityai/stable-diffusion-xl-base-1.0",),
    "sdxl_union": ("stabilityai/stable-diffusion-xl-base-1.0",),
    "sd3": ("stabilityai/stable-diffusion-3.5-large", "stabilityai/stable-diffusion-3.5-medium"),
    "flux": ("black-forest-labs/FLUX.1-dev", "black-forest-labs/FLUX.1-schnell"),
    "flux_control": ("black-forest-labs/FLUX.1-Depth-dev", "black-forest-labs/FLUX.1-Canny-dev"),
    "qwen": ("Qwen/Qwen-Image",),
    "zimage": ("Tongyi-MAI/Z-Image-Turbo",),
}
"""The makers' own models; diffusers asks the hub for the same ones' configs."""
NETS: Final[Mapping[Family, tuple[str, ...]]] = {
    "sd15": ("lllyasviel/control_v11p_sd15_canny",),
    "sdxl": (
        "diffusers/controlnet-canny-sdxl-1.0",
        "diffusers/controlnet-canny-sdxl-1.0-mid",
        "diffusers/controlnet-canny-sdxl-1.0-small",
    ),
    "zimage": (
        "hlky/Z-Image-Turbo-Fun-Controlnet-Union",
        "hlky/Z-Image-Turbo-Fun-Controlnet-Union-2.0",
        "hlky/Z-Image-Turbo-Fun-Controlnet-Union-2.1",
    ),
}
"""Whose configs diffusers takes for a ControlNet in a single file, by the looks of its weights."""
V2: Final = "stabilityai/stable-diffusion-2-1"
V2_WIDTH: Final = 1024
DENOISER: Final = "transformer"
BLOCKS: Final[Mapping[Family, tuple[str, str]]] = {
    "sd3": ("joint_blocks", "num_layers"),
    "flux": ("double_blocks|transformer_blocks", "num_layers"),
    "flux_control": ("double_blocks|transformer_blocks", "num_layers"),
    "qwen": ("transformer_blocks", "num_layers"),
    "zimage": ("layers", "n_layers"),
}
"""What a file calls its blocks, and what the transformer's config calls their number."""


def holds_all(of: Family) -> bool:
    """Tell whether a family's single files hold text encoders and autoencoder as well."""
    return of not in BLOCKS


def completing(path: Path, of: Family) -> Path | None:
    """Return the folder that completes a file; None where none on this disk fits.

    Raises:
        ModelError: ``model.spoilt`` or ``model.not_a_pipeline``: the file, or the folder's config, cannot be read.
    """
    return next((folder for folder in _folders(path, of) if _fits(path, folder, of)), None)


def check_single_file(path: Path, of: Family) -> None:
    """Refuse a file that nothing on this disk completes, where that cannot be fetched, and weights diffusers misreads.

    Raises:
        ModelError: ``model.incomplete`` or ``model.scaled``, or what :func:`completing` raises.
    """
    if any("scaled_fp8" in name or name.endswith(".scale_weight") for name in read_header(path)):
        raise ModelError(
            "model.scaled",
            f"The weights of '{path}' are scaled to 8 bits, which diffusers does not read from a single file.",
            "Take the file with weights of 16 bits.",
        )
    folder = completing(path, of)
    if holds_all(of):
        if folder is None and is_offline():
            raise _incomplete(path, of, "its configs and tokenizers")
        return
    if folder is None:
        raise _incomplete(path, of, "its text encoders and autoencoder")
    missing = missing_parts(folder, but=(DENOISER,))
    if missing:
        raise _incomplete(path, of, f"'{folder}' lacks what it needs ({', '.join(missing)}): these")


def check_single_control(path: Path, of: Family) -> None:
    """Refuse a ControlNet's file that diffusers does not read, or without a config where it cannot fetch one.

    Raises:
        ModelError: ``model.not_a_controlnet`` or ``model.incomplete``.
    """
    if not FACTS[of].net_from_file:
        raise ModelError(
            "model.not_a_controlnet",
            f"diffusers reads no single file of a {FACTS[of].label} ControlNet, like '{path}'.",
            "Choose the ControlNet's folder in diffusers' layout.",
        )
    beside = path.with_suffix("") / CONFIG
    if is_offline() and not beside.is_file() and not any(snapshot(net) for net in NETS.get(of, ())):
        raise ModelError(
            "model.incomplete",
            f"The ControlNet '{path}' has no config, and none of a {FACTS[of].label} ControlNet is on this disk.",
            f"Put its config.json into a folder '{path.stem}' beside the file, or allow online access once.",
        )


def _incomplete(path: Path, of: Family, what: str) -> ModelError:
    base = _bases(path, of)[0]
    return ModelError(
        "model.incomplete",
        f"The file '{path}' is not all of a {FACTS[of].label} model, and {what} are not on this disk.",
        f"Download '{base}' (Styles, Models), or put a {FACTS[of].label} folder named '{path.stem}' beside the file.",
    )


def _bases(path: Path, of: Family) -> tuple[str, ...]:
    if of == "sd15" and text_width(read_header(path)) == V2_WIDTH:
        return (V2,)
    return BASES[of]


def _folders(path: Path, of: Family) -> list[Path]:
    """Return the candidates, the one that the user chose first."""
    beside = path.with_suffix("")
    found = [beside] if (beside / INDEX).is_file() else []
    return [*found, *(folder for base in _bases(path, of) if (folder := snapshot(base)) is not None)]


def _fits(path: Path, folder: Path, of: Family) -> bool:
    """Tell whether a folder's transformer has as many blocks as the file, and is told its guidance as well."""
    if holds_all(of):
        return (folder / INDEX).is_file()
    file = folder / DENOISER / CONFIG
    if not file.is_file():
        return False
    config, names = read_config(file), list(read_header(path))
    called, key = BLOCKS[of]
    block = re.compile(rf"(?:model\.diffusion_model\.)?(?:{called})\.(\d+)\.")
    blocks = {match[1] for name in names if (match := block.match(name))}
    told = any("guidance_in." in name or "guidance_embedder." in name for name in names)
    return len(blocks) == config.get(key) and told == bool(config.get("guidance_embeds", False))
