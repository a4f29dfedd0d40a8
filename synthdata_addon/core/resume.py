# SPDX-License-Identifier: GPL-3.0-or-later
"""Is the job in this folder the job that is asked for? Compared setting by setting, and named where it is not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .decode import from_json, parse_json, to_json
from .errors import DatasetError, SpecError, cause
from .layout import DatasetFolder
from .records import JobRecord
from .spec import SCHEMA
from .standing import moved

COMPARED = ("job", "categories", "instances", "views", "scene_file", "software", "unit_scale")
HARMLESS = (
    "job.model.device",
    "job.model.precision",
    "job.model.speed.",
    "job.passes.keep",
)
"""Settings that change how the work is done, not what it makes: a run that goes on has those that it is given."""


def read_job(folder: DatasetFolder) -> JobRecord | None:
    """Return the folder's job, or None when there is none yet.

    Raises:
        DatasetError: ``dataset.bad_job``: the file is there and cannot be read.
    """
    try:
        if not folder.job_file.exists():
            return None
        return _parse_job(folder.job_file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DatasetError(
            "dataset.bad_job",
            f"'{folder.job_file}' cannot be read: {error.strerror or error}.",
            "Choose another folder.",
        ) from error
    except (SpecError, UnicodeDecodeError) as error:
        raise DatasetError(
            "dataset.bad_job",
            f"'{folder.job_file}' cannot be read: {cause(error)}",
            "Choose an empty folder, or put the file back.",
        ) from error


def _parse_job(text: str) -> JobRecord:
    data = parse_json(text, "job.json")
    if isinstance(data, dict) and data.get("schema") != SCHEMA:
        raise SpecError("spec.schema", f"job.json has schema {data.get('schema')!r}, not {SCHEMA}.")
    return from_json(JobRecord, data, "job.json")


def check_same_job(old: JobRecord, new: JobRecord, folder: DatasetFolder) -> None:
    """Refuse to go on with another job in the same folder.

    Raises:
        DatasetError: ``dataset.other_job``, naming what changed from what to what.
    """
    changes = differences(old, new)
    if changes:
        raise DatasetError(
            "dataset.other_job",
            f"'{folder.root}' holds a dataset made with other settings: {shown_differences(changes)}.",
            "Choose another output folder, set them back, or turn on Extend if only views, styles, exports, the file's "
            "name or software versions changed.",
        )


def as_asked(old: JobRecord, new: JobRecord) -> JobRecord:
    """Return ``old`` with those settings of ``new`` that change how the work is done; ``old`` itself if none does."""
    job = old
    for name in HARMLESS:
        job = _with(job, new, name.rstrip(".").split("."))
    return old if job == old else job


def _with(old: Any, new: Any, path: list[str]) -> Any:
    """Return a record with the one value at a path that another record has there."""
    name, *rest = path
    value = getattr(new, name)
    return replace(old, **{name: _with(getattr(old, name), value, rest) if rest else value})


def differences(old: JobRecord, new: JobRecord) -> list[str]:
    """Return what differs between two jobs, each as "name was this, now that"."""
    changes = []
    for name in COMPARED:
        changes += _differences(name, to_json(getattr(old, name)), to_json(getattr(new, name)))
    if old.instances == new.instances and old.software == new.software:
        changes += moved(old.instances, old.standing, new.standing)
    return [change for change in changes if not change.startswith(HARMLESS)]


def shown_differences(changes: list[str]) -> str:
    """Return the first of some changes as one text."""
    return "; ".join(changes[:6]) + (f"; and {len(changes) - 6} more" if len(changes) > 6 else "")


def _differences(path: str, old: Any, new: Any) -> list[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        keys = sorted(set(old) | set(new))
        return [line for key in keys for line in _differences(f"{path}.{key}", old.get(key), new.get(key))]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = enumerate(zip(old, new, strict=True))
        return [line for i, (a, b) in pairs for line in _differences(f"{path}[{i}]", a, b)]
    return [] if old == new else [f"{path} was {_brief(old)}, now {_brief(new)}"]


def _brief(value: Any) -> str:
    if isinstance(value, list):
        return f"{len(value)} entries"
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
