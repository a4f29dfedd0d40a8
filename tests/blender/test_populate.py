# SPDX-License-Identifier: GPL-3.0-or-later
"""Populate: what is placed meets nothing, rests on its support, keeps its distance, and goes away again."""

from __future__ import annotations

import json
from typing import Any

import bpy
import numpy as np
import pytest
from mathutils import Matrix

from synthdata_addon.blender.job_scene import JobScene
from synthdata_addon.blender.populate.anew import PlacedAnew
from synthdata_addon.core.errors import SpecError
from synthdata_addon.core.populate import PlacementSpec, PopulateSpec, check_placement, check_populate
from synthdata_addon.ui.settings import job_from_scene
from tests.blender import scenes, solids
from tests.blender.test_restore import snapshot

TOP = 0.7
HALF = (0.8, 0.5)


def add_block(
    name: str, low: tuple[float, ...], high: tuple[float, ...], category: str = ""
) -> bpy.types.Object:
    block = scenes.add_cube(name, tuple((a + b) / 2 for a, b in zip(low, high, strict=True)), 1.0, category)
    block.scale = tuple(b - a for a, b in zip(low, high, strict=True))
    return block


def add_table(half: tuple[float, float] = HALF) -> bpy.types.Object:
    table = add_block("Table", (-half[0], -half[1], 0.0), (half[0], half[1], TOP), "table")
    table["synthdata_surface"] = "support"
    return table


def add_source(name: str = "Things", count: int = 12) -> bpy.types.Collection:
    """A collection out of the scene: a cup that nothing labels but the collection, and an L of two blocks."""
    collection = bpy.data.collections.new(name)
    collection.synthdata.use_as_category, collection.synthdata.category = True, "toy"
    cup = scenes.add_ball("Cup", (3.0, 3.0, 3.0), 0.06)
    angle = scenes._object("Angle", angle_mesh(), "")
    angle.rotation_euler.z, angle.scale = 0.5, (1.2, 1.2, 1.2)
    for obj in (cup, angle):
        bpy.context.scene.collection.objects.unlink(obj)
        collection.objects.link(obj)
    add_to_list(collection, count)
    return collection


def add_to_list(collection: bpy.types.Collection, count: int, *, whole: bool = False) -> None:
    item = settings().sources.add()
    item.collection, item.count, item.whole = collection, count, whole


def angle_mesh() -> bpy.types.Mesh:
    outline = [(0, 0), (0.2, 0), (0.2, 0.05), (0.05, 0.05), (0.05, 0.15), (0, 0.15)]
    count = len(outline)
    points = [(x, y, z) for z in (0.0, 0.1) for x, y in outline]
    sides = [(i, (i + 1) % count, count + (i + 1) % count, count + i) for i in range(count)]
    mesh = bpy.data.meshes.new("Angle")
    mesh.from_pydata(points, [], [tuple(range(count))[::-1], tuple(range(count, 2 * count)), *sides])
    return mesh


def settings() -> Any:
    return bpy.context.scene.synthdata.populate


def populate(**values: Any) -> list[bpy.types.Object]:
    for name, value in values.items():
        setattr(settings(), name, value)
    bpy.ops.synthdata.populate()
    bpy.context.view_layer.update()
    return placed()


def placed() -> list[bpy.types.Object]:
    found = [item for item in bpy.data.collections if "synthdata_placement" in item]
    return [obj for item in found for obj in item.objects]


def names() -> dict[str, list[str]]:
    kinds = (
        "scenes",
        "objects",
        "meshes",
        "materials",
        "collections",
        "worlds",
        "actions",
        "cameras",
        "lights",
    )
    return {kind: sorted(item.name_full for item in getattr(bpy.data, kind)) for kind in kinds}


def matrices(objects: list[bpy.types.Object]) -> np.ndarray:
    return np.array([obj.matrix_world for obj in objects])


@pytest.fixture
def table(empty_scene) -> bpy.types.Object:
    """A table with a box in its middle."""
    add_block("Box", (-0.1, -0.1, TOP + 0.001), (0.15, 0.1, TOP + 0.3))
    return add_table()


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("spacing", [0.0, 0.02])
def test_things_stand_on_the_table(table, seed, spacing) -> None:
    add_source(count=18)
    things = populate(primitives=8, seed=seed, spacing=spacing, scale_min=0.7, scale_max=1.2)
    assert len(things) == 26
    assert solids.meeting([*things, table, bpy.data.objects["Box"]]) == []
    for thing in things:
        points = solids.vertices(thing)
        assert 0.0 < points[:, 2].min() - TOP < 0.001
        assert np.all(np.abs(points[:, :2]) <= HALF)
    for one, other in solids.close_pairs(things, spacing):
        assert solids.distance(one, other) >= spacing - 1e-6


def test_free_things_lie_any_way_up(table) -> None:
    add_source(count=14)
    things = populate(posture="FREE", seed=3)
    assert solids.meeting([*things, table]) == []
    ups = [(thing.matrix_world.to_3x3() @ Matrix.Identity(3).col[2]).normalized().z for thing in things]
    assert min(ups) < 0.0 < max(ups)
    assert all(0.0 < solids.vertices(thing)[:, 2].min() - TOP < 0.001 for thing in things)


def test_things_may_stand_over_the_edge_only_if_asked_to(table) -> None:
    add_source(count=30)
    outside = [np.any(np.abs(solids.vertices(thing)[:, :2]) > HALF) for thing in populate(inside_edge=False)]
    assert any(outside)


def test_upright_things_turn_no_further_than_asked(table) -> None:
    add_source(count=10)
    for thing in populate(turn=np.radians(20.0)):
        own = 0.5 if thing.name.startswith("Angle") else 0.0
        euler = thing.matrix_world.to_euler()
        assert abs(euler.z - own) <= np.radians(20.0) + 1e-6
        assert (euler.x, euler.y) == pytest.approx((0.0, 0.0), abs=1e-6)


def test_things_stand_on_boards_below_boards(empty_scene) -> None:
    bpy.ops.synthdata.add_blockout(kind="SHELVES", density=0.0)
    boards = bpy.data.objects["Bookcase"]
    add_source(count=24)
    things = populate(seed=1)
    assert len(things) >= 20
    assert len({round(solids.vertices(thing)[:, 2].min(), 2) for thing in things}) >= 4
    everything = [obj for obj in empty_scene.objects if obj.type == "MESH"]
    pairs = solids.meeting(everything)
    assert not [pair for pair in pairs if {thing.name for thing in things} & set(pair)]
    assert all(solids.gap_below(thing, [boards]) < 0.001 for thing in things)


def test_things_stand_on_uneven_ground(empty_scene) -> None:
    x, y = np.meshgrid(np.linspace(-2, 2, 41), np.linspace(-2, 2, 41))
    z = 0.15 * np.sin(2.1 * x) * np.cos(1.7 * y)
    first = (np.arange(40)[:, None] * 41 + np.arange(40)).ravel()
    mesh = bpy.data.meshes.new("Hills")
    faces = np.column_stack((first, first + 1, first + 42, first + 41)).tolist()
    mesh.from_pydata(np.column_stack((x.ravel(), y.ravel(), z.ravel())).tolist(), [], faces)
    hills = scenes._object("Hills", mesh, "")
    hills["synthdata_surface"] = "floor"
    add_source(count=16)
    things = populate(surfaces={"FLOOR"}, scale_min=1.0, scale_max=2.0)
    assert len(things) == 16
    assert solids.meeting([*things, hills]) == []
    for thing in things:
        assert 0.0 < solids.gap_below(thing, [hills]) < 0.001
        assert np.all(np.abs(solids.vertices(thing)[:, :2]) < 2.0)


@pytest.mark.parametrize("posture", ["UPRIGHT", "FREE"])
def test_things_float_in_a_turned_box(empty_scene, posture) -> None:
    add_source(count=25)
    box = scenes.add_cube("Volume", (1.0, 2.0, 3.0), 1.0)
    box.rotation_euler, box.scale, box.hide_render = (0.4, 0.3, 0.7), (1.5, 0.8, 0.6), True
    things = populate(where="VOLUME", volume=box, posture=posture, spacing=0.01)
    assert len(things) == 25
    assert solids.meeting(things) == []
    inverse = np.array(box.matrix_world.inverted())
    for thing in things:
        local = solids.vertices(thing) @ inverse[:3, :3].T + inverse[:3, 3]
        assert np.all(np.abs(local) <= 0.5 + 1e-5)


def test_what_is_dropped_rests(table) -> None:
    add_source(count=9)
    things = populate(where="DROP", posture="FREE", seed=2)
    assert len(things) >= 5
    solid = [table, bpy.data.objects["Box"]]
    assert solids.meeting([*things, *solid]) == []
    for thing in things:
        below = [obj for obj in [*solid, *things] if obj != thing]
        assert 0.0 < solids.gap_below(thing, below) < 0.001
        assert thing.rigid_body is None


def test_the_users_rigid_bodies_have_no_part_in_a_drop(table) -> None:
    scene = bpy.context.scene
    faller = scenes.add_ball("Faller", (0.0, 0.0, 5.0), 0.1)
    with bpy.context.temp_override(scene=scene, object=faller, active_object=faller):
        bpy.ops.rigidbody.world_add()
        bpy.ops.rigidbody.object_add()
    world = scene.rigidbody_world
    world.time_scale, world.point_cache.frame_end = 0.3, 77
    add_source(count=4)
    before, places = names(), matrices([table, faller])
    assert populate(where="DROP", seed=3)
    world = scene.rigidbody_world
    assert [obj.name for obj in world.collection.objects] == ["Faller"]
    assert (world.point_cache.frame_end, faller.rigid_body.type) == (77, "ACTIVE")
    assert world.time_scale == pytest.approx(0.3)
    assert (scene.frame_current, bpy.context.scene) == (1, scene)
    bpy.ops.synthdata.populate_clear()
    assert names() == before
    assert np.array_equal(matrices([table, faller]), places)


def test_clear_undoes_everything(table) -> None:
    add_source(count=6)
    before = names()
    first = [obj.name for obj in populate(primitives=7)]
    assert len(first) == 13
    made = {kind: len(found) for kind, found in names().items()}
    assert len(populate(primitives=7)) == 13
    assert {kind: len(found) for kind, found in names().items()} == made
    bpy.ops.synthdata.populate_clear()
    assert names() == before
    assert not bpy.ops.synthdata.populate_clear.poll()


def test_the_seed_decides(table) -> None:
    add_source(count=8)
    first = matrices(populate(primitives=4, seed=5))
    assert np.allclose(matrices(populate(seed=5)), first, rtol=0, atol=1e-6)
    assert not np.allclose(matrices(populate(seed=6)), first, rtol=0, atol=1e-3)


def test_every_blender_places_the_same(table) -> None:
    """The numbers hold for Blender 4.2 to 5.2."""
    add_source(count=8)
    places = matrices(populate(seed=11, posture="FREE", scale_min=0.8, scale_max=1.3))[:, :3]
    weights = np.arange(places.size).reshape(places.shape) % 7 - 3.0
    assert float((places * weights).sum()) == pytest.approx(GOLDEN, abs=2e-5)


GOLDEN = -5.13544


def test_copies_share_meshes_and_have_the_category(table) -> None:
    things = add_source(count=6)
    copies = populate(primitives=3)
    own = [obj for obj in copies if obj.data in {source.data for source in things.objects}]
    assert len(own) == 6
    assert {obj.synthdata.category for obj in own} == {"toy"}
    assert {obj.synthdata.category for obj in copies if obj not in own} == {""}


def test_a_whole_collection_is_one_thing_and_one_instance(table, tmp_path) -> None:
    lamp = bpy.data.collections.new("Lamp")
    lamp.synthdata.use_as_category, lamp.synthdata.grouping = True, "WHOLE"
    parts = (
        add_block("Foot", (0, 0, 0), (0.1, 0.1, 0.02)),
        add_block("Pole", (0.04, 0.04, 0.021), (0.06, 0.06, 0.3)),
    )
    for part in parts:
        bpy.context.scene.collection.objects.unlink(part)
        lamp.objects.link(part)
    add_to_list(lamp, 5)
    copies = populate(spacing=0.03)
    assert [copy.instance_collection for copy in copies] == [lamp] * 5
    scene = bpy.context.scene.synthdata
    scene.width, scene.height, scene.views, scene.radius, scene.use_styles = 96, 64, 1, 2.5, False
    scenes.generate(tmp_path / "set")
    said = json.loads((tmp_path / "set" / "job.json").read_text())
    known = {item["id"]: item["name"] for item in said["categories"]}
    kinds = [known[item["category_id"]] for item in said["instances"]]
    assert sorted(kinds) == ["Lamp"] * 5 + ["table"]


def test_an_asset_of_several_objects_is_one_thing(table) -> None:
    things = add_source(count=3)
    things.objects["Cup"].location = (0.3, 0.0, 0.06)
    things.asset_mark()
    assert [copy.type for copy in populate()] == ["EMPTY"] * 3


def test_what_an_object_carries_comes_with_it(table) -> None:
    root = add_block("Root", (2.0, 0, 0), (2.1, 0.1, 0.1))
    child = add_block("Child", (2.02, 0.02, 0.101), (2.06, 0.06, 0.2))
    bpy.context.view_layer.update()
    child.parent, child.matrix_parent_inverse = root, root.matrix_world.inverted()
    pair = bpy.data.collections.new("Pair")
    for obj in (root, child):
        pair.objects.link(obj)
    add_to_list(pair, 4)
    copies = populate()
    roots = [obj for obj in copies if obj.parent is None]
    assert (len(copies), len(roots)) == (8, 4)
    for obj in roots:
        (carried,) = obj.children
        own, other = solids.vertices(obj), solids.vertices(carried)
        assert other[:, 2].min() - own[:, 2].max() == pytest.approx(0.001, abs=1e-5)
        assert own[:, 2].min() - TOP < 0.001


def test_hidden_and_linked_sources_are_placed(table, tmp_path) -> None:
    things = add_source(count=0)
    for obj in things.objects:
        obj.hide_viewport = True
    library = tmp_path / "library.blend"
    bpy.data.libraries.write(str(library), {things})
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.collections = ["Things"]
    linked = wanted.collections[0]
    assert linked.library is not None
    settings().sources.clear()
    add_to_list(linked, 6)
    copies = populate()
    assert len(copies) == 6
    assert all(copy.library is None and copy.data.library is not None for copy in copies)
    assert not any(copy.hide_viewport for copy in copies)
    assert {copy.synthdata.category for copy in copies} == {"toy"}


def test_a_closed_room_is_no_obstacle_and_a_closed_box_is(empty_scene) -> None:
    room = add_block("Room", (-3, -3, -1), (3, 3, 3))
    table = add_table()
    add_source(count=5)
    assert len(populate()) == 5
    bpy.data.objects.remove(room)
    cover = add_block("Cover", (-0.9, -0.6, TOP + 0.0005), (0.9, 0.6, TOP + 0.5))
    assert solids.boxes_touch(solids.vertices(cover), solids.vertices(table), 0.01)
    with pytest.raises(RuntimeError, match="nothing"):
        populate_or_raise()


def populate_or_raise() -> None:
    bpy.ops.synthdata.populate()
    if not placed():
        raise RuntimeError("nothing")


def test_what_finds_no_place_is_counted(empty_scene) -> None:
    add_table((0.2, 0.2))
    add_source(count=60)
    things = populate()
    assert 3 <= len(things) < 60
    assert solids.meeting(things) == []


def wrong(message: str, **values: Any) -> None:
    before = names(), matrices(placed())
    with pytest.raises(RuntimeError, match=message):
        populate(**values)
    assert names() == before[0]
    assert np.array_equal(matrices(placed()), before[1])


def test_what_is_wrong_is_said_before_anything_changes(empty_scene) -> None:
    wrong("Nothing is asked for")
    things = add_source(count=4)
    wrong("marked as support")
    add_table()
    assert len(populate()) == 4
    wrong("least scale 2 is above the greatest 1", scale_min=2.0)
    settings().scale_min = 1.0
    wrong("No box is chosen", where="VOLUME")
    wrong("flat or empty", where="VOLUME", volume=scenes.add_quad("Flat", 1.0, 0.0))
    settings().where = "SURFACES"
    wrong("No kind of surface", surfaces=set())
    settings().surfaces = {"SUPPORT"}
    empty = bpy.data.collections.new("Empty")
    add_to_list(empty, 3)
    wrong("'Empty' has no object")
    settings().sources.remove(1)
    hollow = bpy.data.objects.new("Hollow", None)
    things.objects.link(hollow)
    wrong("'Hollow' shows no surface")


def test_values_out_of_range_are_refused() -> None:
    for values in ({"turn": 200.0}, {"spacing": -1.0}, {"scale_max": 0.0}, {"seed": -1}):
        with pytest.raises(SpecError, match=str(next(iter(values.values()))).removesuffix(".0")):
            check_placement(PlacementSpec(**values))
    with pytest.raises(SpecError, match="-1"):
        check_populate(PopulateSpec(-1))


def test_surfaces_are_marked(table) -> None:
    box = bpy.data.objects["Box"]
    box.select_set(True)
    bpy.ops.synthdata.mark_surface(surface="FLOOR")
    assert box["synthdata_surface"] == "floor"
    bpy.ops.synthdata.mark_surface(surface="NONE")
    assert "synthdata_surface" not in box.keys()  # noqa: SIM118 - an ID is no dict


def test_supports_can_be_chosen(table) -> None:
    chosen = bpy.data.collections.new("Chosen")
    chosen.objects.link(bpy.data.objects["Box"])
    add_source(count=1)
    (thing,) = populate(supports=chosen)
    assert solids.vertices(thing)[:, 2].min() == pytest.approx(TOP + 0.3, abs=0.001)


def set_up_job(views: int, every: int) -> None:
    scene = bpy.context.scene.synthdata
    scene.width, scene.height, scene.views, scene.radius, scene.use_styles = 96, 64, views, 3.0, False
    settings().every = every


def job(views: int, every: int, tmp_path, name: str) -> dict[int, list[tuple[float, ...]]]:
    """Generate a dataset and return the places of the toys, view by view."""
    set_up_job(views, every)
    scenes.generate(tmp_path / name)
    rows = scenes.lines(tmp_path / name / "views.jsonl")
    return {
        row["view"]: [tuple(np.array(item["matrix_world"])[:3, 3]) for item in row["instances"]]
        for row in rows
    }


@pytest.fixture
def populated(table) -> bpy.types.Object:
    table.synthdata.category = ""
    add_source(count=7)
    populate(primitives=3)
    return table


def test_a_job_places_things_anew_and_puts_them_back(populated, tmp_path) -> None:
    set_up_job(4, 2)
    before = snapshot()
    places = job(4, 2, tmp_path, "two")
    assert snapshot() == before
    assert places[0] == places[1]
    assert places[2] == places[3]
    assert places[0] != places[2]
    every = job(4, 1, tmp_path, "one")
    assert len({tuple(value) for value in every.values()}) == 4
    assert every[0] == places[0]
    assert every[1] == places[2]


def test_a_view_is_the_same_in_any_order(populated) -> None:
    settings().every = 1
    scene = bpy.context.scene
    spec = job_from_scene(scene)

    def look(views: list[int]) -> np.ndarray:
        job_scene = JobScene(scene.name, scene.view_layers[0].name, spec)
        anew = PlacedAnew(job_scene, scene.frame_current)
        try:
            for view in views:
                assert anew.place(view)
            job_scene.depsgraph()
            bpy.context.view_layer.update()
            things = [obj for obj in placed() if not obj.hide_render]
            assert solids.meeting([*things, populated]) == []
            assert all(0.0 < solids.vertices(obj)[:, 2].min() - TOP < 0.001 for obj in things)
            return matrices(placed())
        finally:
            anew.close()
            job_scene.close()

    alone = look([3])
    assert np.array_equal(look([0, 1, 2, 3]), alone)
    assert not np.allclose(look([2]), alone)


def test_a_job_says_what_cannot_be_placed_anew(table, tmp_path) -> None:
    add_source(count=3)
    settings().every = 1
    with pytest.raises(RuntimeError, match="Press Populate first"):
        scenes.generate(tmp_path / "none")
    populate(where="DROP")
    with pytest.raises(RuntimeError, match="letting them fall takes too long"):
        scenes.generate(tmp_path / "dropped")


def test_undo_and_redo(table) -> None:
    add_source(count=5)
    bpy.ops.ed.undo_push(message="before")
    before = names()
    made = len(populate(primitives=4))
    bpy.ops.ed.undo_push(message="placed")
    after = names()
    bpy.ops.ed.undo()
    assert names() == before
    bpy.ops.ed.redo()
    assert (names(), len(placed())) == (after, made)
    bpy.ops.synthdata.populate_clear()
    assert names() == before


def test_a_job_tells_what_found_no_place(empty_scene, tmp_path) -> None:
    """In a crowd, what fitted once need not fit again; it is hidden for that view, and its labels with it."""
    add_table((0.25, 0.25))
    add_source(count=60)
    shown = len(populate())
    set_up_job(6, 1)
    scenes.generate(tmp_path / "set")
    rows = scenes.lines(tmp_path / "set" / "views.jsonl")
    missing = [row.get("variation", {}).get("not_placed", 0) for row in rows]
    assert max(missing) > 0
    assert [len(row["instances"]) for row in rows] == [shown + 1 - count for count in missing]
    assert not any(obj.hide_render for obj in placed())
