# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the hub's models lie on this disk: huggingface_hub's cache, as it finds it, or a folder that the user chose.

The layout is the hub client's: ``models--org--name/{blobs,snapshots/<commit>,refs/main}``. Files of a snapshot are
links to blobs, which are named by their hashes.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CACHE_VARIABLE: Final = "HF_HUB_CACHE"
HUB_ID: Final = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


@dataclass
class _Chosen:
    folder: str = ""


_chosen: Final = _Chosen()


def choose_hub_cache(folder: str) -> None:
    """Use a folder from now on, in this process; empty is the hub client's own. The environment wins over it."""
    _chosen.folder = folder


def hub_cache() -> Path:
    """Return the folder: of the environment, else the chosen one, else where huggingface_hub has it."""
    if own := os.environ.get(CACHE_VARIABLE) or _chosen.folder or os.environ.get("HUGGINGFACE_HUB_CACHE"):
        return Path(os.path.expandvars(own)).expanduser()
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    return Path(os.path.expandvars(home)).expanduser() / "hub"


def is_offline() -> bool:
    """Tell whether the hub's client in this process keeps to what is on disk."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}


def is_hub_id(name: str) -> bool:
    """Tell whether a name can be one of the hub's, ``org/name``; such names hold no path that leads elsewhere."""
    return HUB_ID.fullmatch(name) is not None and ".." not in name


def repo_folder(repo: str) -> Path:
    """Return where a model of the hub lies, whether it is there or not."""
    return hub_cache() / f"models--{repo.replace('/', '--')}"


def snapshot(repo: str) -> Path | None:
    """Return the folder of a model's newest snapshot; None where there is none."""
    cached = repo_folder(repo)
    try:
        revision = (cached / "refs" / "main").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    folder = cached / "snapshots" / revision
    return folder if folder.is_dir() else None
