# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of the camera sweep beyond the first few, and the whole sweep to a ``SweepSpec`` and back."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import (
    BoolProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    IntVectorProperty,
    PointerProperty,
    StringProperty,
)

from ..core.sweep_spec import (
    JitterSpec,
    LimitsSpec,
    SweepSpec,
    shares_from_text,
    shares_to_text,
)
from .numbers import read, write
from .units import DISTANCE, angle

_DEFAULT = SweepSpec()
_LIMITS = LimitsSpec()
OLD_NUMBERS = (
    "views",
    "radius",
    "elevation",
    "elevation_min",
    "elevation_max",
    "azimuth_start",
    "azimuth_range",
    "jitter",
    "lens",
)
"""Settings that lie on the scene itself."""
NUMBERS = ("rings", "radius_end", "turns", "pitch_min", "pitch_max")
JITTERS = ("distance", "position", "roll", "aim")
LIMITS = ("clearance", "min_instances", "min_pixels", "novelty", "novelty_angle", "attempts")
KINDS = [
    ("ORBIT", "Orbit", "Evenly on a circle round the target", 0),
    ("DOME", "Dome", "Evenly on a dome over the target, on all of the sphere or on a zone of it", 1),
    ("CAMERAS", "Cameras", "From every camera of the scene", 2),
    ("FRAMES", "Animation", "From the active camera, over the frames of the animation", 3),
    ("RINGS", "Rings", "Evenly on circles round the target, one above the other", 4),
    ("DOLLY", "Dolly", "From near to far, straight or in turns round the target", 5),
    ("PATH", "Path", "Along a curve, in even steps", 6),
    ("GRID", "Grid", "In rows in the box of an object", 7),
    ("VOLUME", "Volume", "Scattered evenly in the box of an object", 8),
    ("LOOK_AROUND", "Look Around", "In every direction from one point", 9),
    ("MARKERS", "Markers", "From the cameras that timeline markers hold, at their frames", 10),
    ("TURNTABLE", "Turntable", "The target turns before the camera, and is put back", 11),
]


class SynthDataSweep(bpy.types.PropertyGroup):
    """What a camera sweep has beside the settings on the scene."""

    rings: IntProperty(name="Rings", description="Number of circles", default=_DEFAULT.rings, min=1, max=1000)
    radius_end: FloatProperty(
        name="End",
        description="Distance at the end of the dolly; 0: three times that at its start",
        min=0.0,
        **DISTANCE,
    )
    turns: FloatProperty(
        name="Turns", description="How many times the dolly goes round the target", min=-100.0, max=100.0
    )
    place: PointerProperty(
        name="Place",
        description="Object that says where the cameras are: a curve to follow, a box to fill (a mesh or an empty), or "
        "a point to look around from",
        type=bpy.types.Object,
    )
    grid: IntVectorProperty(
        name="Grid",
        description="Number of places along X, Y and Z of the box",
        default=_DEFAULT.grid,
        min=1,
        max=10_000,
        size=3,
        subtype="XYZ",
    )
    pitch_min: angle(
        "Pitch Min",
        "How far down the cameras look at most; below 0 is down",
        _DEFAULT.pitch_min,
        -90.0,
        90.0,
    )
    pitch_max: angle("Pitch Max", "How far up the cameras look at most", _DEFAULT.pitch_max, -90.0, 90.0)
    free: BoolProperty(
        name="Free View",
        description="Look along the curve, or anywhere from the box, instead of at the target",
    )
    look_at: EnumProperty(
        name="Look At",
        description="What the cameras look at",
        items=[
            ("TARGET", "Target", "The target object, or the middle of all labelled objects", 0),
            ("OBJECTS", "Objects in Turn", "Another labelled object each view", 1),
        ],
    )
    balance: EnumProperty(
        name="Balance",
        description="How often each is looked at",
        items=[
            ("OBJECTS", "Each Object", "Each object equally often", 0),
            ("CATEGORIES", "Each Category", "Each category equally often, however many objects it has", 1),
            ("SHARES", "Shares", "Categories as often as their shares say", 2),
        ],
    )
    shares: StringProperty(
        name="Shares",
        description="How often each category is looked at, such as: chair: 2, lamp: 1. Others are not looked at",
    )
    jitter_distance: FloatProperty(
        name="Distance",
        description="Share of the distance by which cameras come nearer or go farther at random",
        min=0.0,
        max=0.9,
        subtype="FACTOR",
    )
    jitter_position: FloatProperty(
        name="Position",
        description="How far cameras are moved at random along each axis",
        min=0.0,
        **DISTANCE,
    )
    jitter_roll: angle("Roll", "How far cameras roll to either side at random", 0.0, 0.0, 180.0)
    jitter_aim: FloatProperty(
        name="Off Center",
        description="How far from the middle of the picture the target may be; 1: up to the edge",
        min=0.0,
        max=1.0,
        subtype="FACTOR",
    )
    visible: BoolProperty(
        name="Target in Sight",
        description="Something else must not hide what is looked at: the target, if it has a surface, else whatever is "
        "labelled",
    )
    clearance: FloatProperty(
        name="Clearance",
        description="Nothing may be nearer to the camera than this",
        min=0.0,
        **DISTANCE,
    )
    min_instances: IntProperty(
        name="Instances", description="So many labelled things must be in sight", min=0, max=65535
    )
    min_pixels: IntProperty(
        name="Pixels Each",
        description="Pixels that a thing must show to count as in sight, as ray casts expect",
        default=_LIMITS.min_pixels,
        min=1,
    )
    novelty: FloatProperty(
        name="Novelty",
        description="No two cameras may be nearer to each other than this while they look the same way",
        min=0.0,
        **DISTANCE,
    )
    novelty_angle: angle(
        "Same Way",
        "Up to which angle between them two cameras look the same way",
        _LIMITS.novelty_angle,
        0.0,
        180.0,
    )
    attempts: IntProperty(
        name="Attempts",
        description="Places that are tried before a view is left out",
        default=_LIMITS.attempts,
        min=1,
        max=1000,
    )


def sweep_from_scene(scene: bpy.types.Scene) -> SweepSpec:
    """Return the sweep that the panel shows; not checked yet.

    Raises:
        SpecError: ``spec.sweep``: the shares cannot be read.
    """
    settings, more = scene.synthdata, scene.synthdata.sweep_settings
    numbers: dict[str, Any] = {name: read(settings, name) for name in OLD_NUMBERS}
    numbers.update({name: read(more, name) for name in NUMBERS})
    is_scenes = settings.use_scene_frames
    return SweepSpec(
        kind=settings.sweep,
        target=settings.target.name if settings.target else "",
        frame_start=scene.frame_start if is_scenes else settings.frame_start,
        frame_end=scene.frame_end if is_scenes else settings.frame_end,
        frame_step=settings.frame_step,
        place=more.place.name if more.place else "",
        grid=tuple(more.grid),
        free=more.free,
        look_at=more.look_at,
        balance=more.balance,
        shares=shares_from_text(more.shares),
        jitters=JitterSpec(**{name: read(more, f"jitter_{name}") for name in JITTERS}),
        limits=LimitsSpec(visible=more.visible, **{name: read(more, name) for name in LIMITS}),
        **numbers,
    )


def apply_sweep(sweep: SweepSpec, scene: bpy.types.Scene) -> None:
    """Show a sweep in the panel: the inverse of :func:`sweep_from_scene`."""
    settings, more = scene.synthdata, scene.synthdata.sweep_settings
    settings.sweep = sweep.kind
    for name in (*OLD_NUMBERS, "frame_start", "frame_end", "frame_step"):
        write(settings, name, getattr(sweep, name))
    settings.use_scene_frames = False
    settings.target = scene.objects.get(sweep.target) if sweep.target else None
    more.place = scene.objects.get(sweep.place) if sweep.place else None
    for name in (*NUMBERS, "grid", "free", "look_at", "balance"):
        write(more, name, getattr(sweep, name))
    more.shares = shares_to_text(sweep.shares)
    for name in JITTERS:
        write(more, f"jitter_{name}", getattr(sweep.jitters, name))
    for name in (*LIMITS, "visible"):
        write(more, name, getattr(sweep.limits, name))


CLASSES = (SynthDataSweep,)
