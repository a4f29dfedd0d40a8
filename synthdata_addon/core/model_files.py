# SPDX-License-Identifier: GPL-3.0-or-later
"""What a model's files say of it: its class, its family, how wide its text is. Configs and headers, never weights.

Names are folders, single ``.safetensors`` files or hub ids; of a hub id only what the hub's cache holds can be read.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .errors import ModelError
from .families import Family, of_pipeline
from .hub_cache import HUB_ID, snapshot

MAX_HEADER: Final = 100_000_000
"""safetensors' own limit of a header, in bytes."""
TEXT_KEY: Final = re.compile(r"attn2\.to_k\.weight$")
MASK_CHANNELS: Final = ("extra_conditioning_channels", "extra_condition_channels")
"""What configs of Stable Diffusion 3's and of Qwen-Image's ControlNets call the channels of a mask."""
FETCH: Final = "Fetch the model again."
Header = dict[str, Any]


@dataclass(frozen=True)
class ControlFacts:
    """What a ControlNet says of itself: its class, the width of the text it reads, how many modes it knows, and whether
    it reads a picture with a hole in the place of a control image.

    None is what cannot be known from here.
    """

    kind: str | None
    width: int | None = None
    modes: int | None = None
    inpaints: bool = False


def local(name: str) -> Path | None:
    """Return where a model lies on this disk: its own path, or its newest snapshot in the hub's cache."""
    path = Path(name).expanduser()
    if path.exists():
        return path
    return snapshot(name) if HUB_ID.fullmatch(name) else None


def read_config(file: Path) -> dict[str, Any]:
    """Read a JSON config; what is no object reads as an empty one.

    Raises:
        ModelError: ``model.not_a_pipeline``.
    """
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError("model.not_a_pipeline", f"'{file}' cannot be read ({error}).", FETCH) from error
    return data if isinstance(data, dict) else {}


def read_header(file: Path) -> Header:
    """Read what a ``.safetensors`` file holds: names to dtype, shape and place.

    The format is eight bytes of length (little-endian), that many bytes of JSON, then the weights.

    Raises:
        ModelError: ``model.spoilt``: it is no such file, or was cut short.
    """
    try:
        size = file.stat().st_size
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            header = json.loads(stream.read(min(length, MAX_HEADER, size)).decode("utf-8"))
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
        missing = 8 + length + max(ends, default=0) - size
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise ModelError("model.spoilt", f"'{file}' is not a .safetensors file ({error}).", FETCH) from error
    if missing > 0:
        raise ModelError("model.spoilt", f"'{file}' is cut short: {missing} bytes are missing.", FETCH)
    return dict(header)


def weights(folder: Path) -> list[Path]:
    """Return a folder's weight files, those of its parts included."""
    return sorted(file for file in folder.rglob("*.safetensors") if file.is_file())


def base_family(name: str) -> Family | None:
    """Return the family that a base model's files name; None where there are none to ask, or no family here fits.

    Raises:
        ModelError: ``model.not_a_pipeline`` or ``model.spoilt``: the files cannot be read.
    """
    path = local(name)
    if path is None:
        return None
    if path.is_file():
        return _family_of_header(read_header(path)) if path.suffix == ".safetensors" else None
    index = path / "model_index.json"
    if not index.is_file():
        return None
    found = of_pipeline(str(read_config(index).get("_class_name", "")))
    if found == "flux" and _transformer(path).get("in_channels") == 128:
        return "flux_control"
    return found


def base_width(name: str) -> int | None:
    """Return how wide the text is that a base model reads."""
    path = local(name)
    if path is None:
        return None
    if path.is_file():
        return text_width(read_header(path)) if path.suffix == ".safetensors" else None
    unet, transformer = path / "unet" / "config.json", _transformer(path)
    config = read_config(unet) if unet.is_file() else transformer
    return _width(config)


def control_facts(name: str) -> ControlFacts:
    """Return what a ControlNet's files say.

    Raises:
        ModelError: ``model.not_a_pipeline`` or ``model.spoilt``: they cannot be read.
    """
    path = local(name)
    if path is None:
        return ControlFacts(None)
    if path.is_file():
        header = read_header(path) if path.suffix == ".safetensors" else {}
        return ControlFacts(_class_of_header(header), text_width(header))
    file = path / "config.json"
    if not file.is_file():
        return ControlFacts("")
    config = read_config(file)
    modes = config.get("num_mode", config.get("num_control_type"))
    return ControlFacts(
        str(config.get("_class_name", "")),
        _width(config),
        modes if isinstance(modes, int) else None,
        any(config.get(name) for name in MASK_CHANNELS),
    )


def _transformer(folder: Path) -> dict[str, Any]:
    file = folder / "transformer" / "config.json"
    return read_config(file) if file.is_file() else {}


def _width(config: dict[str, Any]) -> int | None:
    found = config.get("cross_attention_dim", config.get("joint_attention_dim"))
    return found if isinstance(found, int) else None


def _family_of_header(header: Header) -> Family | None:
    """Tell families apart by weights that only one of them has, under the names their makers' own files use.

    Transformers of FLUX.1 are around in diffusers' names too; Qwen-Image's own names are diffusers'.
    """
    names = {name.removeprefix("model.diffusion_model.") for name in header}
    if "double_blocks.0.img_attn.norm.key_norm.scale" in names:
        return "flux_control" if _shape(header, "img_in.weight")[1:] == [128] else "flux"
    if "joint_blocks.0.context_block.adaLN_modulation.1.bias" in names:
        return "sd3"
    if "single_transformer_blocks.0.proj_mlp.weight" in names:
        return "flux_control" if _shape(header, "x_embedder.weight")[1:] == [128] else "flux"
    if "txt_norm.weight" in header and "img_in.weight" in header:
        return "qwen"
    if "layers.0.adaLN_modulation.0.weight" in names and "cap_embedder.1.weight" in names:
        return "zimage"
    if any(name.startswith("conditioner.embedders.1.") for name in names):
        return "sdxl"
    if "input_blocks.0.0.weight" in names:
        return "sdxl" if text_width(header) == 2048 else "sd15"
    return None


def _class_of_header(header: Header) -> str | None:
    if any(name.startswith("control_all_x_embedder.") for name in header):
        return "ZImageControlNetModel"
    if "task_embedding" in header:
        return "ControlNetUnionModel"
    if any(name.startswith(("control_model.", "controlnet_cond_embedding.")) for name in header):
        return "ControlNetModel"
    return None


def _shape(header: Header, name: str) -> list[int]:
    entry = header.get(name) or header.get(f"model.diffusion_model.{name}") or {}
    return list(entry.get("shape", []))


def text_width(header: Header) -> int | None:
    """Return the columns of the first weight that makes keys of text; 1.x has 768, 2.x 1024, XL 2048."""
    shapes = [entry["shape"] for name, entry in header.items() if TEXT_KEY.search(name)]
    return int(shapes[0][1]) if shapes and len(shapes[0]) == 2 else None
