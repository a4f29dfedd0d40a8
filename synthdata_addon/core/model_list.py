# SPDX-License-Identifier: GPL-3.0-or-later
"""Our own list of models that go with this extension: what each is, how big about, under which licence.

``presets/models.json`` is the list. Sizes and licences are as their makers' pages had them when it was written; what a
download really takes is asked of the hub.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from .controls import ControlKind
from .decode import from_json, parse_json
from .families import Family
from .few_steps import FewSteps
from .hub_cache import is_hub_id

Role = Literal["base", "controlnet", "depth", "clip", "detector", "lora", "ip_adapter"]
FILE: Final = Path(__file__).with_name("presets") / "models.json"
UNITS: Final = ("B", "kB", "MB", "GB", "TB")


@dataclass(frozen=True)
class ListedModel:
    """A model of the list.

    ``repo`` is its hub id, ``families`` those it goes with (none for models that look at pictures), ``kinds`` the
    control images that a ControlNet, or a base model without one, reads, the usual one first; ``size`` is about what
    is fetched, in bytes. With ``gated``, its makers want their terms accepted on its page, and a token. ``files`` are
    all that is fetched of it, the weights that a job names first; without them it is what its layout says. A LoRA of
    ``few_steps`` makes its base model one of those.
    """

    repo: str
    title: str
    role: Role
    size: int
    licence: str
    families: tuple[Family, ...] = ()
    kinds: tuple[ControlKind, ...] = ()
    gated: bool = False
    about: str = ""
    files: tuple[str, ...] = ()
    few_steps: FewSteps = "NONE"

    @property
    def path(self) -> str:
        """What a job calls it: its hub id, or the file of it that it names."""
        return "/".join((self.repo, *self.files[:1]))


@dataclass(frozen=True)
class _List:
    models: tuple[ListedModel, ...]


@functools.cache
def listed_models() -> tuple[ListedModel, ...]:
    """Return the list, in its order."""
    text = FILE.read_text(encoding="utf-8")
    return from_json(_List, parse_json(text, FILE.name), FILE.name).models


@functools.cache
def by_repo() -> Mapping[str, ListedModel]:
    """Return the list by hub id."""
    return {model.repo: model for model in listed_models()}


def files_of(repo: str) -> tuple[str, ...]:
    """Return the files that are all that is fetched of a model; none where its layout says it."""
    listed = by_repo().get(repo)
    return listed.files if listed is not None else ()


def nets_of(base: ListedModel) -> tuple[ListedModel, ...]:
    """Return the ControlNets of the list that go with a base model."""
    return tuple(
        model
        for model in listed_models()
        if model.role == "controlnet" and set(model.families) & set(base.families)
    )


def to_fetch(names: Iterable[str]) -> tuple[str, ...]:
    """Return those of a job's models that are hub ids, each once, in order: a file of a hub id stands for the id."""
    found = []
    for name in names:
        repo = "/".join(name.split("/")[:2]) if name.endswith(".safetensors") else name
        if is_hub_id(repo) and not Path(name).expanduser().exists():
            found.append(repo)
    return tuple(dict.fromkeys(found))


def format_bytes(count: float) -> str:
    """Return a size as people write it: ``940 B``, ``43 MB``, ``4.2 GB`` (powers of 1000, as disks and hubs count)."""
    unit = 0
    while count >= 999.5 and unit < len(UNITS) - 1:
        count /= 1000.0
        unit += 1
    return f"{count:.1f} {UNITS[unit]}" if count < 9.95 and unit else f"{count:.0f} {UNITS[unit]}"
