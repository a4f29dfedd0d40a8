# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in the way of a job, in the words that the job itself would refuse it with, each with buttons that help."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import bpy

from ..blender.contents import no_category
from ..blender.scan import RENDERED_TYPES
from ..core.errors import SynthDataError
from ..core.model_check import check_model
from ..core.spec import JobSpec, validate
from .preferences import RunnerSettings

OTHER_SIZE: Final = 64
"""Multiple that every family takes."""
COPY_NUMBER: Final = re.compile(r"[._ ]?\d+$")


@dataclass(frozen=True)
class Fix:
    """A button: an operator of Blender's or ours, and what it is called with."""

    text: str
    operator: str
    arguments: tuple[tuple[str, Any], ...] = ()
    is_dialog: bool = False


@dataclass(frozen=True)
class Lack:
    """Something that is missing. A fault is refused by a job; the rest is good to know."""

    text: str
    fixes: tuple[Fix, ...] = ()
    is_fault: bool = True


@dataclass(frozen=True)
class Change:
    """A change of settings that may be what is missing: in a request, and in the panel."""

    text: str
    of_spec: Callable[[JobSpec], JobSpec]
    of_panel: Callable[[Any], None]


def _set(**values: bool | str) -> Callable[[Any], None]:
    def change(settings: Any) -> None:
        for name, value in values.items():
            owner = settings.labels if hasattr(settings.labels, name) else settings
            setattr(owner, name, value)

    return change


def _labels(**values: Any) -> Callable[[JobSpec], JobSpec]:
    return lambda spec: replace(spec, labels=replace(spec.labels, **values))


def _round(settings: Any) -> None:
    settings.width, settings.height = _near(settings.width), _near(settings.height)


def _near(side: int) -> int:
    return max(OTHER_SIZE, round(side / OTHER_SIZE) * OTHER_SIZE)


CHANGES: Final[dict[str, Change]] = {
    "BEAUTY": Change(
        "Turn Beauty On",
        lambda spec: replace(spec, passes=replace(spec.passes, beauty=True)),
        _set(beauty=True),
    ),
    "VISIBILITY": Change("Turn Visibility On", _labels(visibility=True), _set(visibility=True)),
    "AMODAL": Change(
        "Turn Visibility and Amodal On",
        _labels(visibility=True, amodal=True),
        _set(visibility=True, amodal=True),
    ),
    "INDEX": Change("Use the Object Index", _labels(source="INDEX"), _set(source="INDEX")),
    "SIZE": Change(
        "Use the Nearest Size",
        lambda spec: replace(spec, width=_near(spec.width), height=_near(spec.height)),
        _round,
    ),
}
MOST_OFFERED: Final = 2


def lacks_of_job(spec: JobSpec) -> tuple[Lack, ...]:
    """Return what is wrong with the settings, with the changes that put it right, and whether pictures can be made."""
    fault = _fault(spec)
    found: tuple[Lack, ...] = ()
    if fault is not None:
        helping = (
            name for name, change in CHANGES.items() if _text(_fault(change.of_spec(spec))) != str(fault)
        )
        found = (Lack(said(fault), tuple(_change(name) for name in list(helping)[:MOST_OFFERED])),)
    if any(style.kind == "DIFFUSION" for style in spec.styles) and not _has_torch(_every(30.0)):
        found += (Lack("Pictures need a Python with torch and diffusers", (_runner_fix(),)),)
    return found


def lacks_of_scene(scene: bpy.types.Scene, layer: bpy.types.ViewLayer) -> tuple[Lack, ...]:
    """Return that nothing is labelled, with a button that labels what is selected, or all by their names."""
    objects = [obj for obj in layer.objects if obj.type in RENDERED_TYPES]
    selected = [obj for obj in objects if obj.select_get(view_layer=layer)]
    fixes: tuple[Fix, ...] = ()
    if selected:
        name = class_of_name((layer.objects.active if layer.objects.active in selected else selected[0]).name)
        what = "Object" if len(selected) == 1 else f"{len(selected)} Objects"
        arguments = (("category", name),)
        fixes = (Fix(f"Label the Selected {what} as '{name}'", "synthdata.assign_category", arguments),)
    elif objects:
        fixes = (
            Fix("Label All Objects by Their Names", "synthdata.label_by_names", (("everything", True),)),
        )
    return (Lack(str(no_category(scene.name).message), fixes),)


def no_styles(scene: bpy.types.Scene) -> tuple[Lack, ...]:
    """Return that a job makes labels but no pictures, where they are wanted."""
    settings = scene.synthdata
    if not settings.use_styles or len(settings.styles):
        return ()
    return (
        Lack(
            "No style: labels and control images only",
            (Fix("Add Three Styles", "synthdata.styles_start"),),
            False,
        ),
    )


def lacks_of_dataset(error: SynthDataError | None, *, can_extend: bool = False) -> tuple[Lack, ...]:
    """Return what is wrong with the output folder."""
    if error is None:
        return ()
    choose = Fix("Choose a Folder", "synthdata.choose_output", is_dialog=True)
    fixes: dict[str, tuple[Fix, ...]] = {
        "dataset.unsaved": (Fix("Save the File", "wm.save_as_mainfile", is_dialog=True), choose),
        "dataset.other_job": (Fix("Use a New Folder", "synthdata.new_folder"),),
    }
    if error.code == "dataset.other_job":
        if not can_extend:  # Extend is on: whether these settings extend it is for the job to say
            return ()
        fixes[error.code] += (Fix("Extend It", "synthdata.extend_dataset"),)
    return (Lack(error.message, fixes.get(error.code, (choose,))),)


def said(error: SynthDataError) -> str:
    """Return what an error says in the panel: its sentence and what to do."""
    return f"{error.message} {error.hint}".strip()


def class_of_name(name: str) -> str:
    """Return what an object is by its name: ``Office Chair.003`` is an ``office chair``."""
    plain = COPY_NUMBER.sub("", name).replace("_", " ").strip()
    return (plain or name).lower()


def _change(name: str) -> Fix:
    return Fix(CHANGES[name].text, "synthdata.change_settings", (("change", name),))


def _fault(spec: JobSpec) -> SynthDataError | None:
    try:
        validate(spec)
        if any(style.kind == "DIFFUSION" for style in spec.styles):
            _check_model(spec, _every(10.0))
    except SynthDataError as error:
        return error
    return None


def _text(error: SynthDataError | None) -> str:
    return "" if error is None else str(error)


@lru_cache(maxsize=16)
def _model_fault(model: Any, size: tuple[int, int], _turn: int) -> SynthDataError | None:
    """Return what is wrong with a model; files are looked at again every few seconds only."""
    try:
        check_model(model, size)
    except SynthDataError as error:
        return error
    return None


def _check_model(spec: JobSpec, turn: int) -> None:
    fault = _model_fault(spec.model, (spec.width, spec.height), turn)
    if fault is not None:
        raise fault


def _every(seconds: float) -> int:
    """Return a number that changes every so many seconds."""
    return int(time.monotonic() / seconds)


@lru_cache(maxsize=2)
def _has_torch(_turn: int) -> bool:
    """Tell whether the runner's Python can be one that makes pictures: the user's own, or one that holds torch."""
    try:
        runner = RunnerSettings.current()
    except SynthDataError:
        return True  # the job says what is wrong
    if runner.python != sys.executable:
        return True
    return any((Path(folder) / "torch").is_dir() for folder in (*runner.site_dirs, *sys.path))


def _runner_fix() -> Fix:
    if hasattr(bpy.types, "SYNTHDATA_OT_setup_runner"):
        return Fix("Set Up Runner", "synthdata.setup_runner", is_dialog=True)
    return Fix("Open Preferences", "synthdata.show_preferences")
