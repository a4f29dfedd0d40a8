# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetches a model into the hub's cache: resumes after any end, proves every file by its hash, counts it when whole.

huggingface_hub's own download (2.x) begins a file again after each end and compares sizes only; so bytes are fetched
here, through its session, and put where it looks for them. A file grows as ``<hash>.incomplete`` and gets its name when
its hash is right; the snapshot's links and ``refs/main`` come last: a model that is not whole is not there.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout
from huggingface_hub import errors, get_session, hf_hub_url
from huggingface_hub.utils import build_hf_headers, hf_raise_for_status

from ..core.errors import ModelError
from ..core.hub_cache import hub_cache, is_hub_id, repo_folder
from ..core.model_list import files_of, format_bytes
from ..core.model_pick import INDEX, WEIGHTS, wanted_files
from ..core.model_store import LOCK, locks
from .hub import HubFile, Listing, list_files, refusal

PIECE: Final = 1 << 20
SILENCE: Final = 30.0
"""Seconds without a byte after which a connection is given up."""
TRIES: Final = 5
"""So often a connection is tried again that brought nothing new."""
PAUSE: Final = 1.0
SPARE: Final = 200_000_000
"""Bytes that stay free on the disk."""
Tell = Callable[[int, int, int], None]
"""Called with bytes that are there, bytes in all, and bytes that came by the network this time."""


@dataclass
class _Count:
    """How far a download is; ``tell`` hears of it."""

    total: int
    tell: Tell
    done: int = 0
    came: int = 0

    def add(self, count: int, *, by_network: bool = False) -> None:
        self.done += count
        self.came += count * by_network
        self.tell(self.done, self.total, self.came)


def download(repo: str, tell: Tell) -> Path:
    """Fetch what is loaded of a model, and return its folder in the cache; what is there already is proved only.

    Raises:
        ModelError: what :func:`.hub.list_files` raises, ``model.no_weights``, ``model.no_space``, ``model.hash``,
            ``model.busy`` (another process fetches it), ``model.cannot_write``.
    """
    if not is_hub_id(repo):
        raise ModelError("model.not_found", f"'{repo}' is no name of a model.", "Write it like 'org/name'.")
    folder = repo_folder(repo)
    try:
        locks(repo).mkdir(parents=True, exist_ok=True)
        with FileLock(locks(repo) / LOCK, timeout=0):
            listing = list_files(repo)
            files = _choose(listing, folder)
            _check_space(files, folder)
            count = _Count(sum(file.size for file in files), tell)
            for file in files:
                _fetch(listing, file, folder, count)
            return _link(listing, files, folder)
    except Timeout as error:
        raise ModelError(
            "model.busy", f"Another process fetches the model '{repo}' already.", "Wait until it is done."
        ) from error
    except OSError as error:
        raise _cannot_write(repo, error) from error


def _choose(listing: Listing, folder: Path) -> list[HubFile]:
    """Return the files to fetch; a pipeline's index, which names its parts, is fetched for it."""
    if only := files_of(listing.repo):
        return _listed(listing, only)
    index = None
    if INDEX in listing.files:
        blob = _fetch(listing, listing.files[INDEX], folder, _Count(0, lambda *_: None))
        try:
            index = json.loads(blob.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ModelError(
                "model.not_a_pipeline",
                f"The {INDEX} of '{listing.repo}' cannot be read ({error}).",
                "Choose another.",
            ) from error
    names = wanted_files(listing.files, index if isinstance(index, dict) else None)
    if not any(WEIGHTS.fullmatch(name.rpartition("/")[2]) for name in names):
        raise ModelError(
            "model.no_weights",
            f"The model '{listing.repo}' has no safetensors weights in the layout of diffusers or transformers.",
            "Choose another; pickles are not read.",
        )
    return [listing.files[name] for name in names if name in listing.files]


def _listed(listing: Listing, names: Sequence[str]) -> list[HubFile]:
    """Return the files that our list names."""
    if gone := [name for name in names if name not in listing.files]:
        raise ModelError(
            "model.no_weights",
            f"The model '{listing.repo}' has no '{gone[0]}' any more.",
            "Look at its page on the hub, and name the file that took its place.",
        )
    return [listing.files[name] for name in names]


def _check_space(files: Sequence[HubFile], folder: Path) -> None:
    """Refuse what the disk cannot hold, before the first byte."""
    blobs = folder / "blobs"
    missing = sum(file.size - _size(_part(blobs, file)) for file in files if not (blobs / file.blob).exists())
    free = shutil.disk_usage(next(path for path in (folder, *folder.parents) if path.exists())).free
    if missing + SPARE > free and missing > 0:
        raise ModelError(
            "model.no_space",
            f"{format_bytes(missing)} are still to fetch, and {hub_cache()} has {format_bytes(free)} free.",
            "Free some space, remove models, or choose another model folder in the preferences.",
        )


def _fetch(listing: Listing, file: HubFile, folder: Path, count: _Count) -> Path:
    """Bring one file and prove it; a second time from its beginning where its hash is wrong."""
    blobs = folder / "blobs"
    blobs.mkdir(parents=True, exist_ok=True)
    blob, part = blobs / file.blob, _part(blobs, file)
    if blob.is_file() and _hash(blob, file) == file.blob:  # it may be another program's, or spoilt since
        count.add(file.size)
        return blob
    blob.unlink(missing_ok=True)
    before = count.done
    for _ in range(2):
        count.done = before
        _grow(listing, file, part, count)
        if _hash(part, file) == file.blob:
            part.replace(blob)
            return blob
        part.unlink(missing_ok=True)
    raise ModelError(
        "model.hash",
        f"'{file.name}' of '{listing.repo}' came with other bytes than the hub's hash says ({file.blob[:12]}...).",
        "Nothing of it is kept. Try again later, or from another network.",
    )


def _grow(listing: Listing, file: HubFile, part: Path, count: _Count) -> None:
    """Fetch what a file lacks, with as many connections as it takes.

    Raises:
        ModelError: the hub refuses, or :data:`TRIES` connections brought nothing.
    """
    count.add(_size(part))
    idle = 0
    while (have := _size(part)) < file.size:
        error: Exception | None = None
        try:
            _receive(listing, file, part, have, count)
        except errors.OfflineModeIsEnabled as offline:
            raise refusal(listing.repo, offline) from offline
        except errors.HTTPError as caught:
            error = caught
            response = getattr(caught, "response", None)
            if response is not None and response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
                raise refusal(listing.repo, caught) from caught
        if _size(part) > have:
            idle = 0
            continue
        idle += 1
        if idle >= TRIES:
            raise refusal(listing.repo, error or OSError("it sends nothing")) from error
        time.sleep(PAUSE)


def _receive(listing: Listing, file: HubFile, part: Path, have: int, count: _Count) -> None:
    """Append what one connection brings; from the beginning again where the server only gives it from there."""
    headers = {**build_hf_headers(), "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    url = hf_hub_url(listing.repo, file.name, revision=listing.commit)
    with get_session().stream("GET", url, headers=headers, timeout=SILENCE) as response:
        hf_raise_for_status(response)
        if have and response.status_code != HTTPStatus.PARTIAL_CONTENT:
            count.add(-have)
            have = 0
        # Unbuffered: what has come is on the disk, however this process ends.
        with part.open("ab" if have else "wb", buffering=0) as stream:
            for piece in response.iter_bytes():
                stream.write(piece)
                have += len(piece)
                count.add(len(piece), by_network=True)
                if have > file.size:
                    return  # another file; its hash will tell
            os.fsync(stream.fileno())


def _hash(path: Path, file: HubFile) -> str:
    """Return the hash of what is on the disk, of the kind that the hub gives: SHA-256, or git's SHA-1 of a blob."""
    digest = hashlib.sha256() if file.is_lfs else hashlib.sha1(usedforsecurity=False)
    if not file.is_lfs:
        digest.update(f"blob {path.stat().st_size}\0".encode())
    with path.open("rb") as stream:
        while piece := stream.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _link(listing: Listing, files: Sequence[HubFile], folder: Path) -> Path:
    """Make the snapshot, and name it last: from then on the model is there."""
    snapshot = folder / "snapshots" / listing.commit
    for file in files:
        path = snapshot / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        blob = folder / "blobs" / file.blob
        try:
            path.symlink_to(os.path.relpath(blob, path.parent))
        except OSError:  # Windows without the right to make links
            try:
                path.hardlink_to(blob)
            except OSError:
                shutil.copyfile(blob, path)
    refs = folder / "refs"
    refs.mkdir(exist_ok=True)
    new = refs / "main.new"
    new.write_text(listing.commit, encoding="utf-8")
    new.replace(refs / "main")
    return snapshot


def _part(blobs: Path, file: HubFile) -> Path:
    return blobs / f"{file.blob}.incomplete"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _cannot_write(repo: str, error: OSError) -> ModelError:
    reason = error.strerror or str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ModelError(
            "model.no_space",
            f"There is no room for the model '{repo}' in {hub_cache()} ({reason}).",
            "Free some space and download again; what was fetched is kept.",
        )
    return ModelError(
        "model.cannot_write",
        f"The model '{repo}' cannot be written into {hub_cache()} ({reason}).",
        "Choose another model folder in the preferences.",
    )
