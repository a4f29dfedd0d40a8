# SPDX-License-Identifier: GPL-3.0-or-later
"""What a view plan needs to know of the scene: where to look, how big, which cameras, how deep."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import bpy
import numpy as np
from mathutils import Vector

from ..core.arrays import Matrix3, Matrix4
from ..core.camera import Lens, intrinsics, world_to_opencv
from ..core.errors import SceneError
from ..core.plan import SceneFacts, Subject, sweep_frames
from ..core.sweep_spec import PLACED, SweepSpec
from .labelling import Thing
from .places import box_of, line_of, place_object, point_of

DEPTH_GRID = (12, 9)
DEPTH_PERCENTILES = (1.0, 99.0)
PANORAMA = "PANO"


def metres_per_unit(scene: bpy.types.Scene) -> float:
    """Return how many metres a scene unit is: Blender's Unit Scale, which counts where there is a unit system."""
    settings = scene.unit_settings
    return 1.0 if settings.system == "NONE" else float(f"{settings.scale_length:.6g}")


def scene_facts(
    scene: bpy.types.Scene,
    sweep: SweepSpec,
    things: Sequence[Thing],
    id_of: Callable[[Thing], int] = lambda _: -1,
) -> SceneFacts:
    """Read the facts of a scene, in scene units and world space.

    Args:
        scene: to read.
        sweep: the sweep that they are for.
        things: what is labelled in the scene.
        id_of: tells the instance id of a thing.

    Raises:
        SceneError: ``scene.no_camera``, ``scene.no_target``, ``scene.no_place`` or ``scene.panoramic_camera``.
    """
    cameras = tuple(sorted(obj.name_full for obj in scene.objects if obj.type == "CAMERA"))
    active = scene.camera.name_full if scene.camera is not None and scene.camera.type == "CAMERA" else ""
    markers = tuple((marker.frame, marker.camera.name_full) for marker in _camera_markers(scene))
    used = {"CAMERAS": cameras, "FRAMES": (active,), "MARKERS": tuple(name for _, name in markers)}
    _check_cameras(scene, sweep, used.get(sweep.kind, ("none",)))
    target, radius = _target(scene, sweep, things)
    place = place_object(scene, sweep.place) if sweep.kind in PLACED else None
    subjects = tuple(_subject(thing, id_of(thing)) for thing in things if len(thing.corners()))
    aimed = scene.objects.get(sweep.target) if sweep.target else None
    target_name = aimed.name_full if aimed is not None else ""
    return SceneFacts(
        target=target,
        target_radius=radius,
        cameras=cameras,
        active_camera=active,
        frame_current=scene.frame_current,
        markers=markers,
        path=line_of(place) if place and sweep.kind == "PATH" else (),
        box=box_of(place) if place and sweep.kind in ("GRID", "VOLUME") else None,
        point=point_of(place) if place and sweep.kind == "LOOK_AROUND" else None,
        subjects=subjects,
        target_name=target_name,
        target_number=_number_of(target_name, things, id_of),
        is_spot=aimed is None or not any(_corners(aimed)),
    )


def camera_frames(scene: bpy.types.Scene, sweep: SweepSpec) -> list[int]:
    """Return the frames that the views of a sweep show; see :func:`..core.plan.sweep_frames`."""
    markers = tuple((marker.frame, marker.camera.name_full) for marker in _camera_markers(scene))
    return sweep_frames(sweep, scene.frame_current, markers) or [scene.frame_current]


def _check_cameras(scene: bpy.types.Scene, sweep: SweepSpec, used: tuple[str, ...]) -> None:
    hints = {
        "CAMERAS": ("camera to render from", "Add one, or use an orbit."),
        "FRAMES": ("active camera to follow", "Set one, or use an orbit or a dome."),
        "MARKERS": ("timeline marker with a camera", "Bind a camera to a marker, or use the sweep Cameras."),
    }
    if sweep.kind in hints and not any(used):
        what, hint = hints[sweep.kind]
        raise SceneError("scene.no_camera", f"'{scene.name}' has no {what}.", hint)
    if sweep.kind not in hints:
        return
    for name in used:
        if object_by_full_name(name).data.type == PANORAMA:
            raise SceneError(
                "scene.panoramic_camera",
                f"The camera '{name}' is panoramic, which has no pinhole intrinsics.",
                "Make it perspective or orthographic.",
            )


def _subject(thing: Thing, number: int) -> Subject:
    corners = thing.corners()
    low, high = corners.min(axis=0), corners.max(axis=0)
    x, y, z = ((low + high) / 2.0).tolist()
    return Subject((x, y, z), float(np.linalg.norm(high - low) / 2.0), thing.key.name, thing.category, number)


def _number_of(name: str, things: Sequence[Thing], id_of: Callable[[Thing], int]) -> int:
    """Return the id of the thing that an object itself is, or the body of; -1 for none."""
    own = (thing for thing in things if any(part.name == name and not part.parent for part in thing.parts))
    thing = next(own, None)
    return -1 if thing is None else id_of(thing)


def object_by_full_name(name: str) -> bpy.types.Object:
    """Return the object with this full name (``Cube`` or ``Cube [library.blend]``).

    Raises:
        SceneError: ``scene.object_missing``.
    """
    obj = bpy.data.objects.get(name)
    if obj is not None and obj.name_full == name:
        return obj
    for candidate in bpy.data.objects:
        if candidate.name_full == name:
            return candidate
    raise SceneError("scene.object_missing", f"There is no object '{name}'.", "Was it removed or renamed?")


def camera_of_marker(scene: str, frame: int) -> str:
    """Return the full name of the camera that the timeline's markers choose at a frame, or "" without such markers.

    As in Blender, frames before the first marker take its camera, and cameras hidden in renders do not count.
    """
    markers = _camera_markers(bpy.data.scenes[scene])
    if not markers:
        return ""
    passed = [marker for marker in markers if marker.frame <= frame]
    chosen = passed[-1] if passed else markers[0]
    return str(chosen.camera.name_full)


def _camera_markers(scene: bpy.types.Scene) -> list[bpy.types.TimelineMarker]:
    """Return the markers that hold a camera which renders, in time."""
    held = [m for m in scene.timeline_markers if m.camera and not m.camera.hide_render]
    return sorted(held, key=lambda marker: int(marker.frame))


def _target(
    scene: bpy.types.Scene, sweep: SweepSpec, things: Sequence[Thing]
) -> tuple[tuple[float, float, float], float]:
    """Return the point to look at and the radius of what should be seen there."""
    if sweep.target:
        obj = scene.objects.get(sweep.target)
        if obj is None:
            raise SceneError(
                "scene.no_target",
                f"The target '{sweep.target}' is not in '{scene.name}'.",
                "Choose another object.",
            )
        corners = np.array(list(_corners(obj)))
        if len(corners) == 0:
            place = obj.matrix_world.translation
            return (place.x, place.y, place.z), _labelled_radius(things, np.array(place))
    else:
        corners = np.concatenate([thing.corners() for thing in things])
    low, high = corners.min(axis=0), corners.max(axis=0)
    middle = (low + high) / 2.0
    return (float(middle[0]), float(middle[1]), float(middle[2])), float(np.linalg.norm(high - low) / 2.0)


def _labelled_radius(things: Sequence[Thing], centre: np.ndarray) -> float:
    """Return the median distance from an empty target to the labelled things round it."""
    places = [thing.matrix_world[:3, 3] for thing in things]
    return float(np.median(np.linalg.norm(np.array(places) - centre, axis=1))) if places else 1.0


def _corners(obj: bpy.types.Object) -> Iterator[tuple[float, float, float]]:
    """World-space corners of the object's box; nothing for an object without extent (an empty, a light)."""
    if obj.type in {"EMPTY", "CAMERA", "LIGHT", "SPEAKER", "LIGHT_PROBE"}:
        return
    for corner in obj.bound_box:
        place = obj.matrix_world @ Vector(corner)
        yield (place.x, place.y, place.z)


def lens_of(camera: bpy.types.Camera) -> Lens:
    """Read Blender's camera data into the lens of ``core.camera``."""
    return Lens(
        type="ORTHO" if camera.type == "ORTHO" else "PERSP",
        lens=camera.lens,
        ortho_scale=camera.ortho_scale,
        sensor_width=camera.sensor_width,
        sensor_height=camera.sensor_height,
        sensor_fit=camera.sensor_fit,
        shift_x=camera.shift_x,
        shift_y=camera.shift_y,
        clip_start=camera.clip_start,
        clip_end=camera.clip_end,
    )


def sampled_depths(
    scene: bpy.types.Scene,
    depsgraph: bpy.types.Depsgraph,
    pose: Matrix4,
    lens: Lens,
    size: tuple[int, int],
    grid: tuple[int, int] = DEPTH_GRID,
) -> list[float]:
    """Cast a coarse grid of rays from a camera; return the planar depths of the hits, in scene units.

    Args:
        scene: whose objects the rays meet.
        depsgraph: the scene, evaluated.
        pose: (4, 4) camera ``matrix_world``.
        lens: the camera's settings.
        size: picture width and height, pixels.
        grid: number of rays across and down.
    """
    to_world = np.linalg.inv(world_to_opencv(pose))
    forward = to_world[:3, 2]
    depths = []
    for origin, direction in zip(*_rays(intrinsics(lens, *size), to_world, lens, size, grid), strict=True):
        hit, place, *_ = scene.ray_cast(depsgraph, Vector(origin), Vector(direction))
        if hit:
            depths.append(float(np.dot(np.array(place) - to_world[:3, 3], forward)))
    return [depth for depth in depths if lens.clip_start <= depth <= lens.clip_end]


def _rays(
    k: Matrix3, to_world: Matrix4, lens: Lens, size: tuple[int, int], grid: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return (N, 3) origins and (N, 3) unit directions in world space, through the middles of the grid's cells."""
    x, y = np.meshgrid(*((np.arange(n) + 0.5) * side / n - 0.5 for n, side in zip(grid, size, strict=True)))
    plane = np.stack([(x.ravel() - k[0, 2]) / k[0, 0], (y.ravel() - k[1, 2]) / k[1, 1]], axis=1)
    zeros, ones = np.zeros((len(plane), 1)), np.ones((len(plane), 1))
    if lens.type == "ORTHO":
        origins, directions = np.hstack([plane, zeros]), np.hstack([plane * 0.0, ones])
    else:
        origins, directions = np.hstack([plane * 0.0, zeros]), np.hstack([plane, ones])
    rotated = directions @ to_world[:3, :3].T
    return origins @ to_world[:3, :3].T + to_world[:3, 3], rotated / np.linalg.norm(
        rotated, axis=1, keepdims=True
    )


def depth_range(depths: Iterable[float]) -> tuple[float, float]:
    """Return near and far distance of a whole sweep, robust against outliers; (0.1, 100) if nothing was hit."""
    found = np.array(list(depths))
    if len(found) == 0:
        return 0.1, 100.0
    near, far = np.percentile(found, DEPTH_PERCENTILES)
    near = max(float(near), 1e-4)
    return near, max(float(far), near * 1.01)
