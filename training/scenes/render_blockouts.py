# SPDX-License-Identifier: GPL-3.0-or-later
"""Renders the extension's own blockouts, passes only, into the same files as `training.scenes.render`. Uses bpy.

Run with a Python that has the `bpy` wheel: `python -m training.scenes.render_blockouts OUT --scenes 240`. A scene whose
`NNNNNN.json` exists is skipped, so the command resumes. Every random choice follows from the scene's number.
"""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix, Vector

import synthdata_addon
from synthdata_addon.blender.blockouts import Aim, add_blockout
from synthdata_addon.blender.blockouts.spec import KINDS, BlockoutSpec
from synthdata_addon.blender.example import add_example_room

from ..roles import ROLE_STRIDE, Role, pass_index
from .blockout_roles import role_of
from .builder import Matrix as Array
from .cameras import look_at
from .render import VIEWS, settings

LOG = logging.getLogger(__name__)
MAX_INDEX = 32767
CLEAR_M = 0.3
"""The middle of a view sees nothing nearer than this."""


def _spec(rng: np.random.Generator) -> BlockoutSpec:
    """A blockout of any kind and density, up to a third smaller or larger than usual."""
    kind = tuple(KINDS)[int(rng.integers(len(KINDS)))]
    usual = KINDS[kind]
    sizes = {
        name: float(np.clip(size * rng.uniform(0.75, 1.3), low, high))
        for name, (size, low, high) in (
            ("width", usual.width),
            ("depth", usual.depth),
            ("height", usual.height),
        )
    }
    return BlockoutSpec(kind, int(rng.integers(2**31 - 1)), **sizes, density=float(rng.uniform(0.25, 0.9)))


def _give_roles(scene: bpy.types.Scene) -> None:
    """Writes every object's role into its index; lights and cameras are left alone."""
    things = [thing for thing in scene.objects if thing.type == "MESH"]
    for number, thing in enumerate(things, start=1):
        role = role_of(thing.name, thing.synthdata.category)
        thing.pass_index = pass_index(number % (MAX_INDEX // ROLE_STRIDE), Role(role))
        thing.hide_render = False


def _eye(rng: np.random.Generator, aim: Aim) -> tuple[Array, Array]:
    """A point on the orbit that suits the blockout, or near its own camera, and where to look from there."""
    target = np.array(aim.target) + rng.normal(0, 0.08, 3) * aim.radius * (1, 1, 0.5)
    if rng.random() < 0.25:
        return np.array(aim.camera) + rng.normal(0, 0.1, 3) * aim.radius * (1, 1, 0.5), target
    start, arc = aim.arc
    azimuth = np.radians(start + rng.uniform(0, 1) * arc)
    elevation = np.radians(np.clip(aim.elevation + rng.normal(0, 10), 4, 75))
    radius = aim.radius * rng.uniform(0.45, 1.1)
    flat = np.cos(elevation) * radius
    way = np.array([np.cos(azimuth) * flat, np.sin(azimuth) * flat, np.sin(elevation) * radius])
    return target + way, target


def _sees(scene: bpy.types.Scene, eye: Array, target: Array) -> bool:
    """Whether the way to the target is free for a while: no camera in a wall or behind a cupboard."""
    way = Vector((target - eye).tolist())
    hit, where, *_ = scene.ray_cast(
        bpy.context.evaluated_depsgraph_get(), Vector(eye.tolist()), way.normalized(), distance=way.length
    )
    return not hit or (where - Vector(eye.tolist())).length > max(CLEAR_M, 0.5 * way.length)


def render_blockout(number: int, folder: Path) -> None:
    """Builds blockout `number` from its own seed, renders its views, then writes its JSON. RuntimeError: no camera."""
    rng = np.random.default_rng(np.random.SeedSequence(2025, spawn_key=(number,)))
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    scene = bpy.context.scene
    spec = _spec(rng)
    aim = add_blockout(scene, spec).aim
    _give_roles(scene)
    settings(scene)
    _render(scene, number, folder, aim, rng, spec.kind)


def render_example(number: int, folder: Path) -> None:
    """The example room of the extension as scene `number`, from its own orbit."""
    rng = np.random.default_rng(np.random.SeedSequence(2025, spawn_key=(number,)))
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    scene = bpy.context.scene
    add_example_room(scene)
    _give_roles(scene)
    settings(scene)
    aim = Aim((-1.5, -2.2, 1.6), (0.0, 0.6, 0.7), 24.0, 2.4, 24.0, (215.0, 110.0))
    _render(scene, number, folder, aim, rng, "EXAMPLE")


def _render(
    scene: bpy.types.Scene, number: int, folder: Path, aim: Aim, rng: np.random.Generator, kind: str
) -> None:
    camera = bpy.data.objects.new("eye", bpy.data.cameras.new("eye"))
    scene.collection.objects.link(camera)
    scene.camera = camera
    camera.data.clip_start = 0.01
    cameras: list[list[list[float]]] = []
    for _ in range(VIEWS * 20):
        eye, target = _eye(rng, aim)
        if not _sees(scene, eye, target):
            continue
        matrix = look_at(eye, target)
        camera.matrix_world = Matrix(matrix.tolist())
        camera.data.angle = float(rng.uniform(0.6, 1.15))
        scene.render.filepath = str(folder / f"{number:06d}_{len(cameras)}.exr")
        bpy.ops.render.render(write_still=True)
        cameras.append(matrix.tolist())
        if len(cameras) == VIEWS:
            break
    else:
        raise RuntimeError(f"only {len(cameras)} of {VIEWS} cameras saw their target")
    record = {"kind": kind, "cameras": cameras}
    (folder / f"{number:06d}.json").write_text(json.dumps(record), encoding="utf-8")


def main() -> None:
    """Command line: renders blockouts `first` to `first + scenes`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--first", type=int, default=1000)
    parser.add_argument("--scenes", type=int, default=120)
    parser.add_argument(
        "--example", action="store_true", help="render the example room as scene FIRST instead"
    )
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    options.folder.mkdir(parents=True, exist_ok=True)
    synthdata_addon.register()
    try:
        if options.example:
            render_example(options.first, options.folder)
            return
        for number in range(options.first, options.first + options.scenes):
            if (options.folder / f"{number:06d}.json").exists():
                continue
            try:
                render_blockout(number, options.folder)
            except RuntimeError as error:
                LOG.warning("Scene %d skipped: %s", number, error)
    finally:
        synthdata_addon.unregister()


if __name__ == "__main__":
    main()
