# SPDX-License-Identifier: GPL-3.0-or-later
"""Variation from view to view: labels follow it, pictures show it, and the file is as it was afterwards."""

from __future__ import annotations

import json
import os
from math import radians
from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Euler, Matrix, Quaternion

from synthdata_addon.blender.modelling.stage import SURFACE
from synthdata_addon.blender.session import RenderSession
from synthdata_addon.blender.vary.changes import Changes
from synthdata_addon.blender.vary.moving import move
from synthdata_addon.core import render_order
from synthdata_addon.ui.job import GenerateJob
from synthdata_addon.ui.settings import apply_job, job_from_scene
from tests.blender import scenes
from tests.blender.opencv import read_picture
from tests.blender.test_restore import snapshot
from tests.same_dataset import differing

VIEWS = int(os.environ.get("SYNTHDATA_TEST_VIEWS", "4"))
"""Of the job after which nothing may be left; 100 were tried."""
ENGINE = "CYCLES"


def material(name: str, colour: tuple[float, float, float]) -> bpy.types.Material:
    made = bpy.data.materials.new(name)
    made.use_nodes = True
    made.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (*colour, 1.0)
    return made


def add_light(name: str, kind: str, place=(1.0, -2.0, 4.0), energy: float = 200.0) -> bpy.types.Object:
    obj = bpy.data.objects.new(name, bpy.data.lights.new(name, kind))
    bpy.context.scene.collection.objects.link(obj)
    obj.data.energy, obj.location = energy, place
    return obj


@pytest.fixture
def lit(scene, tmp_path) -> bpy.types.Scene:
    """The small scene with materials, lights, a world, a parented pair, an animated thing and a linked-data pair."""
    for number, name in enumerate(("Left", "Right", "Ball", "Floor")):
        colour = tuple(0.2 + 0.6 * float(bit) for bit in np.binary_repr(number + 1, 3))
        bpy.data.objects[name].data.materials.append(material(name, colour))
    add_light("Lamp", "POINT")
    add_light("Sun", "SUN", energy=1.0)
    child = scenes.add_cube("Child", (0.0, 0.0, 0.8), size=0.3, category="small")
    child.parent = bpy.data.objects["Right"]
    child.rotation_mode = "QUATERNION"
    twin = bpy.data.objects.new("Twin", bpy.data.objects["Left"].data)
    scene.collection.objects.link(twin)
    twin.synthdata.category, twin.location = "box", (-0.6, -1.6, 0.5)
    scene.world = bpy.data.worlds.new("World")
    scene.world.use_nodes = True
    mover = scenes.add_ball("Mover", (1.5, -1.0, 0.3), 0.3, category="ball")
    for frame in (1, 10):
        mover.location.y = -1.0 + frame * 0.1
        mover.keyframe_insert("location", frame=frame)
        bpy.data.lights["Lamp"].energy = 100.0 * frame
        bpy.data.lights["Lamp"].keyframe_insert("energy", frame=frame)
    bpy.context.view_layer.update()
    scene.render.engine = ENGINE
    scene.synthdata.radius, scene.synthdata.keep_passes = 7.0, False
    return scene


def picture(path: Path, colour: tuple[float, float, float], size: int = 8) -> None:
    path.parent.mkdir(exist_ok=True)
    image = bpy.data.images.new("making", size, size)
    image.pixels.foreach_set(np.tile((*colour, 1.0), size * size).astype(np.float32))
    image.filepath_raw, image.file_format = str(path), "PNG"
    image.save()
    bpy.data.images.remove(image)


def everything_on(scene: bpy.types.Scene, folder: Path) -> None:
    for number, colour in enumerate(((1, 0, 0), (0, 1, 0), (0, 0, 1))):
        picture(folder / "textures" / f"{number}.png", colour)
    settings = scene.synthdata
    settings.beauty, settings.beauty_samples = True, 1
    vary = settings.variation
    lights = vary.lights
    lights.use = lights.use_temperature = lights.use_sun = True
    lights.shift, lights.off, lights.extra = 0.5, 0.3, (0, 3)
    vary.world.use, vary.world.source = True, "SKY"
    vary.materials.use = vary.materials.use_roughness = True
    vary.materials.textures = str(folder / "textures")
    objects = vary.objects
    objects.use, objects.scope, objects.shuffle = True, "LABELLED", True
    objects.location, objects.rotation, objects.scale = (0.3, 0.3, 0.1), radians(40.0), (0.8, 1.25)
    objects.rotation_axes, objects.hidden = "FREE", 0.2
    camera = vary.camera
    camera.use_lens = camera.use_exposure = camera.use_dof = camera.use_motion_blur = True
    camera.shake = (0.01, 0.05)
    vary.sensor.use_noise = vary.sensor.use_distortion = True
    vary.sensor.precision = 2
    vary.frames.use, vary.frames.end = True, 10


def whole(scene: bpy.types.Scene) -> dict:
    """A dump that has lights, images, node trees and slots in it too."""
    found = snapshot()
    found["images"] = sorted(image.name for image in bpy.data.images if image.type != "RENDER_RESULT")
    found["actions"] = sorted(action.name for action in bpy.data.actions)
    for light in bpy.data.lights:
        found[f"light {light.name}"] = (light.energy, tuple(light.color), light.users)
    for obj in bpy.data.objects:
        slots = [(slot.link, slot.material.name if slot.material else "") for slot in obj.material_slots]
        found[f"slots {obj.name}"] = slots
        found[f"matrix {obj.name}"] = [tuple(row) for row in obj.matrix_world]
    for material in bpy.data.materials:
        found[f"nodes {material.name}"] = [(node.name, node.type) for node in material.node_tree.nodes]
        found[f"users {material.name}"] = material.users
    return found


def make_job(scene: bpy.types.Scene, output: Path) -> GenerateJob:
    return GenerateJob(scene, scene.view_layers[0], job_from_scene(scene), output)


def variations(output: Path) -> list[dict]:
    return [line["variation"] for line in scenes.lines(output / "views.jsonl")]


def test_nothing_is_left_of_a_job_with_everything_on(lit, tmp_path):
    everything_on(lit, tmp_path)
    lit.synthdata.views = VIEWS
    before = whole(lit)
    scenes.generate(tmp_path / "dataset")
    assert whole(lit) == before
    drawn = variations(tmp_path / "dataset")
    assert len(drawn) == VIEWS
    kinds = {"frame", "objects", "lens", "camera", "lights", "extra_lights", "world", "materials", "noise"}
    assert all(set(entry) == kinds for entry in drawn)
    assert len({json.dumps(entry) for entry in drawn}) == VIEWS


def finish_views(job, count):
    """Step until so many views have had all their renders."""
    while job.status.stages["render"].done < count:
        job.step()


def test_nothing_is_left_after_an_error_a_cancel_or_a_save(lit, tmp_path, monkeypatch):
    from synthdata_addon.ui.state import state

    everything_on(lit, tmp_path)
    before = whole(lit)
    job = state.job = make_job(lit, tmp_path / "cancelled")
    try:
        finish_views(job, 1)
        assert bpy.data.worlds.get("SynthData World") is not None
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "saved.blend"), copy=True)
        assert whole(lit) == before
        finish_views(job, 2)
        job.cancel()
        while job.step():
            pass
    finally:
        state.job = None
        job.close()
    assert whole(lit) == before

    def fail(_self, _pending):
        raise OSError("disk on fire")

    monkeypatch.setattr(RenderSession, "finish", fail)
    with pytest.raises(RuntimeError, match="disk on fire"):
        scenes.generate(tmp_path / "burnt")
    assert whole(lit) == before


def test_the_scene_is_the_users_own_between_two_views(lit, tmp_path):
    everything_on(lit, tmp_path)
    lit.synthdata.variation.frames.use = False
    job = make_job(lit, tmp_path / "dataset")
    try:
        names = ("Left", "Right", "Ball", "Child", "Twin")
        before = {
            name: (tuple(bpy.data.objects[name].delta_location), bpy.data.objects[name].hide_render)
            for name in names
        }
        slots = [slot.link for slot in bpy.data.objects["Left"].material_slots]
        while job.status.stages["render"].done < 2:
            job.step()
            for name, was in before.items():
                obj = bpy.data.objects[name]
                assert (tuple(obj.delta_location), obj.hide_render) == was
            assert [slot.link for slot in bpy.data.objects["Left"].material_slots] == slots
            assert bpy.data.lights["Sun"].energy == 1.0
    finally:
        job.close()


def test_a_resumed_job_makes_the_same_dataset(lit, tmp_path):
    everything_on(lit, tmp_path)
    scenes.generate(tmp_path / "whole")
    job = make_job(lit, tmp_path / "halves")
    finish_views(job, 1)
    job.cancel()
    while job.step():
        pass
    scenes.generate(tmp_path / "halves")
    assert differing(tmp_path / "whole", tmp_path / "halves") == []


@pytest.mark.parametrize("come_and_go", [False, True])
@pytest.mark.parametrize("sweep", ["ORBIT", "FRAMES", "TURNTABLE"])
def test_a_dataset_does_not_depend_on_how_many_views_wait_for_their_pictures(
    lit, tmp_path, monkeypatch, sweep, come_and_go
):
    """One view at a time is what a dataset has to be equal to: nothing of another view is in the file then."""
    everything_on(lit, tmp_path)
    settings = lit.synthdata
    settings.sweep, settings.labels.visibility, settings.views = sweep, True, 3
    settings.variation.frames.use = sweep == "ORBIT"
    lit.frame_start, lit.frame_end = 2, 4
    scenes.add_camera("Camera", Matrix.Translation((0.0, -7.0, 1.0)) @ Matrix.Rotation(1.4, 4, "X"))
    if not come_and_go:
        vary = settings.variation
        vary.lights.off, vary.lights.extra, vary.objects.hidden, vary.frames.use = 0.0, (2, 2), 0.0, False
    if sweep == "TURNTABLE":
        settings.target, settings.variation.objects.use = bpy.data.objects["Left"], False
    glass = bpy.data.materials["Ball"].node_tree.nodes["Principled BSDF"]
    glass.inputs["Alpha"].default_value = 0.9  # so that labels need materials of their own
    scenes.generate(tmp_path / "together")
    monkeypatch.setattr(render_order, "MOST_AHEAD", 1)
    scenes.generate(tmp_path / "alone")
    different = differing(tmp_path / "together", tmp_path / "alone")
    if bpy.app.version >= (5, 0):
        # Cycles does not repeat its own noise there: two runs of one view at a time differ as much (5.2, two lights).
        assert all(name.startswith("renders/") for name in different)
        pairs = [[read_picture(tmp_path / run / name) for run in ("together", "alone")] for name in different]
        assert all(np.abs(one.astype(float) - other).mean() < 1.0 for one, other in pairs)
    else:
        assert different == []
    assert len({json.dumps(entry) for entry in variations(tmp_path / "together")}) == 3


def test_the_number_of_datablocks_does_not_grow(lit, tmp_path):
    everything_on(lit, tmp_path)
    lit.synthdata.views = 6
    kinds = (
        "objects",
        "meshes",
        "lights",
        "materials",
        "worlds",
        "images",
        "actions",
        "node_groups",
        "cameras",
        "scenes",
    )
    job = make_job(lit, tmp_path / "dataset")
    counts = []
    try:
        for view in range(6):
            finish_views(job, view + 1)
            counts.append({kind: len(getattr(bpy.data, kind)) for kind in kinds})
    finally:
        job.close()
    # A texture's image comes into being with the first view that draws one.
    images = [count.pop("images") for count in counts]
    assert max(images) <= 1 + 4 + len(bpy.data.materials)
    assert all(count == counts[1] for count in counts[1:-1])


@pytest.mark.parametrize("mode", ["XYZ", "ZYX", "QUATERNION", "AXIS_ANGLE"])
def test_a_move_of_the_world_is_one_whatever_carries_the_object(empty_scene, mode):
    parent = scenes.add_cube("Parent", (1.0, 2.0, 3.0))
    parent.rotation_euler, parent.scale = (0.4, -0.3, 1.1), (2.0, 2.0, 2.0)
    obj = scenes.add_cube("Child", (0.3, -0.4, 0.5))
    obj.parent, obj.matrix_parent_inverse = parent, Matrix.Rotation(0.3, 4, "Y")
    obj.rotation_mode = mode
    obj.rotation_euler, obj.rotation_quaternion = (0.2, 0.5, -0.7), Quaternion((1.0, 0.2, 0.3), 0.8)
    obj.rotation_axis_angle, obj.scale = (0.9, 0.0, 0.6, 0.8), (0.5, 1.0, 2.0)
    obj.delta_location, obj.delta_rotation_euler, obj.delta_scale = (
        (0.1, 0.2, 0.3),
        (0.1, 0.0, 0.2),
        (1.5, 1.0, 1.0),
    )
    bpy.context.view_layer.update()
    was = obj.matrix_world.copy()
    transform = (
        Matrix.Translation((1.0, -2.0, 0.5))
        @ Euler((0.3, 0.9, -0.4)).to_matrix().to_4x4()
        @ Matrix.Scale(1.3, 4)
    )
    changes = Changes()
    assert move(obj, transform, bpy.context.evaluated_depsgraph_get(), changes)
    bpy.context.view_layer.update()
    np.testing.assert_allclose(np.array(obj.matrix_world), np.array(transform @ was), atol=1e-5)
    changes.put_back()
    bpy.context.view_layer.update()
    np.testing.assert_allclose(np.array(obj.matrix_world), np.array(was), atol=1e-6)


def test_poses_in_the_journal_are_where_things_render(scene, tmp_path):
    """The middle of what a thing shows alone lies where the journal's pose puts the middle of its box."""
    scene.synthdata.labels.visibility = scene.synthdata.labels.amodal = True
    objects = scene.synthdata.variation.objects
    objects.use, objects.location, objects.rotation = True, (0.5, 0.5, 0.0), radians(180.0)
    scenes.generate(tmp_path)
    centres = set()
    for view in scenes.lines(tmp_path / "views.jsonl"):
        k, extrinsics = np.array(view["camera"]["k"]), np.array(view["camera"]["world_to_camera"])
        coco, image = scenes.load_coco(tmp_path)[view["view"]]
        boxes = {item["instance_id"]: item["amodal_bbox"] for item in coco.imgToAnns[image["id"]]}
        for instance in view["instances"]:
            matrix = np.array(instance["matrix_world"])
            centres.add((instance["id"], *np.round(matrix[:3, 3], 4)))
            point = extrinsics[:3] @ matrix @ np.array([0, 0, 0, 1.0])
            x, y = (k @ point)[:2] / point[2]
            left, top, width, height = boxes[instance["id"]]
            assert abs(left + width / 2 - x) < 0.12 * width + 1.0
            assert abs(top + height / 2 - y) < 0.12 * height + 1.0
    assert len(centres) == 3 * 4


def test_an_exchange_puts_each_on_the_others_spot(scene, tmp_path):
    objects = scene.synthdata.variation.objects
    objects.use = objects.shuffle = True
    scenes.generate(tmp_path)
    spots = {"Left": (-1.0, 0.0), "Right": (1.2, 0.3), "Ball": (0.0, 0.8)}
    known = scenes.instances(tmp_path)
    for view in scenes.lines(tmp_path / "views.jsonl"):
        moved = view["variation"]["objects"]["in_place_of"]
        for instance in view["instances"]:
            name, matrix = known[instance["id"]]["name"], np.array(instance["matrix_world"])
            np.testing.assert_allclose(matrix[:2, 3], spots[moved.get(name, name)], atol=1e-4)
            low = (matrix @ np.array([*instance["box"][:3], 1.0]))[2]
            assert abs(low) < 1e-4  # stands on the floor as before


def test_what_is_hidden_has_no_annotation(scene, tmp_path):
    objects = scene.synthdata.variation.objects
    objects.use, objects.hidden = True, 0.5
    scene.synthdata.views = 6
    scenes.generate(tmp_path)
    everywhere = {"Left", "Right", "Ball"}
    for view in scenes.lines(tmp_path / "views.jsonl"):
        hidden = set(view["variation"]["objects"]["hidden"])
        assert set(scenes.masks(tmp_path, view["view"])) == everywhere - hidden
    assert any(entry["objects"]["hidden"] for entry in variations(tmp_path))


@pytest.mark.parametrize(
    ("scope", "categories", "moved"),
    [
        ("CATEGORIES", "ball", {"Ball"}),
        ("CATEGORIES", "box", {"Left", "Right"}),
        ("LABELLED", "", {"Right", "Ball"}),
        ("EVERYTHING", "", {"Right", "Ball"}),
    ],
)
def test_only_what_is_in_scope_moves(scene, tmp_path, scope, categories, moved):
    """A marked surface, which others may stand on, moves only where its category is named."""
    bpy.data.objects["Left"][SURFACE] = "support"
    objects = scene.synthdata.variation.objects
    objects.use, objects.location = True, (0.5, 0.0, 0.0)
    objects.scope, objects.categories = scope, categories
    scenes.generate(tmp_path, views=2)
    known = scenes.instances(tmp_path)
    for instance in scenes.lines(tmp_path / "views.jsonl")[0]["instances"]:
        name = known[instance["id"]]["name"]
        is_there = instance["matrix_world"][0][3] == pytest.approx(bpy.data.objects[name].location.x)
        assert is_there == (name not in moved)


def test_a_collection_that_is_one_instance_moves_as_one(scene, tmp_path):
    pair = bpy.data.collections.new("Pair")
    scene.collection.children.link(pair)
    for name in ("Left", "Right"):
        scene.collection.objects.unlink(bpy.data.objects[name])
        pair.objects.link(bpy.data.objects[name])
    pair.synthdata.grouping = "WHOLE"
    objects = scene.synthdata.variation.objects
    objects.use, objects.location, objects.rotation = True, (0.4, 0.4, 0.0), radians(90.0)
    job = make_job(scene, tmp_path / "dataset")
    try:
        session = job._session
        with session.variation.of(0):
            session.variation.place()
            bpy.context.view_layer.update()
            between = (
                bpy.data.objects["Right"].matrix_world.translation
                - bpy.data.objects["Left"].matrix_world.translation
            )
            turned = bpy.data.objects["Left"].matrix_world.to_euler().z
        assert turned != pytest.approx(0.0)
        assert between.length == pytest.approx(np.hypot(2.2, 0.3), abs=1e-5)
        assert bpy.data.objects["Right"].delta_location.length == 0.0
    finally:
        job.close()


def test_linked_and_animated_values_are_left_alone_with_a_warning(lit, tmp_path):
    library = tmp_path / "library.blend"
    bpy.data.libraries.write(str(library), {bpy.data.objects["Ball"]})
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.objects = ["Ball"]
    linked = wanted.objects[0]
    lit.collection.objects.link(linked)
    vary = lit.synthdata.variation
    lit.synthdata.beauty, lit.synthdata.beauty_samples = True, 1
    vary.objects.use, vary.objects.location = True, (0.5, 0.5, 0.0)
    vary.lights.use = True
    job = make_job(lit, tmp_path / "dataset")
    while job.step():
        pass
    (warning,) = [text for text in job.status.warnings if "does not vary" in text]
    assert f"'{linked.name_full}'" in warning
    assert "'Lamp'" in warning
    assert "'Mover'" not in warning  # its delta transforms are free


def test_the_lens_changes_the_labels_too(scene, tmp_path):
    camera = scene.synthdata.variation.camera
    camera.use_lens, camera.lens = True, (20.0, 80.0)
    scenes.generate(tmp_path)
    for view in scenes.lines(tmp_path / "views.jsonl"):
        assert view["camera"]["k"][0][0] == pytest.approx(96 * view["variation"]["lens"] / 36.0, rel=1e-5)
    assert len({view["camera"]["k"][0][0] for view in scenes.lines(tmp_path / "views.jsonl")}) == 4


def test_each_view_shows_the_frame_it_drew(lit, tmp_path):
    frames = lit.synthdata.variation.frames
    frames.use, frames.start, frames.end, frames.step = True, 1, 10, 9
    lit.synthdata.views = 6
    scenes.generate(tmp_path)
    (number,) = [item["id"] for item in scenes.instances(tmp_path).values() if item["name"] == "Mover"]
    places = {}
    for view in scenes.lines(tmp_path / "views.jsonl"):
        assert view["frame"] == view["variation"]["frame"]
        (mover,) = [item for item in view["instances"] if item["id"] == number]
        places[view["frame"]] = mover["matrix_world"][1][3]
    assert places == {1: pytest.approx(-0.9), 10: pytest.approx(0.0)}


def mean(output: Path, view: int) -> np.ndarray:
    return read_picture(output / "renders" / f"{view:06d}.png").reshape(-1, 3).mean(axis=0)


def test_world_lights_and_exposure_show_in_the_picture(lit, tmp_path):
    """With nothing else on, a red panorama makes the picture red, a blue one blue; a stop up is brighter."""
    lit.view_settings.view_transform = "Raw"
    for name in ("Lamp", "Sun"):
        bpy.data.objects[name].hide_render = True
    for name, colour in (("a", (1, 0, 0)), ("b", (0, 0, 1))):
        picture(tmp_path / "worlds" / f"{name}.png", colour)
    settings = lit.synthdata
    settings.beauty, settings.beauty_samples, settings.views = True, 4, 5
    vary = settings.variation
    vary.world.use, vary.world.source, vary.world.folder = True, "HDRI", str(tmp_path / "worlds")
    vary.world.strength = (0.5, 0.5)
    scenes.generate(tmp_path / "out")
    files = [entry["world"]["file"] for entry in variations(tmp_path / "out")]
    assert set(files) == {"a.png", "b.png"}
    for view, file in enumerate(files):
        red, _, blue = mean(tmp_path / "out", view)
        assert (red > 3 * blue) if file == "a.png" else (blue > 3 * red)
    vary.camera.use_exposure, vary.camera.exposure = True, (1.0, 1.0)
    scenes.generate(tmp_path / "brighter", views=1)
    assert mean(tmp_path / "brighter", 0).max() > 1.2 * mean(tmp_path / "out", 0).max()


def test_a_shaking_camera_blurs_what_stands_still_about_its_labels(lit, tmp_path):
    """The edge of the picture's blur is as far on either side of the mask's."""
    lit.view_settings.view_transform = "Standard"
    shine = material("Shine", (0.0, 0.0, 0.0))
    shine.node_tree.nodes["Principled BSDF"].inputs["Emission Strength"].default_value = 1.0
    shine.node_tree.nodes["Principled BSDF"].inputs["Emission Color"].default_value = (1.0, 1.0, 1.0, 1.0)
    bpy.data.objects["Ball"].data.materials[0] = shine
    for obj in lit.objects:
        obj.hide_render = obj.name != "Ball"
    lit.world = None
    settings = lit.synthdata
    settings.beauty, settings.beauty_samples, settings.radius = True, 64, 4.0
    scenes.generate(tmp_path / "sharp", views=1)
    camera = settings.variation.camera
    camera.use_motion_blur, camera.shutter, camera.shake = True, (0.5, 0.5), (0.4, 0.4)
    scenes.generate(tmp_path / "blurred", views=1)
    assert np.linalg.norm(variations(tmp_path / "blurred")[0]["camera"]["shake"]) == pytest.approx(
        0.4, abs=1e-4
    )
    mask = scenes.masks(tmp_path / "blurred", 0)["Ball"]
    assert (mask == scenes.masks(tmp_path / "sharp", 0)["Ball"]).all()
    half = {}
    for name in ("sharp", "blurred"):
        shown = read_picture(tmp_path / name / "renders" / "000000.png")[..., 0]
        half[name] = (shown > 5) & (shown < 250)
        rows, columns = np.nonzero(shown > 188)
        wanted_rows, wanted_columns = np.nonzero(mask)
        assert abs(rows.mean() - wanted_rows.mean()) < 1.0
        assert abs(columns.mean() - wanted_columns.mean()) < 1.0
    assert half["blurred"].sum() > 1.5 * half["sharp"].sum()


def test_textures_and_colours_reach_only_the_scope(lit, tmp_path):
    """Only balls get the one green texture; masks tell where they are."""
    lit.view_settings.view_transform = "Raw"
    picture(tmp_path / "textures" / "green.png", (0, 1, 0))
    settings = lit.synthdata
    settings.beauty, settings.beauty_samples = True, 4
    materials = settings.variation.materials
    materials.use, materials.scope, materials.categories = True, "CATEGORIES", "ball"
    materials.hue, materials.saturation, materials.value = 0.0, (1.0, 1.0), (1.0, 1.0)
    scenes.generate(tmp_path / "plain", views=1)
    materials.textures, materials.texture_share = str(tmp_path / "textures"), 1.0
    scenes.generate(tmp_path / "green", views=1)
    (drawn,) = variations(tmp_path / "green")
    assert drawn["materials"] == {
        "Ball": {"hue": 0.0, "saturation": 1.0, "value": 1.0, "texture": "green.png"}
    }
    shown = read_picture(tmp_path / "green" / "renders" / "000000.png").astype(float)
    was = read_picture(tmp_path / "plain" / "renders" / "000000.png").astype(float)
    found = scenes.masks(tmp_path / "green", 0)
    red, green, blue = shown[found["Ball"]].mean(axis=0)
    assert green > 2 * max(red, blue)
    assert np.abs(shown[found["Left"]].mean(axis=0) - was[found["Left"]].mean(axis=0)).max() < 12


def test_a_folder_without_pictures_is_refused_before_anything_renders(lit, tmp_path):
    settings = lit.synthdata
    settings.beauty = True
    settings.variation.world.use, settings.variation.world.source = True, "HDRI"
    settings.variation.world.folder = str(tmp_path / "nothing")
    before = whole(lit)
    with pytest.raises(RuntimeError, match="cannot be read"):
        scenes.generate(tmp_path / "dataset")
    assert whole(lit) == before
    assert not (tmp_path / "dataset").exists()


def test_the_panel_holds_the_whole_request(lit, tmp_path):
    everything_on(lit, tmp_path)
    spec = job_from_scene(lit)
    apply_job(spec, lit)
    assert job_from_scene(lit) == spec
    other = bpy.data.scenes.new("Other")
    apply_job(spec, other)
    assert job_from_scene(other).variation == spec.variation
