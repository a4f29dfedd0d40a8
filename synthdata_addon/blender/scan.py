# SPDX-License-Identifier: GPL-3.0-or-later
"""What a render really shows: every object and every copy that instancing makes, as the renderer gets them.

The viewport's dependency graph will not do: visibility, modifiers and instances differ in a render. So the scene that
labels are rendered in is rendered without a picture: Cycles is handed the evaluated scene, which is listed on the way.
Blender keeps it (persistent data), and the next label render does not evaluate it again.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import bpy
import numpy as np

from . import compat
from .geometry import Geometry, read_geometry

log = logging.getLogger(__name__)
RENDERED_TYPES = frozenset({"MESH", "CURVE", "SURFACE", "META", "FONT", "CURVES", "POINTCLOUD"})
Wanted = Callable[[str, str], bool]
"""Whether an object is asked for, by its full name and that of the object that instances it ("" for itself)."""
INSTANCING_MODIFIERS = frozenset({"NODES", "PARTICLE_SYSTEM"})
NO_ID = 0x7FFFFFFF
"""Blender fills the unused tail of a persistent id with this."""


@dataclass(frozen=True)
class Rendered:
    """One thing in a render, world space, scene units.

    ``name`` is the full name of the object it is or is a copy of, ``parent`` that of the object that instances it (""
    for an object that is there itself), ``persistent_id`` Blender's number of the copy, innermost level first.
    ``random`` is its ``Object Info > Random``, None for what is there itself. ``box`` is its box in its own axes
    (lowest corner, highest corner; empty without extent), ``matrix_world`` (4 x 4, row-major) places these axes.
    """

    name: str
    parent: str
    persistent_id: tuple[int, ...]
    random: float | None
    matrix_world: tuple[tuple[float, ...], ...]
    box: tuple[float, ...]
    own_name: str
    """Its name without the library, as Cryptomatte has it."""
    materials: tuple[str, ...]
    """Full names of its materials, "" for an empty slot; nothing when it has no slot."""
    geometry: Geometry | None = field(default=None, compare=False)
    """Its evaluated mesh, where it was asked for and a copy of the object would not show the same."""


class Scanner:
    """Lists what renders of a scene show, frame by frame; a context manager that leaves the scene in the frame it had.

    ``names`` are the full names of all objects that the last frame shows, listed or not.
    """

    def __init__(self, scene: bpy.types.Scene, wanted: Wanted, *, bake: bool = False) -> None:
        """Scan this scene, which Cycles renders, for the objects, and the copies by their makers, that are ``wanted``.

        A meadow of a million blades that nobody labels costs little then. ``bake`` asks for :attr:`Rendered.geometry`.
        """
        self.names: set[str] = set()
        self._wanted = wanted
        self._bake = bake
        self._scene = scene.name
        self._frame = scene.frame_current
        self._found: list[Rendered] = []
        self._fault: Exception | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        scene = bpy.data.scenes.get(self._scene)
        if scene is not None and scene.frame_current != self._frame:
            scene.frame_set(self._frame)

    def scan(self, frame: int) -> tuple[Rendered, ...]:
        """List what a render of a frame shows; takes as long as Blender needs to evaluate what is new in it."""
        scene = bpy.data.scenes[self._scene]
        if scene.frame_current != frame:
            scene.frame_set(frame)
        with (
            _handed_over(self._scene, self.take),
            bpy.context.temp_override(scene=scene, view_layer=scene.view_layers[0]),
        ):
            bpy.ops.render.render()
        fault, self._fault = self._fault, None
        if fault is not None:
            raise fault
        return tuple(self._found)

    def take(self, depsgraph: bpy.types.Depsgraph) -> None:
        """List what is in an evaluated scene; a fault is kept for :meth:`scan`, as Blender would swallow it here."""
        try:
            self._list(depsgraph)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is raised again outside of Blender's callback
            # Without its traceback, which would keep Cycles' engine, and what that holds, beyond its end.
            log.debug("Nothing was listed: %s", traceback.format_exc())
            self._fault = error.with_traceback(None)

    def _list(self, depsgraph: bpy.types.Depsgraph) -> None:
        self.names.clear()
        self._found[:] = list_instances(depsgraph, self._wanted, bake=self._bake, names=self.names)


def list_instances(
    depsgraph: bpy.types.Depsgraph, wanted: Wanted, *, bake: bool = False, names: set[str] | None = None
) -> list[Rendered]:
    """List what an evaluated scene shows of what is ``wanted``; ``names`` takes the names of all that it shows."""
    found: list[Rendered] = []
    asked: dict[tuple[str, str], bool] = {}
    bodies: dict[int, _Body] = {}
    for item in depsgraph.object_instances:
        if item.object.type not in RENDERED_TYPES or not item.show_self:
            continue
        key = item.object.original.name_full, item.parent.original.name_full if item.is_instance else ""
        if key not in asked:
            if names is not None:
                names.add(key[0])
            asked[key] = wanted(*key)
        if asked[key] and (record := _listed(item, *key, bodies, bake)) is not None:
            found.append(record)
    return found


@dataclass(frozen=True)
class _Body:
    """What all copies of one evaluated mesh have in common."""

    own_name: str
    box: tuple[float, ...]
    materials: tuple[str, ...]
    geometry: Geometry | None


@contextmanager
def _handed_over(scene: str, take: Callable[[bpy.types.Depsgraph], None]) -> Iterator[None]:
    """Have Cycles hand what it is to render of a scene to ``take``, and draw nothing of it.

    It is told what changed all the same, as Blender tells only once: the next picture has it. Renders of other scenes,
    such as a window's previews of materials, are not touched.
    """
    engine = compat.cycles_engine()
    update, render = engine.update, engine.render

    def take_and_update(self: Any, data: bpy.types.BlendData, depsgraph: bpy.types.Depsgraph) -> None:
        is_ours = depsgraph.scene.name == scene
        if is_ours:
            take(depsgraph)
        if self.session or not is_ours:
            update(self, data, depsgraph)

    def draw_others(self: Any, depsgraph: bpy.types.Depsgraph) -> None:
        if depsgraph.scene.name != scene:
            render(self, depsgraph)

    with compat.cycles_calls(update=take_and_update, render=draw_others):
        yield


def _listed(
    item: bpy.types.DepsgraphObjectInstance, name: str, parent: str, bodies: dict[int, _Body], bake: bool
) -> Rendered | None:
    """Return the record of a thing; None for the cage of a text, a curve or a metaball, whose surface follows."""
    number, random = (), None
    if item.is_instance:
        number = tuple(value for value in item.persistent_id if value != NO_ID)
        random = random_value(item.random_id)
        if parent == name and len(number) == 1:
            # The surface of a text, a curve or a metaball comes as an only copy of the object itself.
            parent, number, random = "", (), None
    elif item.object.type in {"CURVE", "SURFACE", "META", "FONT"}:
        return None
    pointer = item.object.data.as_pointer()
    body = bodies.get(pointer)
    if body is None or body.own_name != item.object.original.name:
        body = bodies[pointer] = _body(item, bake)
    return Rendered(
        name=name,
        parent=parent,
        persistent_id=number,
        random=random,
        matrix_world=tuple(tuple(row) for row in item.matrix_world),
        box=body.box,
        own_name=body.own_name,
        materials=body.materials,
        geometry=body.geometry,
    )


def _body(item: bpy.types.DepsgraphObjectInstance, bake: bool) -> _Body:
    obj = item.object
    return _Body(
        own_name=obj.original.name,
        box=_box(obj),
        materials=tuple(
            slot.material.original.name_full if slot.material else "" for slot in obj.material_slots
        ),
        geometry=read_geometry(obj) if bake and _needs_mesh(item) else None,
    )


def _needs_mesh(item: bpy.types.DepsgraphObjectInstance) -> bool:
    """Tell whether a plain copy of the object would show something else: other copies, or another deformation."""
    obj = item.object
    if obj.type != "MESH":
        return False
    is_raw = item.is_instance and item.parent.original == obj.original
    kinds = {modifier.type for modifier in obj.original.modifiers}
    return is_raw or bool(kinds if item.is_instance else kinds & INSTANCING_MODIFIERS)


def random_value(random_id: int) -> float:
    """Return ``Object Info > Random`` as Cycles computes it, bit for bit in 32 bits.

    Cycles rounds the number to a float and multiplies it by ``1.0f / (float)0xFFFFFFFF``, which is 2**-32: dividing by
    0xFFFFFFFF instead differs in the last bit for one copy in two hundred (measured).

    Args:
        random_id: ``DepsgraphObjectInstance.random_id``, which Python shows as a signed number.
    """
    return float(np.float32(random_id & 0xFFFFFFFF)) * 2.0**-32


def _box(obj: bpy.types.Object) -> tuple[float, ...]:
    corners = np.array(obj.bound_box, dtype=np.float64)
    low, high = corners.min(axis=0), corners.max(axis=0)
    return (*map(float, low), *map(float, high)) if np.any(high > low) else ()
