# SPDX-License-Identifier: GPL-3.0-or-later
"""From panel, arguments and job file to one request: what is given explicitly wins."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import bpy

from ..core.errors import DatasetError
from ..core.job_file import read_job_file
from ..core.prompts import StylePrompts, with_wildcards
from ..core.spec import JobSpec
from .settings import job_from_scene, parse_seed


def resolve_request(scene: bpy.types.Scene, *, job: str = "", views: int = 0, seed: str = "") -> JobSpec:
    """Return the job: from the file if one is named, else from the scene's settings, with the overrides applied.

    Raises:
        SpecError: a file that cannot be read, or a setting that is wrong.
    """
    spec = read_job_file(Path(bpy.path.abspath(job))) if job else job_from_scene(scene)
    if views:
        spec = dataclasses.replace(spec, sweep=dataclasses.replace(spec.sweep, views=views))
    if seed:
        spec = dataclasses.replace(spec, seed=parse_seed(seed))
    templates = [StylePrompts(style.name, style.prompt, style.negative_prompt) for style in spec.styles]
    return dataclasses.replace(spec, prompts=with_wildcards(spec.prompts, templates))


def resolve_output(scene: bpy.types.Scene, output: str = "") -> Path:
    """Return the dataset's folder as an absolute path; ``//`` stands for the .blend's folder.

    Raises:
        DatasetError: ``dataset.no_output`` or ``dataset.unsaved``.
    """
    name = output or scene.synthdata.output
    if not name:
        raise DatasetError(
            "dataset.no_output", "No output folder is chosen.", "Choose one in the Output panel."
        )
    if name.startswith("//") and not bpy.data.filepath:
        raise DatasetError(
            "dataset.unsaved",
            f"The output '{name}' lies beside the .blend file, which is not saved yet.",
            "Save the file, or choose a full path.",
        )
    return Path(bpy.path.abspath(name)).resolve()
