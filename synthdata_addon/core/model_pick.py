# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files of a model on the hub are fetched, and when all of them are there. Names only; nothing is opened here.

Only what is read: safetensors weights, configs, and the words of tokenizers. No pickles, no code, no other formats.
Half precision where the makers offer it (``*.fp16.safetensors``): as good in a picture, and half as big.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

INDEX: Final = "model_index.json"
CONFIG: Final = "config.json"
WEIGHTS: Final = re.compile(
    r"(?P<stem>(?:diffusion_pytorch_)?model)(?:\.(?P<a>fp16|bf16))?(?P<part>-\d{5}-of-\d{5})?(?:\.(?P<b>fp16|bf16))?"
    r"\.safetensors"
)
SHARDS: Final = re.compile(
    r"(?:diffusion_pytorch_)?model(?:\.(?P<a>fp16|bf16))?\.safetensors\.index(?:\.(?P<b>fp16|bf16))?\.json"
)
"""What tells which weights lie in which of several files."""
FOREIGN: Final = re.compile(r"(?:pytorch_model|flax_model|tf_model)\S*\.index\.json")
TEXTS: Final = (".json", ".txt", ".jinja")
DENOISERS: Final = ("unet", "transformer")
LEFT_OUT: Final = ("safety_checker",)
"""Parts of a pipeline that are never loaded here."""
WEIGHTLESS: Final = ("Tokenizer", "TokenizerFast", "Scheduler", "Extractor", "Processor")
"""How the classes of parts end that have no weights; a scheduler's may have one word more before it."""


def parts_of(index: Mapping[str, Any]) -> dict[str, str]:
    """Return the parts of a pipeline that its ``model_index.json`` names: folder to class."""
    found = {}
    for name, value in index.items():
        if isinstance(value, list) and len(value) == 2 and isinstance(value[1], str) and name not in LEFT_OUT:
            found[name] = value[1]
    return found


def wanted_files(names: Collection[str], index: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return the files to fetch, in a fixed order, the small ones first.

    Args:
        names: all files of the model, with ``/``.
        index: what its ``model_index.json`` says; None for a model that has none, such as a ControlNet.
    """
    folders = [""] if index is None else list(parts_of(index))
    inside = {folder: _inside(names, folder) for folder in folders}
    variant = _variant(inside)
    texts = [INDEX] if index is not None else []
    weights: list[str] = []
    for folder, here in inside.items():
        place = f"{folder}/" if folder else ""
        chosen = _weights(here, variant)
        weights += [place + name for name in chosen]
        texts += [place + name for name in _texts(here, chosen)]
    return (*texts, *weights)


def has_weights(names: Collection[str], shards: Mapping[str, Sequence[str]]) -> bool:
    """Tell whether a folder holds whole weights.

    Args:
        names: the files in it.
        shards: of each of its index files that tell which weights lie where, the files that it names.
    """
    single = any((found := WEIGHTS.fullmatch(name)) and not found["part"] for name in names)
    return single or any(files and set(files) <= set(names) for files in shards.values())


def needs_weights(kind: str) -> bool:
    """Tell whether a part of such a class has weights."""
    return not kind.endswith(WEIGHTLESS) and "Scheduler" not in kind


def _inside(names: Collection[str], folder: str) -> list[str]:
    parent = PurePosixPath(folder)
    return sorted(PurePosixPath(name).name for name in names if PurePosixPath(name).parent == parent)


def _variant(inside: Mapping[str, list[str]]) -> str:
    """Return the precision that a whole model is fetched in: that of its denoiser, which is what costs."""
    main = next((inside[name] for name in DENOISERS if name in inside), None)
    here = main if main is not None else [name for names in inside.values() for name in names]
    found = {_precision(match) for name in here if (match := WEIGHTS.fullmatch(name))}
    return next((kind for kind in ("fp16", "", "bf16") if kind in found), "")


def _precision(match: re.Match[str]) -> str:
    return match["a"] or match["b"] or ""


def _weights(here: Sequence[str], variant: str) -> list[str]:
    """Return a folder's weight files of one precision, else of the plain one: a single file before several."""
    matches = [match for name in here if (match := WEIGHTS.fullmatch(name))]
    for wanted in dict.fromkeys((variant, "", "fp16", "bf16")):
        found = [match for match in matches if _precision(match) == wanted]
        if found:
            single = [match.string for match in found if not match["part"]]
            return single[:1] or [match.string for match in found]
    return []


def _texts(here: Sequence[str], weights: Sequence[str]) -> list[str]:
    found = [name for name in here if name.endswith(TEXTS) and not FOREIGN.fullmatch(name)]
    found = [name for name in found if not SHARDS.fullmatch(name)]
    if "tokenizer.json" not in here:
        found += [
            name for name in here if name == "spiece.model"
        ]  # the words of a T5, where nothing else has them
    several = [match for name in weights if (match := WEIGHTS.fullmatch(name)) and match["part"]]
    if several:
        kind = _precision(several[0])
        found += [name for name in here if (match := SHARDS.fullmatch(name)) and _precision(match) == kind]
    return found
