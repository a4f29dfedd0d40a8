# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of Populate that live in the .blend, and their way to a request. Enum numbers: append only."""

from __future__ import annotations

from typing import Any, get_args

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
)

from ..blender.populate.population import Request
from ..blender.populate.sources import Primitives, Source
from ..core.populate import MAX_PLACEMENT_SEED, MAX_THINGS, PlacementSpec, PopulateSpec, SurfaceLabel
from .numbers import read
from .units import DISTANCE, angle

_DEFAULT = PlacementSpec()
_PRIMITIVES = Primitives()
SURFACE_ITEMS = [
    ("SUPPORT", "Support", "Things stand on it: a table, a shelf", 1),
    ("FLOOR", "Floor", "What everything stands on: a floor, the ground", 2),
    ("WALL", "Wall", "A wall or a ceiling", 4),
]


class SynthDataSource(bpy.types.PropertyGroup):
    """A collection whose things are placed."""

    collection: PointerProperty(
        name="Collection",
        description="What is in it is placed: each object, and as one thing each collection that is grouped as a Whole "
        "Collection or is an asset of several objects. Copies share their meshes",
        type=bpy.types.Collection,
    )
    count: IntProperty(
        name="Count",
        description="How many things of it are placed",
        default=10,
        min=0,
        max=MAX_THINGS,
        soft_max=200,
    )
    whole: BoolProperty(name="As One", description="Place the whole collection as one thing")


class SynthDataPopulate(bpy.types.PropertyGroup):
    """What Populate places, and how."""

    sources: CollectionProperty(
        name="Collections", description="Collections whose things are placed", type=SynthDataSource
    )
    active_source: IntProperty(
        name="Active Collection", description="The collection that is shown below the list"
    )
    primitives: IntProperty(
        name="Plain Shapes",
        description="How many cubes, balls, cones and the like are placed as distractors. They have no category",
        min=0,
        max=MAX_THINGS,
        soft_max=200,
    )
    primitive_min: FloatProperty(
        name="Size Min",
        description="Least size of the plain shapes",
        default=_PRIMITIVES.smallest,
        min=0.001,
        soft_max=2.0,
        **DISTANCE,
    )
    primitive_max: FloatProperty(
        name="Max",
        description="Greatest size of the plain shapes",
        default=_PRIMITIVES.largest,
        min=0.001,
        soft_max=2.0,
        **DISTANCE,
    )
    where: EnumProperty(
        name="Place",
        description="Where the things go",
        items=[
            ("SURFACES", "On Surfaces", "Stand them on faces that look up", 0),
            ("VOLUME", "In a Box", "Let them float in the box of an object", 1),
            ("DROP", "Dropped", "Let them fall onto surfaces by rigid bodies until they rest", 2),
        ],
        default=_DEFAULT.where,
    )
    surfaces: EnumProperty(
        name="Surfaces",
        description="Objects with such a mark hold the things, unless a collection is chosen",
        options={"ENUM_FLAG"},
        items=SURFACE_ITEMS,
        default={"SUPPORT"},
    )
    supports: PointerProperty(
        name="Onto",
        description="Collection of the objects that hold the things; empty: all objects marked as below",
        type=bpy.types.Collection,
    )
    volume: PointerProperty(
        name="Box",
        description="Object whose box is filled; the object itself may be hidden in renders",
        type=bpy.types.Object,
    )
    posture: EnumProperty(
        name="Posture",
        description="How the things lie",
        items=[
            ("UPRIGHT", "Upright", "As they were modelled, turned about the vertical", 0),
            ("FREE", "Any Way Up", "Turned at random", 1),
        ],
        default=_DEFAULT.posture,
    )
    turn: angle("Turn", "Greatest turn about the vertical to either side", _DEFAULT.turn, 0.0, 180.0)
    scale_min: FloatProperty(
        name="Scale Min", description="Least scale", default=1.0, min=0.001, soft_max=10.0, max=1000.0
    )
    scale_max: FloatProperty(
        name="Max", description="Greatest scale", default=1.0, min=0.001, soft_max=10.0, max=1000.0
    )
    spacing: FloatProperty(
        name="Spacing",
        description="Least distance between placed things. Dropped ones start with it and may come to touch",
        default=0.01,
        min=0.0,
        soft_max=1.0,
        **DISTANCE,
    )
    inside_edge: BoolProperty(
        name="Inside the Edge",
        description="Keep the whole of each thing above its surface",
        default=_DEFAULT.inside_edge,
    )
    seed: IntProperty(name="Seed", description="Decides every random choice", min=0, max=MAX_PLACEMENT_SEED)
    every: IntProperty(
        name="Anew Every",
        description="While a dataset is generated, place the things anew every so many views, by the job's seed; "
        "0: never. Not for dropped things. They are put back at the end",
        min=0,
        max=1_000_000,
        soft_max=100,
    )


def request_of(settings: Any) -> Request:
    """Return what the panel asks for; not checked yet."""
    return Request(
        placement=PlacementSpec(
            where=settings.where,
            surfaces=_labels(settings.surfaces),
            supports=settings.supports.name_full if settings.supports is not None else "",
            volume=settings.volume.name_full if settings.volume is not None else "",
            posture=settings.posture,
            **{name: read(settings, name) for name in ("turn", "scale_min", "scale_max", "spacing")},
            inside_edge=settings.inside_edge,
            seed=settings.seed,
        ),
        sources=tuple(
            Source(item.collection.name_full, item.count, item.whole)
            for item in settings.sources
            if item.collection is not None
        ),
        primitives=Primitives(
            settings.primitives, read(settings, "primitive_min"), read(settings, "primitive_max")
        ),
    )


def _labels(chosen: set[str]) -> tuple[SurfaceLabel, ...]:
    return tuple(label for label in get_args(SurfaceLabel) if label.upper() in chosen)


def populate_of(scene: bpy.types.Scene) -> PopulateSpec:
    """Return the job's section as the panel shows it."""
    return PopulateSpec(every=scene.synthdata.populate.every)


def apply_populate(spec: PopulateSpec, scene: bpy.types.Scene) -> None:
    """Show a job's section in the panel."""
    scene.synthdata.populate.every = spec.every


CLASSES = (SynthDataSource, SynthDataPopulate)
