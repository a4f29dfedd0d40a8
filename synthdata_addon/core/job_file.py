# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole request as a JSON file, and presets: such files that leave out what belongs to a machine or a scene.

A preset sets what it names and leaves everything else as it is.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any, Final

from .decode import from_json, parse_json
from .errors import SpecError
from .layout import replacing
from .spec import JobSpec, load_spec, validate

MAX_BYTES: Final = 256 << 20
OF_THE_MACHINE: Final = ("model.device", "model.speed")
OF_THE_SCENE: Final = (
    "sweep.target",
    "sweep.place",
    "sweep.frame_start",
    "sweep.frame_end",
    "sweep.extended_from",
    "prompts.wildcards",
)
"""Names and frames of one scene, and what a job read from files as it began."""


def read_text(path: Path) -> str:
    """Return the text of a job file.

    Raises:
        SpecError: ``spec.job_file``.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SpecError("spec.job_file", f"'{path}' is too large for a job file.", "Choose another file.")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(
            "spec.job_file", f"The job file '{path}' cannot be read.", "Check the path."
        ) from error


def read_job_file(path: Path) -> JobSpec:
    """Return the checked job of a file: one that was saved, or the ``job.json`` of a dataset.

    Raises:
        SpecError: the first fault found.
    """
    return load_spec(read_text(path), path.name)


def write_job_file(spec: JobSpec, path: Path) -> None:
    """Write a job that can be made; the file is there whole or not at all.

    Raises:
        SpecError: a setting is wrong; ``spec.job_file``: the file cannot be written.
    """
    validate(spec)
    write_json(spec.to_json(), path)


def write_json(data: dict[str, Any], path: Path) -> None:
    """Write JSON that people can read.

    Raises:
        SpecError: ``spec.job_file``.
    """
    text = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    try:
        with replacing(path) as part:
            part.write_text(text, encoding="utf-8")
    except OSError as error:
        reason = error.strerror or error
        raise SpecError(
            "spec.job_file", f"'{path}' cannot be written ({reason}).", "Choose another folder."
        ) from error


def preset_of(spec: JobSpec) -> dict[str, Any]:
    """Return what a preset keeps of a job."""
    data = spec.to_json()
    for name in (*OF_THE_MACHINE, *OF_THE_SCENE):
        section, _, key = name.partition(".")
        data[section].pop(key, None)
    return data


def with_preset(spec: JobSpec, text: str, source: str) -> JobSpec:
    """Return a job with what a preset names.

    Raises:
        SpecError: the preset cannot be read, or does not go with the job.
    """
    data = parse_json(text, source)
    if not isinstance(data, dict):
        raise SpecError("spec.json", f"{source} is no preset.", "Choose a preset that was saved here.")
    wanted = from_json(JobSpec, _merged(spec.to_json(), data), source)
    validate(wanted)
    return wanted


def changed(one: Any, other: Any, path: str = "") -> list[str]:
    """Return the names of the settings in which two jobs differ, such as ``sweep.views``."""
    if dataclasses.is_dataclass(one) and type(one) is type(other):
        return [
            name
            for field in dataclasses.fields(one)
            for name in changed(
                getattr(one, field.name), getattr(other, field.name), f"{path}.{field.name}".lstrip(".")
            )
        ]
    return [] if one == other else [path]


def _merged(below: Any, above: Any) -> Any:
    if isinstance(below, dict) and isinstance(above, dict):
        return below | {key: _merged(below.get(key), value) for key, value in above.items()}
    return above
