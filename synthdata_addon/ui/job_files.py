# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs and presets from files into the panel: all of it or nothing, and a word on what this scene cannot show."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import bpy

from ..core.errors import SpecError
from ..core.job_file import changed, preset_of, read_job_file, read_text, with_preset, write_json
from ..core.spec import JobSpec
from .settings import apply_job, job_from_scene

SHOWN = 4


def show_job_file(path: Path, scene: bpy.types.Scene) -> str:
    """Show the job of a file in the panel; return what of it is not as in the file, or "".

    Raises:
        SpecError: the file is wrong; the panel stays as it is.
    """
    spec = read_job_file(path)
    _show(spec, scene)
    missing = [
        f"{what} '{name}' is not in this scene"
        for what, name in (("The target", spec.sweep.target), ("The place", spec.sweep.place))
        if name and name not in scene.objects
    ]
    known = {"prompts.wildcards", "sweep.extended_from", "sweep.target", "sweep.place"}
    other = [name for name in changed(spec, job_from_scene(scene)) if name not in known]
    if other:
        names = ", ".join(other[:SHOWN]) + (" and more" if len(other) > SHOWN else "")
        missing.append(f"The panel cannot show exactly: {names}")
    return ". ".join(missing)


def show_preset(path: Path, scene: bpy.types.Scene) -> None:
    """Set what a preset names; the machine's settings, the scene's objects and its frames stay.

    Raises:
        SpecError: the preset is wrong; the panel stays as it is.
    """
    spec = with_preset(_shown(scene), read_text(path), path.name)
    settings = scene.synthdata
    kept = [(settings, "target"), (settings.sweep_settings, "place"), (settings, "use_scene_frames")]
    before = [getattr(owner, name) for owner, name in kept]
    _show(spec, scene)
    for (owner, name), value in zip(kept, before, strict=True):
        setattr(owner, name, value)


def save_preset(path: Path, scene: bpy.types.Scene) -> None:
    """Save what the panel shows, but for the machine's settings and the scene's own names.

    Raises:
        SpecError: a setting that cannot be read, or a file that cannot be written.
    """
    write_json(preset_of(job_from_scene(scene)), path)


def _shown(scene: bpy.types.Scene) -> JobSpec:
    """Return what the panel shows; the defaults where that cannot be read, which a preset may be to mend."""
    with suppress(SpecError):
        return job_from_scene(scene)
    return JobSpec()


def _show(spec: JobSpec, scene: bpy.types.Scene) -> None:
    before = _shown(scene)
    try:
        apply_job(spec, scene)
    except BaseException:
        apply_job(before, scene)
        raise
