# SPDX-License-Identifier: GPL-3.0-or-later
"""A look at a scene as a job would find it: its classes, what a job would make of it, and what is in the way."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bpy

from ..core.categories import number_categories
from ..core.errors import SynthDataError
from ..core.estimate import Estimate, estimate, estimate_text, read_factors
from ..core.plan import sweep_frames
from ..core.spec import JobSpec
from .dataset_standing import Standing, standing_of
from .fixes import Lack, lacks_of_dataset, lacks_of_job, lacks_of_scene, no_styles, said
from .request import resolve_output, resolve_request
from .settings import categories_of
from .used_categories import count_categories


@dataclass(frozen=True)
class ClassRow:
    """A class of the scene: its COCO id and how many things are labelled with it."""

    id: int
    name: str
    count: int


@dataclass(frozen=True)
class SceneCheck:
    """What the panel shows of one scene."""

    scene: str = ""
    line: str = ""
    """What a job would make: ``40 views × 3 styles = 120 pictures, about 6 minutes, 310 MB``."""
    lacks: tuple[Lack, ...] = ()
    classes: tuple[ClassRow, ...] = ()
    problem: str = ""
    """Why the classes cannot be told."""

    @property
    def is_ready(self) -> bool:
        """Whether a job would begin."""
        return not any(lack.is_fault for lack in self.lacks)


def check_scene(scene: bpy.types.Scene, layer: bpy.types.ViewLayer) -> SceneCheck:
    """Look at a scene. Renders nothing and changes nothing; takes milliseconds for thousands of objects."""
    classes, lacks = _classes(scene, layer)
    problem = "" if classes or not lacks else lacks[0].text
    spec, fault = _request(scene)
    standing, of_folder = _standing(scene, spec)
    lacks += of_folder
    if spec is None:
        return SceneCheck(scene.name, "", (*lacks, *fault), classes, problem)
    lacks += lacks_of_job(spec)
    if not spec.styles:
        lacks += no_styles(scene)
    found = estimate(spec, view_number(scene, spec), factors(), left=_left(scene, spec, standing))
    return SceneCheck(scene.name, _line(spec, found, standing), lacks, classes, problem)


def _request(scene: bpy.types.Scene) -> tuple[JobSpec | None, tuple[Lack, ...]]:
    try:
        return resolve_request(scene), ()
    except SynthDataError as error:
        return None, (Lack(said(error)),)


def _standing(scene: bpy.types.Scene, spec: JobSpec | None) -> tuple[Standing, tuple[Lack, ...]]:
    """Return how far the folder's dataset is, and what is wrong with the folder."""
    try:
        output = resolve_output(scene)
        standing = Standing() if spec is None else standing_of(output, spec)
    except SynthDataError as error:
        return Standing(), lacks_of_dataset(error)
    return standing, lacks_of_dataset(standing.error, can_extend=not scene.synthdata.extend)


def factors() -> dict[str, float]:
    """Return how many times as long as shipped things take on this machine."""
    return read_factors(factors_path())


def factors_path() -> Path:
    """Return where that is kept, in the user's own configuration."""
    return Path(bpy.utils.user_resource("CONFIG")) / "synthdata" / "pace.json"


def view_number(scene: bpy.types.Scene, spec: JobSpec) -> int:
    """Return how many views a job will have; a scene without the camera it needs gives 0."""
    sweep = spec.sweep
    if sweep.kind == "CAMERAS":
        return min(sweep.views, sum(obj.type == "CAMERA" for obj in scene.objects))
    if sweep.kind == "GRID":
        across, along, up = sweep.grid
        return min(sweep.views, across * along * up)
    if sweep.kind in ("FRAMES", "MARKERS"):
        held = [marker for marker in scene.timeline_markers if marker.camera]
        markers = tuple((marker.frame, marker.camera.name_full) for marker in held)
        return len(sweep_frames(sweep, scene.frame_current, markers))
    return sweep.views


def _classes(
    scene: bpy.types.Scene, layer: bpy.types.ViewLayer
) -> tuple[tuple[ClassRow, ...], tuple[Lack, ...]]:
    try:
        counts = count_categories(scene, layer)
        numbered = number_categories(counts, categories_of(scene.synthdata.labels))
    except SynthDataError as error:
        return (), (Lack(said(error)),)
    rows = tuple(ClassRow(item.id, item.name, counts[item.name]) for item in numbered if counts[item.name])
    return rows, () if rows else lacks_of_scene(scene, layer)


def _left(scene: bpy.types.Scene, spec: JobSpec, standing: Standing) -> int:
    return max(0, view_number(scene, spec) - standing.views)


def _line(spec: JobSpec, found: Estimate, standing: Standing) -> str:
    text = estimate_text(found, len(spec.styles))
    if not standing.views:
        return text
    if standing.views >= found.views:
        return f"{text}. All views are there; what is missing is made"
    return f"{text}. {standing.views} views are there; Generate goes on"
