# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets the user's scene as a view of a dataset had it: frame, camera, what moved, and what its picture alone showed.

What it was before lies as text on the camera that this adds: undo, save and load keep the two together. No reference is
kept, and nothing else of ours stays in the file once it is put back.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

import bpy
from mathutils import Matrix

from ..core.errors import SceneError
from ..core.layout import DatasetFolder
from ..core.records import JobRecord, ViewRecord
from ..core.spec import JobSpec
from .contents import Contents
from .facts import scene_facts
from .job_scene import JobScene
from .session import RenderSession
from .vary.changes import Changes
from .vary.files import PURPOSE
from .vary.optics import Shot, take

CAMERA: Final = "SynthData View"
BEFORE: Final = "synthdata_before"
"""Custom property of our camera: what the scene was before, as JSON."""
KEPT: Final = "synthdata_kept_"
"""Custom properties that hold what is to be put back: Blender saves no data that nothing uses."""
MADE: Final = ("actions", "cameras", "images", "lights", "materials", "node_groups", "objects", "worlds")
"""Where in ``bpy.data`` things of ours can be; taken away in another order: objects go with their data."""
CHANGED: Final = (
    "camera",
    "world",
    "render.resolution_x",
    "render.resolution_y",
    "render.resolution_percentage",
    "render.pixel_aspect_x",
    "render.pixel_aspect_y",
    "render.use_motion_blur",
    "render.motion_blur_shutter",
    "render.motion_blur_position",
    "view_settings.exposure",
    "cycles.film_exposure",
)
"""What of a scene is set, or may be by the view's picture."""


def remade_view(scene: bpy.types.Scene) -> int | None:
    """Return the number of the view that a scene is set as; None for none."""
    camera = _camera(scene)
    return None if camera is None else int(json.loads(camera.data[BEFORE])["view"])


def remake(
    scene: bpy.types.Scene,
    layer: bpy.types.ViewLayer,
    folder: DatasetFolder,
    job: JobRecord,
    record: ViewRecord,
) -> list[str]:
    """Set a scene as a view had it; return what the user should know.

    Raises:
        SynthDataError: the job cannot be made in this scene, which stays as it was.
    """
    if record.camera is None:
        raise SceneError(
            "scene.no_camera", f"View {record.view} was left out: {record.skipped}", "Choose another view."
        )
    put_back(scene)
    layer.update()
    names = _names()
    changes, frame = Changes(), scene.frame_current
    for path in CHANGED:
        if path.partition(".")[0] != "cycles" or hasattr(scene, "cycles"):
            changes.remember(scene, path)
    try:
        said = _set(scene, layer, folder, job.job, record, changes)
    except BaseException:
        changes.put_back()
        scene.frame_set(frame)
        _remove(_made(names))
        raise
    made = _made(names)
    for name in made.get("images", ()):
        bpy.data.images[name].pop(PURPOSE, None)  # no job's any more
    before = {"view": record.view, "frame": frame, "changes": changes.to_json(), "made": made}
    data = scene.camera.data
    data[BEFORE] = json.dumps(before)
    for number, item in enumerate(changes.named()):
        data[f"{KEPT}{number}"] = item
    return said + _missing(scene, job)


def put_back(scene: bpy.types.Scene) -> bool:
    """Set a scene back to what it was before a view was made again; return whether it was set as one."""
    camera = _camera(scene)
    if camera is None:
        return False
    before = json.loads(camera.data[BEFORE])
    Changes.from_json(before["changes"]).put_back()
    scene.frame_set(before["frame"])
    _remove(before["made"])
    return True


def _set(
    scene: bpy.types.Scene,
    layer: bpy.types.ViewLayer,
    folder: DatasetFolder,
    spec: JobSpec,
    record: ViewRecord,
    changes: Changes,
) -> list[str]:
    said = []
    job_scene = JobScene(scene.name, layer.name, spec)
    session = None
    try:
        contents = Contents(job_scene, scene, layer)
        facts = scene_facts(scene, spec.sweep, contents.first, contents.labelling.id_of)
        session = RenderSession(job_scene, facts, contents, folder)
        variation = session.variation
        variation.begin(record.view)
        session.turntable.begin(record.view)
        session.place(record.view)
        shot = _shot(session, spec, record)
        _add_camera(scene, shot, record)
        if spec.passes.beauty:
            variation.dress(scene, shot)
        for log in (session.placed.changes, session.turntable.changes, variation.changes):
            changes.take_from(log)
        if spec.variation.sensor.use_distortion:
            said.append("The lens is shown without its distortion")
    except BaseException:
        if session is not None:
            session.close()
        job_scene.close()
        raise
    # Not the session's own end: it would take away what the picture shows.
    for part in (session.placed, session.beauty, session.solo, session.job_scene):
        part.close()
    scene.frame_set(record.frame)
    layer.update()
    return said


def _shot(session: RenderSession, spec: JobSpec, record: ViewRecord) -> Shot:
    """Return the view's optics without distortion, from where the journal says it was taken."""
    planned = session.poses.planned(record.view)
    sensor = replace(spec.variation.sensor, use_distortion=False)
    plain = replace(spec, variation=replace(spec.variation, sensor=sensor))
    return take(plain, record.view, planned.camera or CAMERA, planned.lens, planned.pose)


def _add_camera(scene: bpy.types.Scene, shot: Shot, record: ViewRecord) -> None:
    camera = bpy.data.objects.new(CAMERA, bpy.data.cameras.new(CAMERA))
    scene.collection.objects.link(camera)
    for name, value in vars(shot.lens).items():
        setattr(camera.data, name, value)
    assert record.camera is not None
    camera.matrix_world = Matrix(record.camera.cam_to_world)
    scene.camera = camera
    render = scene.render
    render.resolution_x, render.resolution_y, render.resolution_percentage = (
        record.width,
        record.height,
        100,
    )
    render.pixel_aspect_x = render.pixel_aspect_y = 1.0


def _missing(scene: bpy.types.Scene, job: JobRecord) -> list[str]:
    """Tell which labelled things of the job are not in the scene any more."""
    there = {obj.name_full for obj in scene.objects} | {item.name_full for item in bpy.data.collections}
    wanted = dict.fromkeys(item.parent or item.name for item in job.instances)
    gone = [name for name in wanted if name not in there and name.rpartition(" / ")[0] not in there]
    return [f"Not in this scene: {', '.join(gone[:4])}{' and more' if len(gone) > 4 else ''}"] if gone else []


def _camera(scene: bpy.types.Scene) -> bpy.types.Object | None:
    if not any(BEFORE in data for data in bpy.data.cameras):
        return None  # buttons ask this at every redraw
    return next((obj for obj in scene.objects if obj.type == "CAMERA" and BEFORE in obj.data), None)


def _names() -> dict[str, set[str]]:
    """Return the names of all local data of the kinds that we may add."""
    return {kind: {item.name for item in getattr(bpy.data, kind) if item.library is None} for kind in MADE}


def _made(before: dict[str, set[str]]) -> dict[str, list[str]]:
    return {kind: sorted(names - before[kind]) for kind, names in _names().items() if names - before[kind]}


def _remove(made: dict[str, list[str]]) -> None:
    for kind in ("objects", *(kind for kind in MADE if kind != "objects")):
        owner: Any = getattr(bpy.data, kind)
        for name in made.get(kind, ()):
            item = owner.get((name, None))
            if item is not None:
                owner.remove(item)
