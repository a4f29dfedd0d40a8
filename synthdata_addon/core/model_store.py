# SPDX-License-Identifier: GPL-3.0-or-later
"""Models of the hub on this disk: which are whole, how much is there of the others, and taking one away again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from .errors import ModelError
from .hub_cache import hub_cache, is_hub_id, repo_folder, snapshot
from .model_list import files_of
from .model_pick import CONFIG, INDEX, SHARDS, has_weights, needs_weights, parts_of

Presence = Literal["MISSING", "PARTLY", "READY"]
LOCK: Final = "synthdata.lock"


@dataclass(frozen=True)
class StoredModel:
    """What is on this disk of a model: whether all that is loaded, and how many bytes."""

    presence: Presence
    size: int = 0


def stored(repo: str) -> StoredModel:
    """Look a model of the hub up. A model counts as ready only when every part that is loaded is whole."""
    folder = repo_folder(repo)
    if not is_hub_id(repo) or not folder.is_dir():
        return StoredModel("MISSING")
    size = sum(file.stat().st_size for file in _plain_files(folder / "blobs"))
    found = snapshot(repo)
    if found is not None and is_whole(found, files_of(repo)):
        # Where links cannot be made, a snapshot's files are no links.
        return StoredModel("READY", size or sum(file.stat().st_size for file in _plain_files(found, "**/*")))
    return StoredModel("PARTLY", size) if size else StoredModel("MISSING")


def is_whole(folder: Path, files: Collection[str] = ()) -> bool:
    """Tell whether a model's folder has all that is loaded: configs, and the weights of each part that has some.

    Of a model of which only ``files`` are fetched, these.
    """
    if files:
        return all((folder / name).is_file() for name in files)
    index = folder / INDEX
    if not index.is_file():
        return (folder / CONFIG).is_file() and _has_weights(folder)
    return bool(parts_of(_read(index))) and not missing_parts(folder)


def missing_parts(folder: Path, but: Collection[str] = ()) -> tuple[str, ...]:
    """Return the parts of a pipeline's folder that are not there, or not whole; those in ``but`` are not asked for."""
    parts = parts_of(_read(folder / INDEX))
    return tuple(
        name for name, kind in parts.items() if name not in but and not _part_is_whole(folder / name, kind)
    )


def remove(repo: str) -> int:
    """Take a model off this disk, what was half fetched too; return the bytes that were freed.

    Raises:
        ModelError: ``model.not_found``: it is not there; ``model.cannot_remove``: the system refuses.
    """
    folder = repo_folder(repo)
    if not is_hub_id(repo) or not folder.is_dir():
        raise ModelError("model.not_found", f"The model '{repo}' is not on this disk.", "Nothing to remove.")
    size = stored(repo).size
    try:
        shutil.rmtree(folder)
        shutil.rmtree(locks(repo), ignore_errors=True)
    except OSError as error:
        raise ModelError(
            "model.cannot_remove",
            f"The model '{repo}' cannot be removed ({error.strerror or error}).",
            "End what uses it, such as a running job, and try again.",
        ) from error
    return size


def locks(repo: str) -> Path:
    """Return the folder of a model's lock files, which is the hub client's own."""
    return hub_cache() / ".locks" / repo_folder(repo).name


def _part_is_whole(folder: Path, kind: str) -> bool:
    if not folder.is_dir():
        return False
    return _has_weights(folder) if needs_weights(kind) else any(folder.iterdir())


def _has_weights(folder: Path) -> bool:
    names = {file.name for file in folder.iterdir() if file.is_file()}  # a link to nowhere is no file
    shards = {
        name: [*map(str, dict.fromkeys(_read(folder / name).get("weight_map", {}).values()))]
        for name in names
        if SHARDS.fullmatch(name)
    }
    return has_weights(names, shards)


def _read(file: Path) -> dict[str, Any]:
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # what cannot be read is not whole
    return data if isinstance(data, dict) else {}


def _plain_files(folder: Path, pattern: str = "*") -> list[Path]:
    return [file for file in folder.glob(pattern) if file.is_file() and not file.is_symlink()]
