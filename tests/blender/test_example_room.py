# SPDX-License-Identifier: GPL-3.0-or-later
"""The example room: what is labelled, that it stands, that nothing meets, and that an orbit sees the desk."""

from __future__ import annotations

from itertools import combinations, product
from math import cos, radians, sin

import bpy
import numpy as np
import pytest
from mathutils import Vector
from mathutils.bvhtree import BVHTree

from synthdata_addon.blender.example import ExampleRoom, add_example_room
from synthdata_addon.blender.example.room import DEPTH, HEIGHT, WIDTH

TOUCH = 0.002
TRIANGLE_BUDGET = 60_000


def labelled(room: ExampleRoom) -> list[bpy.types.Object]:
    return [bpy.data.objects[name] for names in room.objects.values() for name in names]


def world_vertices(thing: bpy.types.Object) -> np.ndarray:
    flat = np.empty(3 * len(thing.data.vertices), dtype=np.float32)
    thing.data.vertices.foreach_get("co", flat)
    matrix = np.array(thing.matrix_world)
    return flat.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]


def tree_of(thing: bpy.types.Object) -> BVHTree:
    faces = [tuple(face.vertices) for face in thing.data.polygons]
    return BVHTree.FromPolygons(world_vertices(thing).tolist(), faces)


@pytest.fixture
def scene(empty_scene: bpy.types.Scene) -> bpy.types.Scene:
    return empty_scene


def evaluated(scene: bpy.types.Scene) -> bpy.types.Depsgraph:
    layer = scene.view_layers[0]
    layer.update()
    return layer.depsgraph


@pytest.fixture(params=[0, 1, 7])
def room(scene: bpy.types.Scene, request: pytest.FixtureRequest) -> ExampleRoom:
    made = add_example_room(scene, seed=request.param)
    scene.view_layers[0].update()
    return made


def test_labels_single_meshes_of_six_and_more_categories(room: ExampleRoom) -> None:
    wanted = {"desk", "chair", "scissors", "book", "cup", "lamp", "sports ball", "potted plant", "box"}
    assert wanted <= set(room.objects)
    for category, names in room.objects.items():
        for name in names:
            thing = bpy.data.objects[name]
            assert thing.type == "MESH"
            assert thing.parent is None
            assert not thing.children
            assert thing.synthdata.category == category


def test_only_listed_things_are_labelled(scene: bpy.types.Scene, room: ExampleRoom) -> None:
    marked = {thing.name for thing in scene.objects if thing.synthdata.category}
    assert marked == {thing.name for thing in labelled(room)}


def test_meshes_are_sound_and_look_outwards(scene: bpy.types.Scene, room: ExampleRoom) -> None:
    for thing in scene.objects:
        if thing.type == "MESH":
            assert not thing.data.validate(), thing.name
            vertices = world_vertices(thing)
            thing.data.calc_loop_triangles()
            a, b, c = (vertices[[t.vertices[i] for t in thing.data.loop_triangles]] for i in range(3))
            assert float(np.sum(np.cross(a, b) * c)) > 0.0, f"{thing.name} is inside out"


def test_materials_are_opaque(room: ExampleRoom) -> None:
    for thing in labelled(room):
        for material in thing.data.materials:
            kinds = {node.type for node in material.node_tree.nodes}
            assert kinds == {"BSDF_PRINCIPLED", "OUTPUT_MATERIAL"}
            shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
            assert shader.inputs["Alpha"].default_value == 1.0


def test_everything_stands_on_its_support(scene: bpy.types.Scene, room: ExampleRoom) -> None:
    graph = evaluated(scene)
    for thing in labelled(room):
        vertices = world_vertices(thing)
        feet = vertices[vertices[:, 2] < vertices[:, 2].min() + 0.0005]
        held = 0
        for foot in feet:
            start = Vector(foot) - Vector((0.0, 0.0, 0.00005))
            hit, *_ = scene.ray_cast(graph, start, Vector((0.0, 0.0, -1.0)), distance=TOUCH)
            held += bool(hit)
        # A book may overhang the book below it; all else stands on all its feet.
        wanted = 1 if thing.synthdata.category == "book" else len(feet)
        assert held >= wanted, f"{thing.name}: {held} of {len(feet)} lowest vertices are held"


def test_no_two_things_meet(scene: bpy.types.Scene, room: ExampleRoom) -> None:
    trees = {thing.name: tree_of(thing) for thing in scene.objects if thing.type == "MESH"}
    marked = {thing.name for thing in labelled(room)}
    shell = {thing.name for thing in bpy.data.collections[room.collection].children[0].objects}
    meets = [
        (one, two)
        for one, two in combinations(trees, 2)
        if marked & {one, two} or not shell >= {one, two}
        if trees[one].overlap(trees[two])
    ]
    assert meets == []


def test_orbit_is_inside_and_sees_the_desk(scene: bpy.types.Scene, room: ExampleRoom) -> None:
    graph = evaluated(scene)
    target = bpy.data.objects[room.target].matrix_world.translation
    offsets = [Vector(o) for o in ((0, 0, 0.1), (0.4, 0, 0.1), (-0.4, 0, 0.1), (0, 0.2, 0.1), (0, -0.2, 0.1))]
    for elevation in (10.0, 25.0, 50.0):
        for azimuth in range(0, 360, 10):
            flat = 2.2 * cos(radians(elevation))
            turn = radians(azimuth)
            eye = target + Vector((flat * cos(turn), flat * sin(turn), 2.2 * sin(radians(elevation))))
            assert max(abs(eye.x) - WIDTH / 2, abs(eye.y) - DEPTH / 2, -eye.z, eye.z - HEIGHT) < 0
            free = 0
            for point in (target + offset for offset in offsets):
                way = point - eye
                hit, place, *_ = scene.ray_cast(graph, eye, way.normalized(), distance=way.length)
                free += not hit or (place - target).length < 0.95
            assert free == len(offsets), f"azimuth {azimuth}, elevation {elevation}: {free} sight lines"


def test_triangle_budget(scene: bpy.types.Scene, room: ExampleRoom) -> None:
    total = 0
    for thing in scene.objects:
        if thing.type == "MESH":
            thing.data.calc_loop_triangles()
            total += len(thing.data.loop_triangles)
    assert 5_000 < total < TRIANGLE_BUDGET


def snapshot(names: list[str]) -> list[tuple[object, ...]]:
    things = [bpy.data.objects[name] for name in names]
    return [
        (
            thing.name,
            tuple(map(tuple, thing.matrix_world)),
            thing.synthdata.category,
            tuple(collection.name for collection in thing.users_collection),
            world_vertices(thing).tobytes() if thing.type == "MESH" else b"",
            tuple(slot.material.name for slot in thing.material_slots),
        )
        for thing in things
    ]


def test_second_room_leaves_the_first_alone(scene: bpy.types.Scene) -> None:
    first = add_example_room(scene, seed=0)
    scene.view_layers[0].update()
    names = sorted(thing.name for thing in scene.objects)
    before = snapshot(names)
    second = add_example_room(scene, seed=1)
    scene.view_layers[0].update()
    assert snapshot(names) == before
    assert second.collection != first.collection
    assert scene.camera.name == first.camera
    assert not {thing.name for thing in labelled(first)} & {thing.name for thing in labelled(second)}
    assert {child.name for child in scene.collection.children} == {first.collection, second.collection}


def test_what_was_there_stays(scene: bpy.types.Scene) -> None:
    own = bpy.data.objects.new("Desk", bpy.data.meshes.new("Desk"))
    eye = bpy.data.objects.new("Eye", bpy.data.cameras.new("Eye"))
    for thing in (own, eye):
        scene.collection.objects.link(thing)
    scene.camera = eye
    settings = {
        name: getattr(scene.render, name)
        for name in scene.render.bl_rna.properties.keys()  # noqa: SIM118 - a bpy collection, not a dict
        if isinstance(getattr(scene.render, name), (int, float, str))
    }
    world = scene.world
    room = add_example_room(scene)
    assert scene.camera == eye
    assert scene.world == world
    assert own.name == "Desk"
    assert room.objects["desk"] == ("Desk.001",)
    assert {name: getattr(scene.render, name) for name in settings} == settings


def test_seed_decides(scene: bpy.types.Scene) -> None:
    def shapes(seed: int) -> list[bytes]:
        room = add_example_room(scene, seed=seed)
        scene.view_layers[0].update()
        return [world_vertices(thing).tobytes() for thing in labelled(room)]

    first = shapes(3)
    assert shapes(3) == first
    assert shapes(4) != first


def test_example_camera_sees_every_category(scene: bpy.types.Scene, room: ExampleRoom) -> None:
    graph = evaluated(scene)
    camera = bpy.data.objects[room.camera]
    corners = camera.data.view_frame(scene=scene)
    eye = camera.matrix_world.translation
    names = {name: category for category, some in room.objects.items() for name in some}
    low = Vector(min(c[i] for c in corners) for i in range(3))
    high = Vector(max(c[i] for c in corners) for i in range(3))
    seen: set[str] = set()
    for u, v in product((np.arange(160) + 0.5) / 160, (np.arange(90) + 0.5) / 90):
        local = Vector((low.x + u * (high.x - low.x), low.y + v * (high.y - low.y), low.z))
        way = (camera.matrix_world @ local - eye).normalized()
        hit, _, _, _, thing, _ = scene.ray_cast(graph, eye, way)
        if hit and thing.name in names:
            seen.add(names[thing.name])
    assert seen == set(room.objects)
