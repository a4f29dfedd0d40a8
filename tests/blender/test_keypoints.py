# SPDX-License-Identifier: GPL-3.0-or-later
"""Keypoints of scenes with known answers: where they are, where in the picture, and what hides them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

import bpy
import numpy as np
import pytest
from mathutils import Matrix, Vector

from synthdata_addon.blender.facts import lens_of
from synthdata_addon.blender.keypoints import KeypointFinder, view_keypoints, with_keypoints
from synthdata_addon.blender.sight import Sight
from synthdata_addon.core.camera import intrinsics, look_at, world_to_opencv
from synthdata_addon.core.categories import Category
from synthdata_addon.core.records import CameraRecord, KeypointRecord, SeenInstance
from tests.blender import scenes

SIZE = (200, 100)


@dataclass(frozen=True)
class Part:
    name: str
    matrix_world: tuple[tuple[float, ...], ...]


def part(obj, matrix=None):
    return Part(obj.name_full, tuple(tuple(row) for row in (matrix or obj.matrix_world)))


def depsgraph():
    bpy.context.view_layer.update()
    return bpy.context.evaluated_depsgraph_get()


def positions(obj, *names, matrix=None, group=()):
    graph = depsgraph()
    found = KeypointFinder(graph).positions([part(obj, matrix)], names, group)
    return {name: tuple(round(value, 4) for value in place) for name, place in found.items()}


def record_of(camera):
    lens, pose = lens_of(camera.data), np.array(camera.matrix_world)
    return CameraRecord(
        name=camera.name,
        type=camera.data.type,
        k=tuple(map(tuple, intrinsics(lens, *SIZE))),
        world_to_camera=tuple(map(tuple, world_to_opencv(pose))),
        cam_to_world=tuple(map(tuple, pose)),
    )


def seen(obj, places, *, eye=(0.0, -10.0, 0.0), target=(0.0, 0.0, 0.0), body=None, options=None, **lens):
    """Return name -> (x, y, v) of world places on an object, seen from a camera."""
    camera = scenes.add_camera("Camera", look_at(np.array(eye), np.array(target)), **lens)
    graph = depsgraph()
    sight = Sight(bpy.context.scene, graph, record_of(camera), SIZE, **(options or {}))
    vectors = {name: Vector(place) for name, place in places.items()}
    found = view_keypoints(vectors, tuple(places), body or [part(obj)], sight)
    return {name: (point.x, point.y, point.v) for name, point in zip(places, found, strict=True)}


def visibility(obj, places, **options):
    return {name: v for name, (_, _, v) in seen(obj, places, **options).items()}


def empty(name, place, parent=None, keypoint=""):
    obj = bpy.data.objects.new(name, None)
    bpy.context.scene.collection.objects.link(obj)
    obj.location, obj.parent = place, parent
    obj.synthdata.keypoint = keypoint
    return obj


def armature(*bones):
    """Add an armature with upright bones (name, head); return it."""
    data = bpy.data.armatures.new("Rig")
    obj = bpy.data.objects.new("Rig", data)
    bpy.context.scene.collection.objects.link(obj)
    bpy.context.view_layer.objects.active = obj
    bpy.ops.object.mode_set(mode="EDIT")
    for name, head in bones:
        bone = data.edit_bones.new(name)
        bone.head, bone.tail = head, Vector(head) + Vector((0.0, 0.0, 1.0))
    bpy.ops.object.mode_set(mode="OBJECT")
    return obj


# Where they are


def test_empties_name_keypoints_by_setting_or_custom_property(empty_scene):
    body = scenes.add_cube("Body", (1.0, 2.0, 3.0))
    body.scale = (2.0, 2.0, 2.0)
    inner = empty("a", (0.5, 0.0, 0.0), body, "nose")
    empty("b", (0.0, 0.0, 1.0), inner)["keypoint"] = "tail"
    empty("c", (9.0, 9.0, 9.0), None, "ear")
    assert positions(body, "nose", "tail", "ear") == {"nose": (2.0, 2.0, 3.0), "tail": (2.0, 2.0, 5.0)}
    assert positions(body, "nose") == {"nose": (2.0, 2.0, 3.0)}


def test_what_is_labelled_itself_keeps_its_keypoints(empty_scene):
    horse, rider = scenes.add_cube("Horse", (0.0, 0.0, 0.0)), scenes.add_cube("Rider", (0.0, 0.0, 1.0))
    horse.synthdata.category, rider.synthdata.category = "horse", "person"
    rider.parent = horse
    empty("n", (0.0, 0.0, 1.0), rider, "nose")
    assert positions(horse, "nose") == {}
    assert positions(rider, "nose") == {"nose": (0.0, 0.0, 2.0)}


def test_the_objects_of_a_group_bring_their_keypoints(empty_scene):
    body, loose = scenes.add_cube("Body", (0.0, 0.0, 0.0)), empty("n", (1.0, 2.0, 3.0), None, "nose")
    assert positions(body, "nose") == {}
    assert positions(body, "nose", group=[body, loose]) == {"nose": (1.0, 2.0, 3.0)}


def test_empties_hidden_in_the_viewport_follow_all_the_same(empty_scene):
    body = scenes.add_cube("Body", (0.0, 0.0, 0.0))
    eye, hidden = empty("e", (0.0, 0.0, 1.0), body, "eye"), empty("h", (0.0, 1.0, 0.0), body, "hidden")
    bpy.context.view_layer.update()
    eye.hide_set(True)
    hidden.hide_viewport = True
    body.location = (5.0, 0.0, 0.0)
    assert positions(body, "eye", "hidden") == {"eye": (5.0, 0.0, 1.0), "hidden": (5.0, 1.0, 0.0)}


@pytest.mark.parametrize("how", ["parent", "modifier", "itself"])
def test_bones_are_keypoints_by_name_or_custom_property(empty_scene, how):
    rig = armature(
        ("shoulder", (0.0, 0.0, 1.0)), ("DEF-arm.L", (1.0, 0.0, 1.0)), ("DEF-leg.L", (1.0, 0.0, 0.0))
    )
    rig.location = (0.0, 0.0, 10.0)
    rig.data.bones["DEF-arm.L"]["keypoint"] = "elbow"
    rig.pose.bones["DEF-leg.L"]["keypoint"] = "knee"
    body = scenes.add_cube("Body", (0.0, 0.0, 0.0))
    if how == "parent":
        body.parent = rig
    elif how == "modifier":
        body.modifiers.new("A", "ARMATURE").object = rig
    group = [rig] if how == "itself" else []
    assert positions(body, "shoulder", "elbow", "knee", "wrist", group=group) == {
        "shoulder": (0.0, 0.0, 11.0),
        "elbow": (1.0, 0.0, 11.0),
        "knee": (1.0, 0.0, 10.0),
    }


def test_bones_are_taken_as_posed_in_the_frame(empty_scene):
    rig = armature(("root", (0.0, 0.0, 0.0)))
    bone = rig.pose.bones["root"]
    for frame, x in ((1, 0.0), (11, 2.0)):
        bone.location = (x, 0.0, 0.0)
        bone.keyframe_insert("location", frame=frame)
    body = scenes.add_cube("Body", (0.0, 0.0, 0.0))
    body.parent = rig
    for frame, x in ((1, 0.0), (6, 1.0), (11, 2.0)):
        empty_scene.frame_set(frame)
        assert positions(body, "root")["root"] == pytest.approx((x, 0.0, 0.0), abs=1e-3)


def test_an_empty_on_a_bone_follows_the_pose_even_when_hidden(empty_scene):
    rig = armature(("root", (0.0, 0.0, 0.0)))
    body = scenes.add_cube("Body", (0.0, 0.0, 0.0))
    body.parent = rig
    for name, hide in (("shown", False), ("hidden", True)):
        point = empty(name, (0.0, 0.0, 0.0), rig, name)
        point.parent_type, point.parent_bone = "BONE", "root"
        point.hide_viewport = hide
    rig.pose.bones["root"].rotation_mode = "XYZ"
    rig.pose.bones["root"].rotation_euler = (math.radians(90.0), 0.0, 0.0)
    found = positions(body, "shown", "hidden")
    assert found["shown"] == pytest.approx(found["hidden"], abs=1e-4)
    assert abs(found["shown"][2]) < 1e-3
    assert abs(found["shown"][1]) == pytest.approx(1.0, abs=1e-3)


def test_a_vertex_group_is_the_mean_of_its_vertices_by_weight_after_modifiers(empty_scene):
    body = scenes.add_rectangle("Body", (0.0, 0.0, 2.0, 2.0), 0.0)
    body.location = (0.0, 0.0, 5.0)
    for name, weights in (("even", {0: 1.0, 1: 1.0}), ("leaning", {0: 0.75, 2: 0.25}), ("nothing", {})):
        group = body.vertex_groups.new(name=name)
        for vertex, weight in weights.items():
            group.add([vertex], weight, "REPLACE")
    wanted = {"even": (1.0, 0.0, 5.0), "leaning": (0.5, 0.5, 5.0)}
    assert positions(body, "even", "leaning", "nothing") == wanted
    move = body.modifiers.new("D", "DISPLACE")
    move.direction, move.mid_level, move.strength = "Z", 0.0, 2.0
    assert positions(body, "even") == {"even": (1.0, 0.0, 7.0)}


def test_an_empty_wins_over_a_bone_over_a_vertex_group(empty_scene):
    rig = armature(("a", (1.0, 0.0, 0.0)), ("b", (2.0, 0.0, 0.0)))
    body = scenes.add_rectangle("Body", (0.0, 0.0, 2.0, 2.0), 0.0)
    body.parent = rig
    for name in "abc":
        body.vertex_groups.new(name=name).add([3], 1.0, "REPLACE")
    empty("e", (9.0, 0.0, 0.0), body, "a")
    assert positions(body, "a", "b", "c") == {
        "a": (9.0, 0.0, 0.0),
        "b": (2.0, 0.0, 0.0),
        "c": (0.0, 2.0, 0.0),
    }


def test_a_copy_has_its_keypoints_where_the_copy_is(empty_scene):
    asset = bpy.data.collections.new("Asset")
    body, point = scenes.add_cube("Body", (1.0, 0.0, 0.0)), empty("n", (0.0, 0.0, 1.0), None, "nose")
    point.parent = body
    for obj in (body, point):
        empty_scene.collection.objects.unlink(obj)
        asset.objects.link(obj)
    copier = empty("Copier", (0.0, 5.0, 0.0))
    copier.instance_type, copier.instance_collection = "COLLECTION", asset
    copier.rotation_euler = (0.0, 0.0, math.pi / 2.0)
    copies = [item.matrix_world.copy() for item in depsgraph().object_instances if item.object.name == "Body"]
    assert len(copies) == 1
    assert positions(body, "nose", matrix=copies[0]) == {"nose": (0.0, 6.0, 1.0)}


# Where in the picture, and what hides them


def test_places_in_the_picture_follow_from_the_lens(empty_scene):
    marker = scenes.add_cube("Far", (0.0, 50.0, 0.0))
    # 36 mm over 200 pixels at 50 mm: 277.78 pixels a unit at distance 1; the middle is (99.5, 49.5).
    focal = 200.0 * 50.0 / 36.0
    places = {"middle": (0.0, 0.0, 0.0), "right": (1.0, 0.0, 0.0), "up": (0.0, -5.0, 0.5)}
    found = seen(marker, places)
    assert found["middle"] == pytest.approx((99.5, 49.5, 2), abs=2e-3)
    assert found["right"] == pytest.approx((99.5 + focal / 10.0, 49.5, 2), abs=2e-3)
    assert found["up"] == pytest.approx((99.5, 49.5 - focal * 0.5 / 5.0, 2), abs=2e-3)


def test_outside_of_the_picture_behind_the_camera_or_missing_is_0(empty_scene):
    body = scenes.add_cube("Body", (0.0, 50.0, 0.0))
    half = 100.0 * 36.0 / 200.0 / 50.0 * 10.0  # half of the picture's width, ten units away
    places = {
        "inside": (half - 0.01, 0, 0),
        "outside": (half + 0.01, 0, 0),
        "behind": (0, -20, 0),
        "near": (0, -9.5, 0),
    }
    found = seen(body, places, options={"clip": (1.0, 100.0)})
    assert found["inside"][2] == 2
    assert all(found[name] == (0.0, 0.0, 0) for name in ("outside", "behind", "near"))
    sight = Sight(bpy.context.scene, depsgraph(), record_of(bpy.context.scene.camera), SIZE)
    (missing,) = view_keypoints({}, ("nose",), [part(body)], sight)
    assert (missing.x, missing.y, missing.v) == (0.0, 0.0, 0)


def test_a_wall_hides_what_is_behind_it_and_nothing_else(empty_scene):
    body = scenes.add_cube("Body", (0.0, 50.0, 0.0))
    wall = scenes.add_cube("Wall", (-2.0, -2.0, 0.0), size=2.0)
    places = {"behind": (-1.5, 1.0, 0.0), "before": (-1.5, -4.0, 0.0), "beside": (1.0, 1.0, 0.0)}
    assert visibility(body, places) == {"behind": 1, "before": 2, "beside": 2}
    assert seen(body, places)["behind"][:2] == pytest.approx(
        (99.5 - 200.0 * 50.0 / 36.0 * 1.5 / 11.0, 49.5), abs=2e-3
    )
    assert visibility(body, places, options={"rendered": {"Body"}})["behind"] == 2
    assert visibility(body, places, options={"clip": (9.5, 100.0)})["behind"] == 2
    wall.hide_render = True
    assert visibility(body, places)["behind"] == 2
    wall.hide_render, wall.visible_camera = False, False
    assert visibility(body, places)["behind"] == 2


def test_what_is_seen_past_a_wall_that_does_not_render_is_looked_at(empty_scene):
    body = scenes.add_cube("Body", (0.0, 50.0, 0.0))
    scenes.add_cube("Ghost", (0.0, -5.0, 0.0)).hide_render = True
    scenes.add_cube("Wall", (0.0, -2.0, 0.0))
    assert visibility(body, {"behind": (0.0, 1.0, 0.0)}) == {"behind": 1}


@pytest.mark.parametrize("lens", [{}, {"type": "ORTHO", "ortho_scale": 12.0}], ids=["persp", "ortho"])
def test_seven_corners_of_a_cube_are_in_sight_and_the_eighth_is_not(empty_scene, lens):
    body = scenes.add_cube("Body", (0.0, 0.0, 0.0), size=2.0)
    corners = {f"{x}{y}{z}": (x, y, z) for x, y, z in product((-1.0, 1.0), repeat=3)}
    found = visibility(body, corners, eye=(12.0, -10.0, 8.0), **lens)
    assert {name for name, v in found.items() if v == 1} == {"-1.01.0-1.0"}
    assert set(found.values()) == {1, 2}
    # From in front, perspective hides the back's four corners behind the front; in a parallel view they coincide.
    found = visibility(body, corners, eye=(0.0, -12.0, 0.0), **lens)
    front = {name for name, (_, y, _) in corners.items() if y < 0.0}
    in_sight = {name for name, v in found.items() if v == 2}
    assert front <= in_sight if lens else front == in_sight


def test_corners_of_a_ball_are_in_sight_where_a_face_at_them_looks_at_the_camera(empty_scene):
    ball = scenes.add_ball("Ball", (0.0, 0.0, 0.0), 1.0)
    eye, mesh = Vector((0.5, -10.0, 0.8)), ball.data
    found = visibility(ball, {str(i): vertex.co.copy() for i, vertex in enumerate(mesh.vertices)}, eye=eye)
    # The rule for a convex body.
    facing = {i for face in mesh.polygons if face.normal.dot(eye - face.center) > 0.0 for i in face.vertices}
    assert 0 < len(facing) < len(mesh.vertices)
    assert {int(name) for name, v in found.items() if v == 2} == facing


def test_a_joint_in_the_flesh_is_in_sight_from_its_side_but_not_through_the_body(empty_scene):
    # A torso 0.5 wide, 0.25 deep, 1 high, with both shoulders 6 cm under the skin.
    torso = scenes.add_cube("Torso", (0.0, 0.0, 0.0))
    torso.scale = (0.5, 0.25, 1.0)
    shoulders = {"left": (0.19, 0.0, 0.4), "right": (-0.19, 0.0, 0.4)}
    assert visibility(torso, shoulders, eye=(0.0, -3.0, 0.4)) == {"left": 2, "right": 2}
    assert visibility(torso, shoulders, eye=(3.0, 0.0, 0.4)) == {"left": 2, "right": 1}
    assert visibility(torso, shoulders, eye=(-3.0, 0.0, 0.4)) == {"left": 1, "right": 2}
    middle = {"middle": (0.0, 0.0, 0.0)}
    ball = scenes.add_ball("Ball", (5.0, 0.0, 0.0), 0.5)
    assert visibility(ball, {"middle": (5.0, 0.0, 0.0)}, eye=(5.0, -3.0, 0.0), target=(5.0, 0.0, 0.0)) == {
        "middle": 2
    }
    # The same place is hidden when the flesh is another's.
    assert visibility(ball, middle, eye=(0.0, -3.0, 0.0)) == {"middle": 1}
    assert visibility(ball, middle, eye=(0.0, -3.0, 0.0), body=[part(ball), part(torso)]) == {"middle": 2}


def test_another_copy_of_the_same_object_hides(empty_scene):
    asset = bpy.data.collections.new("Asset")
    ball = scenes.add_ball("Ball", (0.0, 0.0, 0.0), 0.5)
    empty_scene.collection.objects.unlink(ball)
    asset.objects.link(ball)
    for name, y in (("Front", -2.0), ("Back", 0.0)):
        copier = empty(name, (0.0, y, 0.0))
        copier.instance_type, copier.instance_collection = "COLLECTION", asset
    places = {"front": (0.0, -2.0, 0.0), "back": (0.0, 0.0, 0.0)}
    copies = {name: [part(ball, Matrix.Translation(place))] for name, place in places.items()}
    assert visibility(ball, {"p": places["front"]}, body=copies["front"]) == {"p": 2}
    assert visibility(ball, {"p": places["back"]}, body=copies["back"]) == {"p": 1}
    assert visibility(ball, {"p": places["back"]}, eye=(0.0, 9.0, 0.0), body=copies["back"]) == {"p": 2}


def test_an_orthographic_camera_looks_straight_ahead(empty_scene):
    body = scenes.add_cube("Body", (0.0, 50.0, 0.0))
    scenes.add_cube("Wall", (2.0, -5.0, 0.0))
    # A ray from the camera's own place to (2, 0, 0) would pass beside the wall.
    places = {"behind": (2.0, 0.0, 0.0), "beside": (1.0, 0.0, 0.0)}
    found = seen(body, places, type="ORTHO", ortho_scale=10.0)
    assert found["behind"] == pytest.approx((99.5 + 2.0 * 20.0, 49.5, 1), abs=2e-3)
    assert found["beside"] == pytest.approx((99.5 + 20.0, 49.5, 2), abs=2e-3)


def test_the_records_of_a_view_get_keypoints_in_the_order_of_their_category(empty_scene):
    body, plain = scenes.add_cube("Body", (0.0, 0.0, 0.0)), scenes.add_cube("Plain", (3.0, 0.0, 0.0))
    empty("n", (0.0, -0.5, 0.0), body, "nose")
    tail = empty("t", (0.0, 0.5, 0.0), None, "tail")
    camera = scenes.add_camera("Camera", look_at(np.array((0.0, -10.0, 0.0)), np.zeros(3)))
    sight = Sight(empty_scene, depsgraph(), record_of(camera), SIZE)
    seen = [SeenInstance(id=1, category_id=2, keys=()), SeenInstance(id=2, category_id=1, keys=())]
    bodies = [([part(body)], [body, tail]), ([part(plain)], [])]
    categories = [Category(1, "plain"), Category(2, "cat", keypoints=("tail", "ear", "nose"))]
    first, second = with_keypoints(seen, bodies, categories, sight)
    hidden, missing, shown = first.keypoints
    assert (hidden.v, missing, shown.v) == (1, KeypointRecord(0.0, 0.0, 0), 2)
    assert (shown.x, shown.y) == pytest.approx((99.5, 49.5), abs=2e-3)
    assert second == seen[1]
    assert with_keypoints(seen, bodies, categories[:1], sight) == tuple(seen)
