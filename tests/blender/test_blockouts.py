# SPDX-License-Identifier: GPL-3.0-or-later
"""Blockouts: every kind, size and seed stands, is labelled, meets nothing, and makes a dataset."""

from __future__ import annotations

from collections import Counter

import bpy
import numpy as np
import pytest
from mathutils import Vector

from synthdata_addon.blender.blockouts import Blockout, add_blockout
from synthdata_addon.blender.blockouts.spec import KINDS, BlockoutSpec
from synthdata_addon.core.errors import SpecError
from tests.blender import scenes, solids

ROOTED = {"tree", "rock", "bush", "fence"}
"""These reach into uneven ground."""
MOST = {"ROOM": (7.0, 6.0, 3.0), "TABLETOP": (2.6, 1.4, 0.9), "SHELVES": (4.0, 0.5, 2.4),
        "WAREHOUSE": (12.5, 12.0, 7.0), "STREET": (50.0, 44.0, 15.0), "OUTDOOR": (30.0, 26.0, 4.0)}  # fmt: skip
SPECS = [
    spec
    for kind, about in KINDS.items()
    for spec in (
        BlockoutSpec(kind, seed=0),
        BlockoutSpec(kind, 1, about.width[1], about.depth[1], about.height[1], 0, 1.0),
        pytest.param(BlockoutSpec(kind, 2, *MOST[kind], 5, 1.0), marks=pytest.mark.slow),
        BlockoutSpec(kind, seed=3, density=0.0),
    )
]


def name_of(spec: BlockoutSpec) -> str:
    return f"{spec.kind.lower()}-{spec.seed}"


def build(scene: bpy.types.Scene, spec: BlockoutSpec) -> Blockout:
    made = add_blockout(scene, spec)
    scene.view_layers[0].update()
    return made


def meshes(scene: bpy.types.Scene) -> list[bpy.types.Object]:
    return [obj for obj in scene.objects if obj.type == "MESH"]


def is_set(obj: bpy.types.Object) -> bool:
    return obj.users_collection[0].name.startswith("Set")


@pytest.mark.parametrize("spec", SPECS, ids=name_of)
def test_nothing_meets_and_everything_stands(empty_scene, spec) -> None:
    build(empty_scene, spec)
    objects = meshes(empty_scene)

    def rooted(obj: bpy.types.Object) -> bool:
        return obj.synthdata.category in ROOTED or obj.name.startswith("Grass")

    def skip(one: bpy.types.Object, other: bpy.types.Object) -> bool:
        return (is_set(one) and is_set(other)) or (
            {"Ground", "Floor", "Pavement"} & {one.name, other.name} and (rooted(one) or rooted(other))
        )

    assert solids.meeting(objects, skip) == []
    things = [obj for obj in objects if not is_set(obj) and not rooted(obj)]
    for thing in things[:: max(1, len(things) // 40)]:
        points = solids.vertices(thing)
        low = points.min(0)
        near = [
            obj for obj in objects if obj != thing and solids.boxes_touch(solids.vertices(obj), points, 0.01)
        ]
        assert solids.gap_below(thing, near) < 0.001, f"{thing.name} floats over {low}"


@pytest.mark.parametrize("spec", SPECS, ids=name_of)
def test_surfaces_and_categories_are_labelled(empty_scene, spec) -> None:
    made = build(empty_scene, spec)
    surfaces = Counter(obj.get("synthdata_surface", "") for obj in meshes(empty_scene))
    assert surfaces["support"] or spec.kind == "STREET"
    assert surfaces["floor"]
    assert surfaces["wall"] or spec.kind == "OUTDOOR"
    assert set(surfaces) <= {"", "support", "floor", "wall"}
    marked = {obj.name for obj in empty_scene.objects if obj.synthdata.category}
    assert marked == {name for names in made.objects.values() for name in names}
    assert len(made.objects) >= (2 if spec.density == 0.0 else 4)


SIZES = {
    "desk": (0.7, 0.8), "chair": (0.8, 1.1), "cup": (0.08, 0.12), "bottle": (0.25, 0.35), "car": (1.3, 1.6),
    "forklift": (1.9, 2.4), "pallet": (0.14, 0.15), "barrel": (0.8, 1.0), "traffic cone": (0.4, 0.8),
    "fire hydrant": (0.5, 1.0), "bench": (0.7, 1.0), "stop sign": (2.2, 3.2), "traffic light": (2.5, 4.5),
    "sports ball": (0.2, 0.24), "tree": (2.5, 6.5), "building": (2.5, 20.0), "apple": (0.06, 0.1),
    "street lamp": (4.0, 7.0), "trash can": (0.8, 1.3), "cell phone": (0.005, 0.02), "dining table": (0.4, 1.25),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_things_have_the_size_of_things(empty_scene, kind) -> None:
    made = build(empty_scene, BlockoutSpec(kind, seed=4, density=1.0))
    for category, (least, most) in SIZES.items():
        for name in made.objects.get(category, ()):
            assert least <= bpy.data.objects[name].dimensions.z <= most, name


@pytest.mark.parametrize("kind", KINDS)
def test_meshes_are_sound_and_look_outwards(empty_scene, kind) -> None:
    build(empty_scene, BlockoutSpec(kind, seed=5, density=0.8))
    for mesh in {obj.data for obj in meshes(empty_scene)}:
        assert not mesh.validate(), mesh.name
        if mesh.name == "Ground":
            assert min(face.normal.z for face in mesh.polygons) > 0.0
            continue
        points = np.array([vertex.co for vertex in mesh.vertices])
        mesh.calc_loop_triangles()
        a, b, c = (points[[t.vertices[i] for t in mesh.loop_triangles]] for i in range(3))
        assert float(np.sum(np.cross(a, b) * c)) > 0.0, f"{mesh.name} is inside out"


@pytest.mark.parametrize("spec", SPECS, ids=name_of)
def test_the_camera_is_free_and_sees_what_is_labelled(empty_scene, spec) -> None:
    made = build(empty_scene, spec)
    camera = bpy.data.objects[made.camera]
    graph = empty_scene.view_layers[0].depsgraph
    eye = camera.matrix_world.translation
    corners = camera.data.view_frame(scene=empty_scene)
    seen = set()
    for u in np.linspace(0.02, 0.98, 60):
        for v in np.linspace(0.02, 0.98, 45):
            local = corners[2].lerp(corners[3], v).lerp(corners[1].lerp(corners[0], v), u)
            way = (camera.matrix_world @ Vector(local) - eye).normalized()
            hit, place, normal, _, obj, _ = empty_scene.ray_cast(graph, eye, way)
            if hit:
                assert (place - eye).length > 0.1
                assert normal.dot(way) < 0.0 or obj.name == "Ground", f"inside {obj.name}"
                seen.add(obj.synthdata.category)
    assert len(seen - {""}) >= (1 if spec.density == 0.0 else 2)


def state(scene: bpy.types.Scene) -> list[tuple[object, ...]]:
    return [
        (obj.name, tuple(map(tuple, obj.matrix_world)), obj.get("synthdata_surface"), obj.synthdata.category,
         solids.vertices(obj).tobytes() if obj.type == "MESH" else b"")
        for obj in sorted(scene.objects, key=lambda obj: obj.name)
    ]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_the_seed_decides(empty_scene, kind) -> None:
    def made(seed: int) -> list[tuple[object, ...]]:
        bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
        build(bpy.context.scene, BlockoutSpec(kind, seed))
        return state(bpy.context.scene)

    first = made(7)
    assert made(7) == first
    assert made(8) != first


PLACES = {
    "ROOM": (69, 132.7952), "TABLETOP": (31, 39.4553), "SHELVES": (267, 373.4512),
    "WAREHOUSE": (201, 867.6297), "STREET": (42, 455.5359), "OUTDOOR": (120, 1128.0678),
}  # fmt: skip
"""How many objects seed 0 gives, and the sum of their distances from the origin; on Blender 4.2 to 5.2 alike."""


@pytest.mark.parametrize("kind", KINDS)
def test_every_blender_builds_the_same(empty_scene, kind) -> None:
    build(empty_scene, BlockoutSpec(kind))
    total = sum(obj.matrix_world.translation.length for obj in empty_scene.objects)
    assert (len(empty_scene.objects), total) == pytest.approx(PLACES[kind], abs=0.0002)


def test_what_was_there_stays(empty_scene) -> None:
    world, eye = bpy.data.worlds.new("Own"), bpy.data.objects.new("Eye", bpy.data.cameras.new("Eye"))
    empty_scene.collection.objects.link(eye)
    empty_scene.world, empty_scene.camera = world, eye
    first = build(empty_scene, BlockoutSpec("STREET"))
    before = {name: row for name, *row in state(empty_scene)}
    second = build(empty_scene, BlockoutSpec("STREET", seed=1))
    after = {name: row for name, *row in state(empty_scene)}
    assert {name: after[name] for name in before} == before
    assert (empty_scene.world, empty_scene.camera) == (world, eye)
    assert first.collection != second.collection


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (BlockoutSpec("ROOM", width=1.5), "The width of 'Room' is 1.5 m, outside 2.6 to 20 m"),
        (BlockoutSpec("OUTDOOR", height=50.0), "50 m"),
        (BlockoutSpec("STREET", density=1.5), "1.5"),
        (BlockoutSpec("STREET", openings=99), "99"),
        (BlockoutSpec("CASTLE"), "CASTLE"),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_size_is_refused_and_nothing_is_added(empty_scene, spec, said) -> None:
    with pytest.raises(SpecError, match=said):
        add_blockout(empty_scene, spec)
    assert not bpy.data.objects
    assert not bpy.data.collections


def test_the_operator_says_what_is_wrong(empty_scene) -> None:
    with pytest.raises(RuntimeError, match=r"outside 2\.6 to 20 m"):
        bpy.ops.synthdata.add_blockout(kind="ROOM", width=99.0)
    assert not bpy.data.objects


def test_the_operator_aims_the_sweep_once(empty_scene) -> None:
    settings = empty_scene.synthdata
    bpy.ops.synthdata.add_blockout(kind="SHELVES", seed=3)
    target, radius = settings.target, settings.radius
    assert target is not None
    bpy.ops.synthdata.add_blockout(kind="ROOM")
    assert (settings.target, settings.radius) == (target, radius)
    assert {"REGISTER", "UNDO"} <= bpy.types.SYNTHDATA_OT_add_blockout.bl_options


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_labels_it(empty_scene, tmp_path, kind) -> None:
    bpy.ops.synthdata.add_blockout(kind=kind, seed=6)
    settings = empty_scene.synthdata
    settings.width, settings.height, settings.views, settings.use_styles = 96, 64, 3, False
    scenes.generate(tmp_path / "set")
    rows = scenes.lines(tmp_path / "set" / "views.jsonl")
    assert [row.get("skipped", "") for row in rows] == ["", "", ""]
    names = {category["id"]: category["name"] for coco, _ in scenes.load_coco(tmp_path / "set").values()
             for category in coco.dataset["categories"]}  # fmt: skip
    seen = {names[a["category_id"]] for coco, _ in scenes.load_coco(tmp_path / "set").values()
            for a in coco.dataset["annotations"]}  # fmt: skip
    assert len(seen) >= 3
