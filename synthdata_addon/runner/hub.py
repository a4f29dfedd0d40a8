# SPDX-License-Identifier: GPL-3.0-or-later
"""What the hub says: a model's files with their sizes and hashes; its refusals as sentences. Through huggingface_hub.

The token is read by huggingface_hub itself (``HF_TOKEN``, or what its own login saved) and stands in no message.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from huggingface_hub import HfApi, constants, errors

from ..core.errors import ModelError

COMMIT: Final = re.compile(r"[0-9a-f]{40}")
BLOB: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
TERMS: Final = (
    "Accept its terms on its page, and put a token into Preferences, Add-ons, SynthData, or into HF_TOKEN."
)
TOKEN: Final = "Mend the token in Preferences, Add-ons, SynthData, or in HF_TOKEN, or leave it out."
SPELLING: Final = "Check its spelling; a private model needs a token of somebody who may read it."
LATER: Final = "Check the connection and try again; what was fetched is kept."


@dataclass(frozen=True)
class HubFile:
    """A file of a model on the hub.

    ``blob`` is its hash, and its name in the cache: SHA-256 of its bytes for big files (``is_lfs``), else git's SHA-1.
    """

    name: str
    size: int
    blob: str

    @property
    def is_lfs(self) -> bool:
        """Whether the hub gives its SHA-256."""
        return len(self.blob) == 64


@dataclass(frozen=True)
class Listing:
    """A model as it stands on the hub: the commit, and its files by name."""

    repo: str
    commit: str
    files: dict[str, HubFile]


def list_files(repo: str) -> Listing:
    """Ask the hub for the files of a model's newest commit.

    Raises:
        ModelError: ``model.offline``, ``model.gated``, ``model.token``, ``model.not_found`` or ``model.hub``.
    """
    try:
        info = HfApi().model_info(repo, files_metadata=True, timeout=30.0)
    except (errors.HTTPError, OSError, ValueError) as error:
        raise refusal(repo, error) from error
    files = {}
    for sibling in info.siblings or []:
        blob = sibling.lfs.sha256 if sibling.lfs is not None else sibling.blob_id
        if sibling.size is not None and blob:
            files[sibling.rfilename] = HubFile(sibling.rfilename, sibling.size, blob)
    commit = info.sha or ""
    bad = [name for name, file in files.items() if not _is_safe(name) or not BLOB.fullmatch(file.blob)]
    if bad or not COMMIT.fullmatch(commit):
        raise ModelError(
            "model.hub",
            f"The hub's list of files of '{repo}' is not one ({bad[0] if bad else commit or 'no commit'}).",
            "Check HF_ENDPOINT, if it is set.",
        )
    return Listing(repo, commit, files)


def refusal(repo: str, error: Exception) -> ModelError:
    """Return the sentence for what the hub, or the way to it, answers instead of a file."""
    response = getattr(error, "response", None)
    status = getattr(response, "status_code", 0)
    said = response.headers.get("X-Error-Message", "") if response is not None else ""
    if isinstance(error, errors.OfflineModeIsEnabled):
        return ModelError(
            "model.offline",
            f"The model '{repo}' is not fetched: Blender, or HF_HUB_OFFLINE, allows no online access.",
            "Turn on Preferences, System, Allow Online Access.",
        )
    if isinstance(error, errors.GatedRepoError):
        return ModelError("model.gated", f"The makers of '{repo}' want their terms accepted first.", TERMS)
    if status == 401 and "Invalid" in said:
        return ModelError(
            "model.token", f"The hub does not know the token that '{repo}' was asked with.", TOKEN
        )
    if isinstance(error, errors.RepositoryNotFoundError) or status == 404:
        return ModelError("model.not_found", f"The hub has no model '{repo}', or does not show it.", SPELLING)
    if status in (401, 403):
        return ModelError(
            "model.gated", f"The hub does not give '{repo}' to this token (status {status}).", TERMS
        )
    if status:
        return ModelError("model.hub", f"The hub answers for '{repo}' with status {status}.", LATER)
    if isinstance(error, errors.HFValidationError):
        return ModelError("model.not_found", f"'{repo}' is no name of a model.", "Write it like 'org/name'.")
    text = str(error).strip()
    reason = text.splitlines()[0] if text else type(error).__name__
    return ModelError("model.hub", f"The hub at {constants.ENDPOINT} cannot be reached ({reason}).", LATER)


def _is_safe(name: str) -> bool:
    """Tell whether a file's name leads nowhere but into the model's folder."""
    path = PurePosixPath(name)
    odd = not name or "\\" in name or ":" in name or not name.isprintable()
    return not (odd or path.is_absolute() or ".." in path.parts)
