# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the scene of the comparison: a furnished room, as many labelled things as asked, one camera a view.

Needs only ``bpy``, no side's code. Every object carries both sides' labels as custom properties: ``category`` (text,
for SynthData) and ``category_id`` (a number, for BlenderProc). Things of one category share their mesh, as linked
duplicates do. Light bounces and the like are BlenderProc's defaults, so that pictures cost the same on both sides.
"""

from __future__ import annotations

import json
import math
import random
import sys
from pathlib import Path

import bpy
from mathutils import Matrix, Vector

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

CATEGORIES = ("monkey", "box", "ring", "tin", "cone", "cage")
ROOM = (8.0, 8.0, 3.0)
LENS = 24.0
TARGET = Vector((0.0, 0.0, 0.7))
BOUNCES = {
    "max_bounces": 3,
    "diffuse_bounces": 3,
    "glossy_bounces": 0,
    "transmission_bounces": 0,
    "volume_bounces": 0,
    "transparent_max_bounces": 8,
}


def build(objects: int, views: int, size: tuple[int, int], file: Path) -> None:
    """Build the scene and save it; the camera poses (Blender's convention) go into a JSON file beside it."""
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    add_room()
    add_things(objects)
    add_lights()
    add_cameras(views)
    set_render(size)
    bpy.ops.wm.save_as_mainfile(filepath=str(file), compress=False)
    cameras = sorted((obj for obj in bpy.data.objects if obj.type == "CAMERA"), key=lambda obj: obj.name)
    poses = [[list(row) for row in camera.matrix_world] for camera in cameras]
    described = {"poses": poses, "lens": LENS, "categories": list(CATEGORIES)}
    file.with_suffix(".json").write_text(json.dumps(described), encoding="utf-8")


def paint(name: str, colour: tuple[float, float, float]) -> bpy.types.Material:
    """Return a material of one colour."""
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    material.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (*colour, 1.0)
    return material


def add_box(
    name: str,
    place: tuple[float, float, float],
    size: tuple[float, float, float],
    material: bpy.types.Material,
) -> None:
    """Add an unlabelled box."""
    bpy.ops.mesh.primitive_cube_add(size=1.0, location=place, scale=size)
    obj = bpy.context.object
    obj.name = name
    obj.data.materials.append(material)
    obj["category_id"] = 0


def add_room() -> None:
    """Put a floor, walls, a table and shelves there, none of them labelled."""
    wall, wood = paint("Wall", (0.8, 0.78, 0.74)), paint("Wood", (0.45, 0.28, 0.15))
    x, y, z = ROOM
    add_box("Floor", (0, 0, -0.05), (x, y, 0.1), wood)
    for name, place, size in (
        ("Wall left", (-x / 2, 0, z / 2), (0.1, y, z)),
        ("Wall right", (x / 2, 0, z / 2), (0.1, y, z)),
        ("Wall back", (0, y / 2, z / 2), (x, 0.1, z)),
        ("Wall front", (0, -y / 2, z / 2), (x, 0.1, z)),
    ):
        add_box(name, place, size, wall)
    add_box("Table top", (0, 0, 0.72), (2.4, 1.4, 0.06), wood)
    for number, (sx, sy) in enumerate(((-1, -1), (-1, 1), (1, -1), (1, 1))):
        add_box(f"Table leg {number}", (1.1 * sx, 0.6 * sy, 0.35), (0.08, 0.08, 0.7), wood)
    for number in range(4):
        add_box(f"Shelf {number}", (0, 3.6, 0.4 + 0.6 * number), (5.0, 0.5, 0.05), wood)


def make_meshes() -> dict[str, bpy.types.Object]:
    """Return one object a category, with what modifiers it has."""
    adders = {
        "monkey": lambda: bpy.ops.mesh.primitive_monkey_add(size=1.0),
        "box": lambda: bpy.ops.mesh.primitive_cube_add(size=0.8),
        "ring": lambda: bpy.ops.mesh.primitive_torus_add(major_radius=0.4, minor_radius=0.12),
        "tin": lambda: bpy.ops.mesh.primitive_cylinder_add(radius=0.35, depth=0.9),
        "cone": lambda: bpy.ops.mesh.primitive_cone_add(radius1=0.45, depth=0.9),
        "cage": lambda: bpy.ops.mesh.primitive_ico_sphere_add(subdivisions=2, radius=0.5),
    }
    made = {}
    for number, name in enumerate(CATEGORIES):
        adders[name]()
        obj = bpy.context.object
        obj.name = f"{name}.source"
        turn = number / len(CATEGORIES) * 2 * math.pi
        obj.data.materials.append(
            paint(name, tuple(0.5 + 0.4 * math.cos(turn + shift) for shift in (0, 2.1, 4.2)))
        )
        made[name] = obj
    subsurf = made["monkey"].modifiers.new("Subdivision", "SUBSURF")
    subsurf.levels = subsurf.render_levels = 2
    made["box"].modifiers.new("Bevel", "BEVEL").width = 0.06
    made["cage"].modifiers.new("Wireframe", "WIREFRAME").thickness = 0.06
    return made


def add_things(count: int) -> None:
    """Strew labelled things over the room, the table and the shelves: the same ones at every call."""
    rng = random.Random(count)
    sources = make_meshes()
    size = 0.34 * (60 / max(count, 60)) ** (1 / 3)
    for number in range(count):
        name = CATEGORIES[number % len(CATEGORIES)]
        obj = sources[name].copy()  # a linked duplicate: the mesh is shared, modifiers are its own
        bpy.context.scene.collection.objects.link(obj)
        obj.name = f"{name}.{number:03d}"
        spread = rng.uniform(-1.0, 1.0), rng.uniform(-1.0, 1.0)
        where = (
            (1.1 * spread[0], 0.6 * spread[1], 0.75 + size / 2),
            (2.4 * spread[0], 3.6 + 0.15 * spread[1], 0.43 + 0.6 * rng.randrange(4) + size / 2),
            (2.2 * spread[0], 2.2 * spread[1], size / 2),
        )
        obj.location = where[rng.randrange(3)]
        obj.rotation_euler = (0.0, 0.0, rng.uniform(0.0, 6.28))
        obj.scale = [size * rng.uniform(0.8, 1.2)] * 3
        obj["category"], obj["category_id"] = name, CATEGORIES.index(name) + 1
    for obj in sources.values():
        bpy.data.objects.remove(obj)


def add_lights() -> None:
    """Hang two area lights."""
    for x, power in ((-1.8, 120.0), (1.8, 180.0)):
        bpy.ops.object.light_add(type="AREA", location=(x, 0.0, 2.9))
        bpy.context.object.data.energy, bpy.context.object.data.size = power, 1.5


def add_cameras(views: int) -> None:
    """Add one camera a view, on a rising arc round the table. They all share one lens."""
    lens = bpy.data.cameras.new("Lens")
    lens.lens, lens.clip_start, lens.clip_end = LENS, 0.1, 100.0
    for view in range(views):
        angle = 2 * math.pi * (view * 0.381966 % 1.0)
        place = Vector((3.3 * math.cos(angle), 3.1 * math.sin(angle), 1.3 + 1.2 * (view * 0.754878 % 1.0)))
        camera = bpy.data.objects.new(f"View {view:04d}", lens)
        bpy.context.scene.collection.objects.link(camera)
        turn = (TARGET - place).to_track_quat("-Z", "Y").to_matrix().to_4x4()
        camera.matrix_world = Matrix.Translation(place) @ turn
        bpy.context.scene.camera = bpy.context.scene.camera or camera
    bpy.context.view_layer.update()


def set_render(size: tuple[int, int]) -> None:
    """Set the render as BlenderProc sets it, denoiser off."""
    scene = bpy.context.scene
    scene.world = bpy.data.worlds.new("World")
    scene.world.use_nodes = True
    scene.world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.05, 0.05, 0.05, 1.0)
    scene.render.engine = "CYCLES"
    scene.render.resolution_x, scene.render.resolution_y = size
    scene.render.use_simplify, scene.render.simplify_subdivision_render = True, 3
    scene.render.use_persistent_data = True
    cycles = scene.cycles
    cycles.use_denoising, cycles.use_light_tree = False, False
    cycles.use_adaptive_sampling, cycles.adaptive_threshold = True, 0.01
    for name, value in BOUNCES.items():
        setattr(cycles, name, value)


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    build(asked["objects"], asked["views"], tuple(asked["size"]), Path(asked["scene"]))
