# SPDX-License-Identifier: GPL-3.0-or-later
"""Sweeps in real scenes: what objects say about places, what limits refuse, what accepted poses see."""

from __future__ import annotations

import json
import math
from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Vector

from synthdata_addon.blender.planning import Planner
from synthdata_addon.core.errors import SceneError
from synthdata_addon.core.spec import validate
from synthdata_addon.ui.settings import apply_job, job_from_scene
from tests.blender import scenes

GOLDEN = Path(__file__).with_name("planned_poses.json")
"""Poses of :func:`plan_of_everything`, made by Blender 4.5."""


def planned(scene: bpy.types.Scene, **settings) -> Planner:
    """Plan the scene's job, with other settings of the sweep."""
    for name, value in settings.items():
        setattr(
            scene.synthdata if hasattr(scene.synthdata, name) else scene.synthdata.sweep_settings, name, value
        )
    spec = job_from_scene(scene)
    validate(spec)
    planner = Planner(scene, bpy.context.view_layer, spec)
    planner.run()
    return planner


def eyes(planner: Planner) -> np.ndarray:
    return np.array([found.pose[:3, 3] for found in planner.plan.poses.values()])


def add_empty(name: str, place, size: float = 1.0) -> bpy.types.Object:
    empty = bpy.data.objects.new(name, None)
    empty.location, empty.empty_display_size = place, size
    bpy.context.scene.collection.objects.link(empty)
    return empty


def add_curve(kind: str, points, *, cyclic: bool = False, **settings) -> bpy.types.Object:
    curve = bpy.data.curves.new("Way", "CURVE")
    curve.dimensions = "3D"
    spline = curve.splines.new(kind)
    corners = spline.bezier_points if kind == "BEZIER" else spline.points
    corners.add(len(points) - 1)
    for corner, place in zip(corners, points, strict=True):
        corner.co = place if kind == "BEZIER" else (*place, 1.0)
        if kind == "BEZIER":
            corner.handle_left_type = corner.handle_right_type = "VECTOR"
    spline.use_cyclic_u = cyclic
    for name, value in settings.items():
        setattr(curve, name, value)
    obj = bpy.data.objects.new("Way", curve)
    bpy.context.scene.collection.objects.link(obj)
    return obj


def test_a_path_follows_its_curve_where_that_stands(scene):
    way = add_curve("POLY", [(0, 0, 0), (4, 0, 0), (4, 4, 0)])
    way.location, way.rotation_euler = (-2.0, -6.0, 1.0), (0.0, 0.0, math.radians(90.0))
    found = eyes(planned(scene, sweep="PATH", place=way, views=5))
    expected = [(-2, -6, 1), (-2, -4, 1), (-2, -2, 1), (-4, -2, 1), (-6, -2, 1)]
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("kind", ["POLY", "BEZIER"])
def test_the_tube_of_a_curve_is_not_its_path(scene, kind):
    way = add_curve(kind, [(-3, -3, 3), (3, -3, 3), (3, 3, 3), (-3, 3, 3)], cyclic=True, bevel_depth=0.2)
    way.hide_render = True
    found = eyes(planned(scene, sweep="PATH", place=way, views=8))
    square = [(-3, -3), (0, -3), (3, -3), (3, 0), (3, 3), (0, 3), (-3, 3), (-3, 0)]
    np.testing.assert_allclose(found[:, :2], square, atol=1e-5)


def test_boxes_are_those_of_meshes_and_empties(scene):
    crate = scenes.add_cube("Crate", (0.0, 0.0, 8.0), size=2.0)
    crate.hide_render, crate.scale = True, (2.0, 1.0, 0.5)
    found = eyes(planned(scene, sweep="GRID", place=crate, grid=(2, 2, 1), views=9))
    np.testing.assert_allclose(found, [(-1, -0.5, 8), (1, -0.5, 8), (-1, 0.5, 8), (1, 0.5, 8)], atol=1e-6)
    found = eyes(planned(scene, sweep="VOLUME", place=add_empty("Space", (0, 0, 6), 1.5), views=200))
    assert np.abs(found - (0, 0, 6)).max() <= 1.5
    assert np.ptp(found, axis=0).min() > 2.9


def test_looking_around_stands_still(scene):
    planner = planned(scene, sweep="LOOK_AROUND", place=add_empty("Here", (0.0, -0.8, 1.0)), views=12)
    np.testing.assert_allclose(eyes(planner), np.tile((0.0, -0.8, 1.0), (12, 1)), atol=1e-6)


def test_places_that_are_no_places_are_refused(scene):
    with pytest.raises(SceneError, match="'Ball' is not a curve"):
        planned(scene, sweep="PATH", place=scene.objects["Ball"])
    other = bpy.data.objects.new("Elsewhere", None)
    with pytest.raises(SceneError, match="'Elsewhere' is not in"):
        planned(scene, sweep="GRID", place=other)
    with pytest.raises(SceneError, match="no timeline marker"):
        planned(scene, sweep="MARKERS")


def test_markers_render_their_cameras_at_their_frames(scene, tmp_path):
    for number, frame in enumerate((3, 8), start=1):
        matrix = np.eye(4)
        matrix[:3, 3] = 0.0, 0.0, 4.0 + number
        camera = scenes.add_camera(f"Camera {number}", matrix)
        scene.timeline_markers.new(f"Shot {number}", frame=frame).camera = camera
    ball = scene.objects["Ball"]
    for frame, x in ((3, 0.0), (8, 1.0)):
        ball.location.x = x
        ball.keyframe_insert("location", frame=frame)
    scene.synthdata.sweep = "MARKERS"
    assert scenes.generate(tmp_path) == {"FINISHED"}
    views = scenes.lines(tmp_path / "views.jsonl")
    assert [(view["frame"], view["camera"]["name"]) for view in views] == [(3, "Camera 1"), (8, "Camera 2")]
    balls = [scenes.masks(tmp_path, view)["Ball"] for view in range(2)]
    assert np.argwhere(balls[1])[:, 1].mean() > np.argwhere(balls[0])[:, 1].mean() + 5


def crowd(scene: bpy.types.Scene) -> None:
    """Put the labelled things of the scene among pillars."""
    rng = np.random.default_rng(1)
    for number in range(14):
        angle, radius = rng.uniform(0.0, 2 * math.pi), rng.uniform(2.2, 4.5)
        place = (radius * math.cos(angle), radius * math.sin(angle), 1.5)
        scenes.add_cube(f"Pillar {number}", place, size=0.9).scale.z = 4.0
    bpy.context.view_layer.update()


def first_object_on_the_way(scene: bpy.types.Scene, pose: np.ndarray, name: str) -> set[str]:
    """Return what rays from a camera to points all over an object meet first, by Blender's own ray cast."""
    depsgraph, eye = bpy.context.evaluated_depsgraph_get(), Vector(pose[:3, 3])
    obj = scene.objects[name]
    met, points = set(), []
    rng = np.random.default_rng(0)
    weights = rng.dirichlet(np.ones(4), 60)
    for polygon in obj.data.polygons:
        corners = np.array([obj.data.vertices[vertex].co for vertex in polygon.vertices])
        count = len(weights) if len(obj.data.polygons) < 10 else 1
        points += [
            Vector(point)
            for point in weights[:count, : len(corners)]
            @ corners
            / weights[:count, : len(corners)].sum(axis=1)[:, None]
        ]
    for point in points:
        way = obj.matrix_world @ point - eye
        hit, *_, other, _ = scene.ray_cast(depsgraph, eye, way.normalized())
        met.add(other.name if hit else "")
    return met


@pytest.mark.parametrize("kind", ["DOME", "VOLUME"])
def test_accepted_poses_see_what_they_look_at(scene, kind):
    crowd(scene)
    space = add_empty("Space", (0.0, 0.0, 2.0), 5.0)
    blind = planned(
        scene, sweep=kind, place=space, views=60, look_at="OBJECTS", elevation_min=0.0, radius=4.0
    )
    planner = planned(scene, visible=True)
    hidden = [
        view
        for plan in (blind, planner)
        for view, found in plan.plan.poses.items()
        if found.subject.name not in first_object_on_the_way(scene, found.pose, found.subject.name)
    ]
    assert hidden, "the crowd must hide some, or the test tells nothing"
    assert not [
        view
        for view, found in planner.plan.poses.items()
        if found.subject.name not in first_object_on_the_way(scene, found.pose, found.subject.name)
    ]
    assert len(planner.plan.poses) > 50
    # Cameras of a volume may look at things from inside of a pillar; accepted ones do not.
    for found in planner.plan.poses.values():
        for pillar in (obj for obj in scene.objects if obj.name.startswith("Pillar")):
            local = pillar.matrix_world.inverted() @ Vector(found.pose[:3, 3])
            assert max(abs(value) for value in local) > 0.45


def test_nothing_is_nearer_than_the_clearance(scene):
    crowd(scene)
    space = add_empty("Space", (0.0, 0.0, 2.0), 4.0)
    planner = planned(scene, sweep="VOLUME", place=space, views=80, clearance=0.5)
    depsgraph = bpy.context.evaluated_depsgraph_get()
    for eye in eyes(planner):
        for obj in scene.objects:
            if obj.type == "MESH":
                to_local = obj.matrix_world.inverted()
                found, near, *_ = obj.evaluated_get(depsgraph).closest_point_on_mesh(to_local @ Vector(eye))
                assert not found or (obj.matrix_world @ near - Vector(eye)).length > 0.5 - 1e-4
    assert len(planner.plan.poses) == 80


def test_enough_things_are_in_sight(scene, tmp_path):
    crowd(scene)
    settings = {
        "sweep": "DOME",
        "views": 24,
        "radius": 4.0,
        "elevation_min": 0.0,
        "elevation_max": math.radians(20.0),
    }
    few = planned(scene, **settings)
    planner = planned(scene, min_instances=3, min_pixels=20)
    assert scenes.generate(tmp_path) == {"FINISHED"}
    labels = scenes.lines(tmp_path / "labels.jsonl")
    assert len(labels) == len(planner.plan.poses) > 12
    # Expected by a few dozen rays, so that a thing at the limit may have somewhat fewer.
    assert all(sum(item["area"] >= 12 for item in label["annotations"]) >= 3 for label in labels)
    moved = [
        view
        for view in planner.plan.poses
        if not np.allclose(planner.plan.poses[view].pose, few.plan.poses[view].pose)
    ]
    assert moved


def test_what_cannot_be_had_is_reported_with_reasons(scene, tmp_path):
    scenes.add_cube("Shell", (0.0, 0.0, 0.5), size=4.0)
    settings = scene.synthdata
    settings.sweep_settings.visible, settings.sweep_settings.attempts, settings.views = True, 5, 2
    with pytest.raises(RuntimeError, match="No view could be rendered"):
        scenes.generate(tmp_path)
    skipped = [view["skipped"] for view in scenes.lines(tmp_path / "views.jsonl")]
    assert skipped == [
        f"View {n} has no place in 5 attempts: the camera sees nothing that is labelled (5)." for n in (0, 1)
    ]


def test_no_two_cameras_are_alike_and_each_is_found_alone(scene):
    crowd(scene)
    space = add_empty("Space", (0.0, 0.0, 3.0), 2.0)
    settings = {
        "sweep": "VOLUME",
        "place": space,
        "views": 60,
        "novelty": 1.0,
        "novelty_angle": math.radians(180.0),
    }
    planner = planned(scene, **settings, attempts=200)
    found = eyes(planner)
    distances = np.linalg.norm(found[:, None] - found[None], axis=2) + np.eye(len(found)) * 9
    assert distances.min() >= 1.0
    assert len(found) > 40
    again = planned(scene)
    np.testing.assert_array_equal(eyes(again), found)
    free = eyes(planned(scene, novelty=0.0))
    assert (np.linalg.norm(free[:, None] - free[None], axis=2) + np.eye(60) * 9).min() < 0.9


def test_a_camera_inside_what_it_looks_at_is_refused(scene):
    planner = planned(
        scene, sweep="DOLLY", target=scene.objects["Ball"], radius=0.1, radius_end=4.0, views=6, attempts=3
    )
    near = [view for view, reason in planner.plan.left_out.items() if "inside 'Ball'" in reason]
    assert near == [0, 1, 2]
    assert all(np.linalg.norm(eye - (0.0, 0.8, 0.6)) > 0.55 for eye in eyes(planner))


def plan_of_everything(scene: bpy.types.Scene) -> dict[str, list]:
    """Return the poses of sweeps with all that is drawn at random, and with places in scenes."""
    crowd(scene)
    way = add_curve("POLY", [(-4, -5, 2), (4, -5, 3), (5, 4, 2)])
    space = add_empty("Space", (0.0, 0.0, 3.0), 3.0)
    common = {"views": 10, "jitter": 0.5, "look_at": "OBJECTS", "balance": "CATEGORIES", "visible": True}
    common |= {
        "jitter_distance": 0.2,
        "jitter_position": 0.1,
        "jitter_roll": math.radians(5.0),
        "jitter_aim": 0.3,
        "radius": 4.0,
    }
    found = {}
    for kind in ("ORBIT", "DOME", "RINGS", "DOLLY", "PATH", "GRID", "VOLUME", "LOOK_AROUND"):
        planner = planned(scene, sweep=kind, place=way if kind == "PATH" else space, **common)
        found[kind] = [
            (view, pose.subject.name, pose.pose.round(8).tolist())
            for view, pose in planner.plan.poses.items()
        ]
    return found


def test_poses_are_the_same_on_every_version_of_blender(scene):
    expected = json.loads(GOLDEN.read_text(encoding="utf-8"))
    for kind, views in plan_of_everything(scene).items():
        assert [view[:2] for view in map(list, views)] == [view[:2] for view in expected[kind]], kind
        for (_, _, pose), (_, _, wanted) in zip(views, expected[kind], strict=True):
            np.testing.assert_allclose(pose, wanted, atol=1e-6, err_msg=kind)


def test_every_setting_of_a_sweep_survives_the_panel(scene):
    settings, more = scene.synthdata, scene.synthdata.sweep_settings
    settings.sweep, more.place = "GRID", add_empty("Space", (0, 0, 3))
    more.grid, more.free, more.look_at, more.balance = (3, 2, 1), True, "OBJECTS", "SHARES"
    more.shares, more.rings, more.turns, more.radius_end = "box: 2, ball: 1", 5, 1.5, 9.0
    more.pitch_min, more.pitch_max, more.visible, more.clearance = (
        math.radians(-10.0),
        math.radians(20.0),
        True,
        0.3,
    )
    more.jitter_distance, more.jitter_position, more.jitter_roll, more.jitter_aim = (
        0.1,
        0.2,
        math.radians(3.0),
        0.4,
    )
    more.min_instances, more.min_pixels, more.novelty, more.attempts = 2, 30, 0.5, 7
    more.novelty_angle = math.radians(12.0)
    spec = job_from_scene(scene)
    validate(spec)
    assert spec.sweep.shares == (("box", 2.0), ("ball", 1.0))
    assert (spec.sweep.place, spec.sweep.limits.clearance, spec.sweep.jitters.aim) == ("Space", 0.3, 0.4)
    more.grid, more.shares, more.place, more.visible = (1, 1, 1), "", None, False
    apply_job(spec, scene)
    assert job_from_scene(scene) == spec


def test_a_turntable_turns_its_target_and_puts_it_back(scene, tmp_path):
    ball = scene.objects["Left"]
    ball.rotation_euler = (0.3, 0.2, 0.1)
    knob = scenes.add_cube("Knob", (0.0, 0.6, 0.0), size=0.3, category="knob")
    knob.parent = ball
    bpy.context.view_layer.update()
    before, knob_before = np.array(ball.matrix_world), np.array(knob.matrix_world)
    middle = (ball.matrix_world @ Vector((0.0, 0.0, 0.0))).to_tuple()
    settings = scene.synthdata
    settings.sweep, settings.views, settings.target, settings.labels.visibility = "TURNTABLE", 4, ball, True
    everything = scenes.left_behind()
    assert scenes.generate(tmp_path) == {"FINISHED"}
    bpy.context.view_layer.update()
    assert scenes.left_behind() == everything
    ids = {item["name"]: item["id"] for item in scenes.instances(tmp_path).values()}
    views = scenes.lines(tmp_path / "views.jsonl")
    assert len({json.dumps(view["camera"]["cam_to_world"]) for view in views}) == 1
    for number, view in enumerate(views):
        turn = np.eye(4)
        c, s = math.cos(math.pi / 2 * number), math.sin(math.pi / 2 * number)
        turn[:2, :2] = [[c, -s], [s, c]]
        about = np.eye(4)
        about[:3, 3] = middle
        seen = {item["id"]: np.array(item["matrix_world"]) for item in view["instances"]}
        for name, start in (("Left", before), ("Knob", knob_before)):
            np.testing.assert_allclose(
                seen[ids[name]], about @ turn @ np.linalg.inv(about) @ start, atol=1e-5
            )
        still = np.array(scene.objects["Right"].matrix_world)
        np.testing.assert_allclose(seen[ids["Right"]], still, atol=1e-6)
    knobs = [scenes.masks(tmp_path, view).get("Knob") for view in range(4)]
    shown = [mask for mask in knobs if mask is not None]
    assert len(shown) >= 2
    assert not np.array_equal(shown[0], shown[1])


def test_a_turntable_is_told_as_it_will_be(scene, tmp_path):
    settings = scene.synthdata
    scene.objects["Left"].scale = (0.2, 1.0, 1.0)
    settings.width, settings.height, settings.radius = 320, 240, 3.0
    settings.sweep, settings.views, settings.target = "TURNTABLE", 6, scene.objects["Left"]
    planner = Planner(scene, bpy.context.view_layer, job_from_scene(scene))
    planner.run(sizes=True)
    scenes.generate(tmp_path)
    found = [
        item["area"] for label in scenes.lines(tmp_path / "labels.jsonl") for item in label["annotations"]
    ]
    assert sum(planner.coverage.statistics.instances.values()) == len(found)


def test_a_turntable_without_a_target_is_refused(scene, tmp_path):
    scene.synthdata.sweep = "TURNTABLE"
    with pytest.raises(RuntimeError, match="no target that it turns"):
        scenes.generate(tmp_path)


def test_things_that_move_are_looked_at_where_they_are(scene, tmp_path):
    job = tmp_path / "job.json"
    sweep = {"kind": "DOME", "views": 6, "radius": 4.0, "look_at": "OBJECTS", "limits": {"visible": True}}
    objects = {"use": True, "location": [0.8, 0.8, 0.3], "rotation": 90.0}
    job.write_text(json.dumps({"width": 96, "height": 64, "sweep": sweep, "variation": {"objects": objects}}))
    assert scenes.generate(tmp_path / "set", job=str(job)) == {"FINISHED"}
    home = {obj.name: np.array(obj.matrix_world.translation) for obj in scene.objects}
    names = {number: item["name"] for number, item in scenes.instances(tmp_path / "set").items()}
    looked_at = set()
    for view in scenes.lines(tmp_path / "set" / "views.jsonl"):
        places = {names[item["id"]]: np.array(item["matrix_world"])[:3, 3] for item in view["instances"]}
        (name,) = [name for name, place in places.items() if np.allclose(place, view["aim"], atol=1e-4)]
        assert np.linalg.norm(places[name] - home[name]) > 0.02
        assert name in scenes.masks(tmp_path / "set", view["view"])
        looked_at.add(name)
    assert looked_at == {"Left", "Right", "Ball"}
